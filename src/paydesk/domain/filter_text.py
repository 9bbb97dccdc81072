"""Reading a filter that a person typed: ``status:pending cur:EUR amt>=1000 from:me age>7d "logo" -"test"``."""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from paydesk.domain.days import parse_day
from paydesk.domain.errors import InvalidInput
from paydesk.domain.filters import (
    ME,
    AgeIs,
    AmountIs,
    Condition,
    CurrencyIn,
    DayIs,
    Filter,
    FromIn,
    Has,
    Op,
    Rule,
    StatusIn,
    When,
)
from paydesk.domain.money import exponent_of, is_amount, misread, what_is_wrong
from paydesk.domain.status import Status
from paydesk.domain.text import checked, visible

FIELDS = {
    "status": ("status:pending,rejected", "how it stands"),
    "from": ("from:me", "who asked, by the whole name"),
    "cur": ("cur:EUR", "its currency"),
    "amt": ("amt>=1000", "its amount"),
    "age": ("age>7d", "how long ago it was requested: m, h, d or w"),
    "sent": ("sent>=2026-11-01", "the day it was requested"),
    "due": ("due<2026-12-01", "the day it is due"),
    "decided": ("decided=2026-11-25", "the day it was decided"),
}
"""Each field, with an example and what it says; anything else is text that the request holds."""


class ListField(StrEnum):
    """A field that takes a colon and values with commas between; the others are compared."""

    STATUS = "status"
    FROM = "from"
    CURRENCY = "cur"


LISTS = tuple(ListField)
BLANKS = " \t\r\n"

_FIELD = re.compile(r"([A-Za-z]+)(:|<=|>=|<|>|=)")
_AGE = re.compile(r"([0-9]+)([mhdw])")
_MOST_MINUTES = 100 * 366 * 24 * 60
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
_MOST = 1000
_MOST_DIGITS = 25
"""Of an amount, its commas and point counted: below what decimals hold exactly."""


class FilterError(InvalidInput):
    """A filter that cannot be read; ``at`` is the place of the first character at fault."""

    def __init__(self, sentence: str, typed: str, at: int) -> None:
        super().__init__({"filter": sentence})
        self.typed = typed
        self.at = at
        self.facts["at"] = at

    @property
    def before(self) -> str:
        """What stands before the fault, as it is shown; how many cells that takes, who shows it knows."""
        return visible(self.typed)[: self.at]


def parse_filter(typed: str) -> Filter:
    """Return the filter that a person typed. Raises ``FilterError``, which says what is wrong and where."""
    if len(typed) > _MOST:
        raise FilterError(f"The filter is too long; write at most {_MOST:,} characters.", typed, _MOST)
    reader = _Reader(typed)
    conditions: list[Condition] = []
    while (condition := reader.condition()) is not None:
        _add(conditions, condition)
    reader.check_amounts(conditions)
    return Filter(tuple(conditions))


def _add(conditions: list[Condition], new: Condition) -> None:
    """Add a condition; what a field lists in two places is one list: a request has one status, currency, contractor."""
    for place, old in enumerate(conditions):
        if old == new:
            return
        if old.negated is new.negated and type(old.rule) is type(new.rule):
            joined = _joined(old.rule, new.rule)
            if joined is not None:
                conditions[place] = Condition(joined, old.negated)
                return
    conditions.append(new)


def _joined(old: Rule, new: Rule) -> Rule | None:
    if isinstance(old, StatusIn) and isinstance(new, StatusIn):
        return StatusIn(tuple(dict.fromkeys(old.statuses + new.statuses)))
    if isinstance(old, CurrencyIn) and isinstance(new, CurrencyIn):
        return CurrencyIn(tuple(dict.fromkeys(old.codes + new.codes)))
    if isinstance(old, FromIn) and isinstance(new, FromIn):
        return FromIn(tuple(dict.fromkeys(old.names + new.names)), old.me or new.me)
    return None


