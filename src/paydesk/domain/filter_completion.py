"""What a person may write next in a filter: fields, and the values that a field takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import assert_never

from paydesk.domain.filter_text import BLANKS, FIELDS, LISTS, ListField
from paydesk.domain.filters import ME, written
from paydesk.domain.fold import fold
from paydesk.domain.status import Status

_AGES = ("1h", "1d", "7d", "4w")
_MOST = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text that may stand from ``start`` to ``end`` instead of what was typed there, and what it says."""

    text: str
    start: int
    end: int
    says: str = ""

    def taken(self, typed: str) -> str:
        """Return what was typed with this in it."""
        return typed[: self.start] + self.text + typed[self.end :]


def complete(
    typed: str, cursor: int, contractors: Iterable[str] = (), currencies: Iterable[str] = ()
) -> tuple[Suggestion, ...]:
    """Return what may be meant by the word at the cursor.

    Args:
        typed: The whole filter, as far as it is typed.
        cursor: The place of the cursor in it, in characters.
        contractors: The names to offer, such as those in sight.
        currencies: The currencies to offer first.

    Returns:
        The suggestions, the best first.
    """
    start = _start(typed[:cursor])
    if start is None:
        return ()
    word = typed[start:cursor]
    if word.startswith("-"):
        start, word = start + 1, word[1:]
    name, value = next(((name, word[len(name) :]) for name in FIELDS if word.lower().startswith(name)), ("", ""))
    if name and value[:1] in (":", "=") and name in LISTS:
        values = value[1:]
        begin = cursor - len(values.rpartition(",")[2])
        return _values(_known(ListField(name), contractors, currencies), typed[begin:cursor], begin, cursor)
    if name == "age" and value[:1] in ("<", ">"):
        begin = cursor - len(value.lstrip("<>="))
        return _values(_AGES, typed[begin:cursor], begin, cursor)
    suggestions = [
        Suggestion(field + (":" if field in LISTS else ""), start, cursor, f"{example}  {says}")
        for field, (example, says) in FIELDS.items()
        if field.startswith(word.lower())
    ]
    return tuple(suggestions)


def _start(before: str) -> int | None:
    """Return where the word begins that ends at the cursor; None within the quotation marks of a text."""
    start, quoted, at = 0, False, 0
    while at < len(before):
        char = before[at]
        if quoted and char == "\\":
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char in BLANKS and not quoted:
            start = at + 1
        at += 1
    return None if quoted and ":" not in before[start:] else start


def _known(field: ListField, contractors: Iterable[str], currencies: Iterable[str]) -> list[str]:
    match field:
        case ListField.STATUS:
            return list(Status)
        case ListField.CURRENCY:
            return list(dict.fromkeys([*sorted(currencies), *_all_codes()]))
        case ListField.FROM:
            return [ME, *(written(contractor) for contractor in sorted({*contractors}, key=fold))]
        case _:
            assert_never(field)


@cache
def _all_codes() -> list[str]:
    from iso4217 import Currency  # It parses its table when it is imported.

    return sorted(currency.code for currency in Currency if currency.exponent is not None)


def _values(known: Iterable[str], part: str, start: int, end: int) -> tuple[Suggestion, ...]:
    sought = fold(part.lstrip('"'))
    values = [value for value in known if fold(value.lstrip('"')).startswith(sought) and value != part]
    return tuple(Suggestion(value, start, end) for value in values[:_MOST])
