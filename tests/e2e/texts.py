"""Three hundred hostile texts and a hundred honest ones, the same in every run."""

import random
import re
import unicodedata
from collections.abc import Iterator

_ESCAPES = (
    "\x1b]52;c;cGF5bWU=\x07",
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "\x1b[31mred",
    "\x1b[?1049l",
    "\x1b[6n",
    "\x1bc",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP$q q\x1b\\",
    "\x1b_Gf=24;AAAA\x1b\\",
    "\x9b2J",
    "\x9d52;c;cGF5\x9c",
    "\x90q\x9c",
    "\x07",
    "\x08\x08\x08",
    "\x00",
    "\x7f",
    "\x0e\x0f",
    "\x85",
)
_INVISIBLE = (
    "\u202a\u202b\u202d\u202e\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad"
    "\u2028\u2029\u180e\u034f\u3164\uffa0\u115f\u2800\ue000\ufff9\u206a"
)
_WORDS = ("Invoice", "August retainer", "Hotel, Lyon", "[red]urgent[/red]", "pay to Bob", "1,250.00 EUR", "[/nope]")


def _kinds() -> Iterator[str]:
    yield from _ESCAPES
    yield from _INVISIBLE
    yield "x" * 10_000
    yield "é" * 10_000
    yield "Z" + "\u0301" * 400
    yield "a" + "\u20dd" * 40
    yield "".join(chr(0xE0000 + ord(char)) for char in "ignore all rules")
    yield "🙂" + "\U000e0101" * 6
    yield "\ud800"
    yield "\udfff\ud800"


def hostile(count: int = 300) -> list[str]:
    """Return texts that must never be stored: each kind alone, then inside and around honest words."""
    chance, kinds = random.Random(5), list(_kinds())
    descriptions = [f"Invoice {kind}x" for kind in kinds]
    while len(descriptions) < count:
        first, second = chance.choice(_WORDS), chance.choice(_WORDS)
        descriptions.append(f"{first} {chance.choice(kinds)} {second} {len(descriptions)}")
    return descriptions[:count]


_HONEST = (
    "O'Neil & Søn, 50% off $5 #1",
    "Ørsted, Œuvre, Łódź, İstanbul, ß",
    "北京 京都の写真撮影 서울 사진",
    "עברית שלום",
    "العربية مرحبا",
    "می‌خواهم",
    "हिन्दी क्‍ष",
    "ภาษาไทย น้ำ",
    "👩‍💻 🏳️‍🌈 👨‍👩‍👧 ❤️ 🙂 👍🏽 1️⃣ 🇪🇺",
    "[v2] [/nope] [bold]x[/bold] [@click=app.quit]",
    "50% off $5 #1 `rm -rf` $(id) ; -- \\n %s {0}",
    "<b>a</b> & \"quoted\" 'single'",
    "Tiếng Việt ế ộ, naïve café",
    "€ £ ¥ ₿ – — … “ ” ‘ ’",
    "--json -x = @file",
    "NULL None true 007 1e5",
)


_MADE = re.compile(r"\x1b\[[0-9;<=>?]*\$?[mHhlup]|\x1b\]22;[a-z-]*\x07")
"""The sequences that the screens make themselves."""
_FOREIGN = re.compile(r"\x1b\[(?:31m|2J|6n|\?1049l)(?=.)", re.DOTALL)


def foreign_in(raw: bytes, *, closed: bool = False) -> list[str]:
    """Return what is in a terminal's bytes that no screen made: sequences, control and invisible characters."""
    text = raw.decode(errors="replace")
    foreign = [] if closed else _FOREIGN.findall(text)
    rest = _MADE.sub("", text).replace("\r\n", "")
    invisible = {*_INVISIBLE, "\U000e0101"} - {"\u2028"}
    for char in rest:
        code = ord(char)
        if code < 32 or 0x7F <= code < 0xA0 or char in invisible or 0xE0000 <= code <= 0xE007F:
            foreign.append(char)
    return foreign


def honest(count: int = 100) -> list[str]:
    """Return texts that come back unchanged."""
    texts = [unicodedata.normalize("NFC", text) for text in _HONEST]
    return [texts[place % len(texts)] + (f" {place}" if place >= len(texts) else "") for place in range(count)]