class _Reader:
    """Goes through what was typed, from left to right."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.at = 0
        self._amounts: list[tuple[str, int]] = []

    def check_amounts(self, conditions: Iterable[Condition]) -> None:
        """Refuse an amount that can be read in two ways in each currency that the filter asks for."""
        codes = {
            code
            for condition in conditions
            if isinstance(condition.rule, CurrencyIn) and not condition.negated
            for code in condition.rule.codes
        }
        doubts = [[_misread(value, code) for code in sorted(codes)] for value, _ in self._amounts]
        for (_, at), sentences in zip(self._amounts, doubts, strict=True):
            if sentences and all(sentences):
                raise self._error(sentences[0], at)

    def condition(self) -> Condition | None:
        """Read the next condition; None at the end."""
        while self._char and self._char in BLANKS:
            self.at += 1
        if not self._char:
            return None
        negated = self._char == "-"
        if negated:
            self.at += 1
            if not self._char or self._char in BLANKS:
                raise self._error("Write behind the minus what is to be left out, such as -status:rejected.", self.at)
        return Condition(self._rule(), negated)

    def _rule(self) -> Rule:
        match = _FIELD.match(self.typed, self.at)
        if match is None:
            start = self.at
            return Has(self._checked("text", self._value(stops=BLANKS)[0], start, most=100))
        name, op, start = match[1].lower(), match[2], self.at
        if name not in FIELDS:
            raise self._error(
                f"There is no field {match[1]!r}; the fields are {', '.join(FIELDS)}. "
                "Text with such a sign in it goes into quotation marks.",
                start,
            )
        if name in LISTS and op not in (":", "="):
            raise self._error(f"Write {FIELDS[name][0]}: {name} is one of several values.", match.start(2))
        self.at = match.end()
        if name in LISTS:
            return self._list(ListField(name))
        at, value = self.at, self._value(stops=BLANKS)[0]
        return self._compared(name, Op.IS if op == ":" else Op(op), value, at)

    def _list(self, field: ListField) -> Rule:
        values: list[tuple[str, bool, int]] = []
        while True:
            at = self.at
            values.append((*self._value(stops=BLANKS + ","), at))
            if self._char != ",":
                break
            self.at += 1
        match field:
            case ListField.STATUS:
                return StatusIn(tuple(dict.fromkeys(self._status(value, at) for value, _, at in values)))
            case ListField.CURRENCY:
                return CurrencyIn(tuple(dict.fromkeys(self._currency(value, at) for value, _, at in values)))
            case ListField.FROM:
                named = [(value, at) for value, quoted, at in values if quoted or value.lower() != ME]
                names = tuple(dict.fromkeys(self._checked("name", value, at, most=70) for value, at in named))
                return FromIn(names, me=len(named) < len(values))
            case _:
                assert_never(field)

    def _status(self, value: str, at: int) -> Status:
        try:
            return Status(value.lower())
        except ValueError:
            names = ", ".join(Status)
            raise self._error(f"Write a status, one of {names}." if not value else _no_status(value), at) from None

    def _currency(self, value: str, at: int) -> str:
        if not re.fullmatch(r"[A-Za-z]{3}", value):
            raise self._error("Write a currency in three letters, such as cur:EUR.", at)
        return value.upper()

    def _compared(self, name: str, op: Op, value: str, at: int) -> Rule:
        if name == "amt":
            if len(value) > _MOST_DIGITS:
                raise self._error(f"Write a smaller amount in digits, of at most {_MOST_DIGITS} characters.", at)
            if not is_amount(value):
                raise self._error(what_is_wrong(value), at)
            self._amounts.append((value, at))
            plain = Decimal(value.replace(",", "")).normalize()
            return AmountIs(op, plain)
        if name == "age":
            return self._age(op, value, at)
        try:
            day = parse_day("filter", value, FIELDS[name][0])
        except InvalidInput as error:
            raise self._error(error.message, at) from None
        return DayIs(When(name), op, day)

    def _age(self, op: Op, value: str, at: int) -> AgeIs:
        if op is Op.IS:
            raise self._error("Write whether it is older or younger: age>7d or age<7d.", at - 1)
        match = _AGE.fullmatch(value.lower())
        if match is None:
            if re.fullmatch(r"[0-9]*[.,][0-9]+[mhdw]", value.lower()):
                raise self._error("Write an age in whole minutes, hours, days or weeks, such as age>36h.", at)
            if re.fullmatch(r"[-+][0-9]+[mhdw]", value.lower()):
                raise self._error("Write an age without a sign, such as age>7d.", at)
            raise self._error("Write an age in m, h, d or w (minutes to weeks), such as age>7d.", at)
        if int(match[1]) * _MINUTES[match[2]] > _MOST_MINUTES:
            raise self._error("An age is at most a hundred years.", at)
        return AgeIs(op, int(match[1]), match[2])

    @property
    def _char(self) -> str:
        return self.typed[self.at : self.at + 1]

    def _value(self, stops: str) -> tuple[str, bool]:
        """Read up to a stop, or what stands in quotation marks; returns whether it did."""
        start = self.at
        if self._char == '"':
            text = self._quoted()
            if self._char and self._char not in stops:
                raise self._error("Leave a blank behind the quotation mark.", self.at)
            return text, True
        while self._char and self._char not in stops:
            if self._char == '"':
                raise self._error("Put the whole text into quotation marks, or leave a blank before them.", self.at)
            self.at += 1
        return self.typed[start : self.at], False

    def _quoted(self) -> str:
        start, text = self.at, ""
        self.at += 1
        while self._char != '"':
            if not self._char:
                raise self._error('Close the quotation mark, such as "logo design".', start)
            if self._char == "\\" and self.typed[self.at + 1 : self.at + 2] in ('"', "\\"):
                self.at += 1
            text += self._char
            self.at += 1
        self.at += 1
        return text

    def _checked(self, label: str, text: str, at: int, most: int) -> str:
        try:
            return checked(label, text, least=1, most=most)
        except InvalidInput as error:
            raise self._error(error.message, at) from None

    def _error(self, sentence: str, at: int) -> FilterError:
        return FilterError(sentence, self.typed, at)


def _misread(amount: str, code: str) -> str:
    try:
        return misread(amount, code, exponent_of(code))
    except InvalidInput:  # Requests in a currency that was retired since are looked for too.
        return ""


def _no_status(word: str) -> str:
    return f"There is no status {word!r}; write one of {', '.join(Status)}."
