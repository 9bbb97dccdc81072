"""One folding for all comparing: what people write alike is the same text, whatever Python or database compares it.

It is Unicode's NFKC_Casefold with two things added: İ, ı, I and i are one letter, and no blank counts at either end.
Characters that are newer than the oldest Python's tables stay as they are, so that every Python folds alike.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from itertools import groupby

from paydesk.domain.unicode_data import KNOWN

FOLD_VERSION = 2
"""1 is what was compared before this folding: see ``first_fold``."""

# Unicode's Default_Ignorable_Code_Point: joiners, variation selectors and the like, which paint nothing by themselves.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_DOTLESS, _DOT_ABOVE, _ABOVE = "\u0131", "\u0307", 230
_OGHAM_BLANK = "\u1680"
"""The one blank that NFKC leaves as it is."""
_MOST_ROUNDS = 4
_SMALL = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Ranges:
    """A table of ``unicode_data``: the value of each character, or an empty string."""

    def __init__(self, table: Mapping[str, str]) -> None:
        rows = sorted(
            (int(first, 16), int(last or first, 16), value)
            for value, written in table.items()
            for first, _, last in (span.partition("-") for span in written.split())
        )
        self._starts = [first for first, _, _ in rows]
        self._rows = rows

    def of(self, char: str) -> str:
        """Return the value of a character."""
        code = ord(char)
        place = bisect_right(self._starts, code) - 1
        return self._rows[place][2] if place >= 0 and code <= self._rows[place][1] else ""


@cache
def _known() -> Ranges:
    return Ranges(KNOWN)


@lru_cache(maxsize=4096)
def known(char: str) -> bool:
    """Whether the oldest Python knows a character: what is done with it by tables is the same everywhere."""
    return _known().of(char) != ""


def nfc(text: str) -> str:
    """Return the text NFC-normalised, the same on every Python: newer characters stay where and as they are."""
    return text if text.isascii() else _in_parts(text, lambda part: unicodedata.normalize("NFC", part))


def fold_number(number: str) -> str:
    """Return a request's number in small letters; A to Z alone, which is what ``lower`` in the C collation does."""
    return number.translate(_SMALL)


def fold(text: str) -> str:
    """Return what two texts have in common that people take for the same; folding it again changes nothing."""
    if text.isascii():
        return text.lower().strip(" ")
    return _fold(text)


def first_fold(name: str) -> str:
    """Fold a name as the first version did, NFKC and case folding; newer characters stay, on every Python alike."""
    folded = _in_parts(name, lambda part: unicodedata.normalize("NFKC", part).casefold())
    return _in_parts(folded, lambda part: unicodedata.normalize("NFKC", part)).strip()


@lru_cache(maxsize=8192)
def _fold(text: str) -> str:
    return _in_parts(_IGNORABLE.sub("", text), _folded).replace(_OGHAM_BLANK, " ").strip(" ")


def _folded(part: str) -> str:
    """Fold a part in which every character is known."""
    # Case folding may leave what has to be decomposed, and the other way round: until nothing changes.
    for _ in range(_MOST_ROUNDS):
        before, part = part, "".join(_undotted(unicodedata.normalize("NFKD", part).casefold()))
        if part == before:
            break
    return unicodedata.normalize("NFKC", part)


def _undotted(text: str) -> Iterator[str]:
    """Yield the characters without the dot that İ leaves above its i, and i for ı."""
    after_i = False
    for char in text:
        if after_i and char == _DOT_ABOVE:
            continue
        after_i = char in ("i", _DOTLESS) or (after_i and unicodedata.combining(char) not in (0, _ABOVE))
        yield "i" if char == _DOTLESS else char


def _in_parts(text: str, change: Callable[[str], str]) -> str:
    if all(map(known, text)):
        return change(text)
    parts = ((yes, "".join(chars)) for yes, chars in groupby(text, known))
    return "".join(change(part) if yes else part for yes, part in parts)
