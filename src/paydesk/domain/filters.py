"""What a filter means: rules that a request fits or does not, the same on the screen, the command line and in SQL."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from paydesk.domain.copy import RequestCopy
from paydesk.domain.days import ONE_DAY, first_moment
from paydesk.domain.fold import fold, fold_number
from paydesk.domain.status import Status

ME = "me"
"""``from:me`` is whoever asks; somebody who is called so is written in quotation marks."""
_BARE = re.compile(r'[^\s"\\,:<>=-][^\s"\\,:<>=]*')
_LEAST = timedelta(microseconds=1)
"""Time is counted in steps of this, here and in the store: so every comparison is an interval with its end left out."""


class Op(StrEnum):
    """How a value is compared."""

    AT_LEAST = ">="
    AT_MOST = "<="
    MORE = ">"
    LESS = "<"
    IS = "="


class When(StrEnum):
    """A day of a request that a filter knows."""

    SENT = "sent"
    DUE = "due"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and when: what ``from:me`` and ``age>7d`` are measured against."""

    person: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From ``low`` on and before ``high``; None is open."""

    low: datetime | None = None
    high: datetime | None = None

    def holds(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it."""
        return moment is not None and not (
            (self.low is not None and moment < self.low) or (self.high is not None and moment >= self.high)
        )


@dataclass(frozen=True, slots=True)
class StatusIn:
    """``status:pending,rejected``."""

    statuses: tuple[Status, ...]

    def fits(self, copy: RequestCopy, _: Asker) -> bool:
        """Whether the status is one of them."""
        return copy.status in self.statuses

    def __str__(self) -> str:
        return "status:" + ",".join(self.statuses)


@dataclass(frozen=True, slots=True)
class CurrencyIn:
    """``cur:EUR,USD``."""

    codes: tuple[str, ...]

    def fits(self, copy: RequestCopy, _: Asker) -> bool:
        """Whether the currency is one of them."""
        return copy.terms is not None and copy.terms.money.currency in self.codes

    def __str__(self) -> str:
        return "cur:" + ",".join(self.codes)


@dataclass(frozen=True, slots=True)
class FromIn:
    """``from:studio-nord,me``: who asked, by whole name."""

    names: tuple[str, ...]
    me: bool = False

    def persons(self, asker: Asker) -> tuple[str, ...]:
        """Return the names that are meant."""
        return (*self.names, asker.person) if self.me else self.names

    def folded(self, asker: Asker) -> tuple[str, ...]:
        """Return what the folded name of who asked is one of."""
        return tuple(dict.fromkeys(map(fold, self.persons(asker))))

    def fits(self, copy: RequestCopy, asker: Asker) -> bool:
        """Whether one of them asked."""
        return copy.request is not None and fold(copy.contractor) in self.folded(asker)

    def __str__(self) -> str:
        names = [f'"{name}"' if name.lower() == ME else written(name) for name in self.names]
        return "from:" + ",".join([*names, ME] if self.me else names)


@dataclass(frozen=True, slots=True)
class AmountIs:
    """``amt>=1000``: the amount in major units of its own currency."""

    op: Op
    amount: Decimal

    def fits(self, copy: RequestCopy, _: Asker) -> bool:
        """Whether the amount compares so."""
        if copy.terms is None:
            return False
        amount = Decimal(copy.terms.money.amount)
        more, less = amount > self.amount, amount < self.amount
        return {
            Op.MORE: more,
            Op.LESS: less,
            Op.AT_LEAST: not less,
            Op.AT_MOST: not more,
            Op.IS: not (more or less),
        }[self.op]

    def __str__(self) -> str:
        return f"amt{self.op}{self.amount:f}"


