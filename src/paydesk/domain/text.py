"""Text rules: what may be stored and sent, and how anything is made fit for a terminal (Unicode TR 36, CWE-150)."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from paydesk.domain.errors import InvalidInput
from paydesk.domain.fold import FOLD_VERSION, Ranges, first_fold, fold, known, nfc
from paydesk.domain.unicode_data import KINDS

_BREAKS = re.compile("\r\n|[\t\n\r]")
_JOINERS = {"\u200c", "\u200d"}
_JOINABLE = ("joinable", "mark")
_EMOJI_VARIATION = {"\ufe0e", "\ufe0f"}
_MOST_MARKS = 8
"""Combining marks on one base that a script or an emoji may need; more is an attack on the line height."""
_PLAIN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u03ce\u0400-\u0481\u048a-\u052f\u05d0-\u05ea\u0621-\u064a"
    "\u2010-\u2027\u20a0-\u20bf\u3001-\u3003\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u4e00-\u9fa5\uac00-\ud7a3"
    "\uff01-\uff5d\U0001f300-\U0001f3fa\U0001f400-\U0001f5ff\U0001f600-\U0001f64f]*"
)
"""Characters that need no look at their neighbours: each is seen, is no mark, and is NFC beside any of them."""


class Clean(str):
    """Text that may go to a terminal as it is."""

    __slots__ = ()


@cache
def _kinds() -> Ranges:
    return Ranges(KINDS)


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """Return what a table of a named Unicode says of a character: what may cross depends on no interpreter's tables."""
    return _kinds().of(char)


def _joins(raw: str, index: int) -> bool:
    """Whether a joiner at ``index`` stands between two characters that a script or an emoji may join."""
    if index == 0 or index + 1 >= len(raw):
        return False
    before, after = raw[index - 1], raw[index + 1]
    return (_kind(before) in _JOINABLE or before in _EMOJI_VARIATION) and _kind(after) in _JOINABLE


def _is_bad(raw: str, index: int) -> bool:
    char = raw[index]
    if char in _JOINERS:
        return not _joins(raw, index)
    if char in _EMOJI_VARIATION:
        return index == 0
    return _kind(char) == "hostile"


def _stacked(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each character, and whether it is one mark too many on its base."""
    run = 0
    for char in text:
        run = run + 1 if _kind(char) == "mark" else 0
        yield char, run > _MOST_MARKS


def is_plain(raw: str) -> bool:
    """Whether a text is for sure fit for a terminal and NFC: by most texts the look at each character is spared."""
    return (raw.isascii() and raw.isprintable()) or _PLAIN.fullmatch(raw) is not None


def is_hostile(raw: str) -> bool:
    """Whether the text holds control, bidi, zero-width or other invisible characters."""
    return not is_plain(raw) and first_hostile(raw) is not None


def first_hostile(raw: str) -> int | None:
    """Return where the first such character stands, or None."""
    if is_plain(raw):
        return None
    stacked = (index for index, (_, high) in enumerate(_stacked(raw)) if high)
    bad = (index for index in range(len(raw)) if _is_bad(raw, index))
    return min((place for place in (next(bad, None), next(stacked, None)) if place is not None), default=None)


def checked(field: str, raw: str, *, least: int, most: int, name: str = "") -> str:
    """Return a text, NFC-normalised, trimmed and on one line.

    Args:
        field: The field whose text it is.
        raw: The text as it was typed.
        least: The fewest characters that it may have.
        most: The most characters that it may have.
        name: What a sentence calls the field; empty: its own name.

    Raises:
        InvalidInput: It is too short or too long, or holds characters that cannot be seen; says what to write.
    """
    if least <= len(raw) <= most and is_plain(raw) and raw == raw.strip(" "):
        return raw
    text = nfc(on_one_line(raw[: most * 4 + 64])).strip(" ")
    name = name or field.replace("_", " ")
    if (place := first_hostile(text)) is not None:
        raise InvalidInput.of(
            field,
            f"The {name} holds invisible or control characters, the first in place {place + 1};"
            " type it again without them, on one line.",
        )
    if "\ufffd" in text:
        raise InvalidInput.of(field, f"The {name} holds \ufffd, which stands for lost characters; type it again.")
    if len(raw) > most * 4 + 64 or len(text) > most:
        raise InvalidInput.of(field, f"The {name} is too long; write at most {most} characters.")
    if len(text) < least:
        need = "Write" if least <= 1 else f"Write at least {least} characters for"
        raise InvalidInput.of(field, f"{need} the {name}.")
    return text


def on_one_line(pasted: str) -> str:
    """Return text with a blank for each tab and line break, which copied text is full of."""
    return _BREAKS.sub(" ", pasted)


def checked_name(raw: str) -> str:
    """Return a person's name, 1 to 70 characters."""
    return checked("name", raw, least=1, most=70)


def same_person(a: str, b: str, fold_version: int = FOLD_VERSION) -> bool:
    """Whether two names mean one person: by today's folding or, for what was said before it, by another version."""
    if fold_version == 1:
        return first_fold(a) == first_fold(b)
    return fold(a) == fold(b)


def counted(count: int, singular: str, many: str = "") -> str:
    """Return how many there are of something, such as ``1 request`` and ``1,024 requests``."""
    return f"{count:,} {singular if count == 1 else many or f'{singular}s'}"


CUT = "…"
"""What stands where something was cut."""
WHOLE = 100_000
"""The limit of what is printed for a file or a program, where nothing is cut: no text has so many characters."""
_REQUEST_NUMBER = re.compile(r"PR-[0-9]+")


def whole_numbers(cut: str, text: str) -> str:
    """Return the beginning of a text as it was cut, without a request number that the cut went through.

    Half of a number is the number of another request.
    """
    at = len(cut)
    start = text.rfind("PR-", 0, at)
    match = _REQUEST_NUMBER.match(text, start) if start >= 0 else None
    return cut[:start] if match is not None and match.end() > at else cut


def clean(raw: str, limit: int = 512) -> Clean:
    """Return text fit for a terminal, whatever came in; never raises.

    ``limit`` is in characters; what is cut at it ends in ``…``.
    """
    cut = raw if len(raw) <= limit else whole_numbers(raw[: limit - 1], raw) + CUT
    if cut.isascii() and cut.isprintable():
        return Clean(cut)
    return _fit(cut)


@lru_cache(maxsize=1024)
def _fit(raw: str) -> Clean:
    """Look through a text once: what stands on a screen is painted again and again."""
    return visible(nfc(raw))


def visible(raw: str) -> Clean:
    """Return text fit for a terminal, one character for each that came in; never raises."""
    shown = "".join(_shown(raw, index) for index in range(len(raw)))
    return Clean("".join("\ufffd" if high else char for char, high in _stacked(shown)))


def _shown(text: str, index: int) -> str:
    char = text[index]
    if char in "\n\t\r":
        return " "
    if char < " ":
        return chr(0x2400 + ord(char))
    if char == "\x7f":
        return "\u2421"
    return "\ufffd" if _is_bad(text, index) or _unknown(char) else char


def _unknown(char: str) -> bool:
    """Whether this Python, and so the width that a screen is laid out with, does not know a character."""
    return not known(char) and unicodedata.category(char) == "Cn"


def escaped(text: str) -> str:
    """Return JSON or Python text with what a terminal must not see written as ``\\u…``; what it says is the same."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_unicode_escape(char) if _is_bad(text, index) else char for index, char in enumerate(text))


def _unicode_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
