"""Text rules: what may be stored and sent, and how anything is made fit for a terminal (Unicode TR 36, CWE-150)."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from paydesk.domain.errors import InvalidInput

_JOINERS = {"\u200c", "\u200d"}
_EMOJI_VARIATION = {"\ufe0e", "\ufe0f"}
_MOST_MARKS = 8
"""Combining marks on one base that a script or an emoji may need; more is an attack on the line height."""


class Clean(str):
    """Text that may go to a terminal as it is."""

    __slots__ = ()


def _joins(raw: str, index: int) -> bool:
    """Whether a joiner at ``index`` stands between two characters that a script or an emoji may join."""
    if index == 0 or index + 1 >= len(raw):
        return False
    before, after = raw[index - 1], raw[index + 1]
    kinds = {"So", "Sk", "Lo", "Mn", "Mc", "Lm"}
    return (unicodedata.category(before) in kinds or before in _EMOJI_VARIATION) and unicodedata.category(
        after
    ) in kinds


def _is_bad(raw: str, index: int) -> bool:
    char = raw[index]
    if char in _JOINERS:
        return not _joins(raw, index)
    if char in _EMOJI_VARIATION:
        return index == 0
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return True
    # Marks that paint nothing, and fillers that look like a space but are letters.
    return char in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800" or "\U000e0100" <= char <= "\U000e01ef"


def _stacked(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each character, and whether it is one mark too many on its base."""
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        yield char, run > _MOST_MARKS


def is_hostile(raw: str) -> bool:
    """Whether the text holds control, bidi, zero-width or other invisible characters."""
    return first_hostile(raw) is not None


def first_hostile(raw: str) -> int | None:
    """Return where the first such character stands, or None."""
    if raw.isascii() and (raw.isprintable() or raw == ""):
        return None
    stacked = (index for index, (_, high) in enumerate(_stacked(raw)) if high)
    bad = (index for index in range(len(raw)) if _is_bad(raw, index))
    return min((found for found in (next(bad, None), next(stacked, None)) if found is not None), default=None)


def checked(field: str, raw: str, *, least: int, most: int) -> str:
    """Return the text NFC-normalised and trimmed. Raises ``InvalidInput`` with what to write instead."""
    text = unicodedata.normalize("NFC", raw[: most * 4 + 64]).strip(" ")
    name = field.replace("_", " ")
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


def checked_name(raw: str) -> str:
    """Return a person's name, 1 to 70 characters."""
    return checked("name", raw, least=1, most=70)


def same_person(a: str, b: str) -> bool:
    """Whether two names mean one person: NFKC-normalised, case-folded and trimmed."""
    return _folded(a) == _folded(b)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many there are of something, such as ``1 request`` and ``1,024 requests``."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def clean(raw: str, limit: int = 512) -> Clean:
    """Return text fit for a terminal, whatever came in; never raises. ``limit`` is in characters."""
    cut = raw[:limit]
    if cut.isascii() and cut.isprintable():
        return Clean(cut)
    return _fit(cut)


@lru_cache(maxsize=1024)
def _fit(raw: str) -> Clean:
    """Look through a text once: what stands on a screen is painted again and again."""
    return visible(unicodedata.normalize("NFC", raw))


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
    return "\ufffd" if _is_bad(text, index) else char