@dataclass(frozen=True, slots=True)
class AgeIs:
    """``age>7d``: how long ago it was requested."""

    op: Op
    count: int
    unit: str

    def span(self, asker: Asker) -> Span:
        """Return when it was requested, then."""
        words = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
        at = asker.now - timedelta(**{words[self.unit]: self.count})
        if self.op in (Op.MORE, Op.AT_LEAST):
            return Span(high=at if self.op is Op.MORE else at + _LEAST)
        return Span(low=at + _LEAST if self.op is Op.LESS else at)

    def fits(self, copy: RequestCopy, asker: Asker) -> bool:
        """Whether it is so old."""
        return self.span(asker).holds(copy.request.requested_at if copy.request else None)

    def __str__(self) -> str:
        return f"age{self.op}{self.count}{self.unit}"


@dataclass(frozen=True, slots=True)
class DayIs:
    """``due<2026-12-01``, ``sent>=2026-11-01``: a day, where the person is."""

    when: When
    op: Op
    day: date

    def days(self) -> tuple[date | None, date | None]:
        """Return the first day that fits and the first one after that does not; None is open."""
        low = {Op.MORE: self.day + ONE_DAY, Op.AT_LEAST: self.day, Op.IS: self.day}.get(self.op)
        high = {Op.LESS: self.day, Op.AT_MOST: self.day + ONE_DAY, Op.IS: self.day + ONE_DAY}.get(self.op)
        return low, high

    def span(self, _: Asker) -> Span:
        """Return the moments that these days are."""
        low, high = (first_moment(day) if day else None for day in self.days())
        return Span(low, high)

    def fits(self, copy: RequestCopy, asker: Asker) -> bool:
        """Whether it was, or is due, then."""
        if self.when is When.SENT:
            return self.span(asker).holds(copy.request.requested_at if copy.request else None)
        if self.when is When.DECIDED:
            return self.span(asker).holds(copy.decision.decided_at if copy.decision else None)
        due, (low, high) = copy.terms.due_date if copy.terms else None, self.days()
        return due is not None and (low is None or due >= low) and (high is None or due < high)

    def __str__(self) -> str:
        return f"{self.when}{self.op}{self.day}"


@dataclass(frozen=True, slots=True)
class Has:
    """``logo`` or ``"logo design"``: in the number, who asked, the description or the reference, all of them folded."""

    text: str

    @property
    def folded(self) -> str:
        """What is looked for in the folded texts."""
        return fold(self.text)

    def fits(self, copy: RequestCopy, _: Asker) -> bool:
        """Whether the text is in one of them."""
        number = fold_number(copy.request.number or "") if copy.request else ""
        terms = (copy.terms.description, copy.terms.reference or "") if copy.terms else ()
        return any(self.folded in folded for folded in (number, *map(fold, (copy.contractor, *terms))) if folded)

    def __str__(self) -> str:
        return written(self.text)


Rule = StatusIn | CurrencyIn | FromIn | AmountIs | AgeIs | DayIs | Has


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule, or with ``-`` before it its opposite: what is not known never fits a rule, and so fits the opposite."""

    rule: Rule
    negated: bool = False

    def __str__(self) -> str:
        return f"-{self.rule}" if self.negated else str(self.rule)


@dataclass(frozen=True, slots=True)
class Filter:
    """A request has to meet all of these conditions; ``str`` writes them so that they can be read again."""

    conditions: tuple[Condition, ...] = ()

    def matches(self, copy: RequestCopy, asker: Asker) -> bool:
        """Whether a request fits."""
        return all(condition.rule.fits(copy, asker) is not condition.negated for condition in self.conditions)

    def asks(self, kind: type[Rule]) -> bool:
        """Whether it says anything of this kind."""
        return any(isinstance(condition.rule, kind) for condition in self.conditions)

    def __str__(self) -> str:
        return " ".join(map(str, self.conditions))


EVERYTHING = Filter()
MINE = Filter((Condition(FromIn((), me=True)),))
"""``from:me``."""


def written(text: str) -> str:
    """Return a value as a person writes it, in quotation marks where it needs them."""
    if _BARE.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
