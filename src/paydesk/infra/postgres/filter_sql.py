"""A filter in SQL: what ``Filter.matches`` says, over ``payment_request p``; every value is a parameter."""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from paydesk.domain.filters import AgeIs, AmountIs, Asker, CurrencyIn, DayIs, Filter, FromIn, Has, Rule, StatusIn, When
from paydesk.domain.status import FIXES_TERMS, Outcome, Status


def one_of(column: str, values: list[str]) -> str:
    """Return that a column is one of these; by ``=`` where it can be, as that alone keeps the order of an index."""
    return f"{column} = {values[0]}" if len(values) == 1 else f"{column} IN ({', '.join(values)})"


def status_in(statuses: Collection[Status], column: str = "status") -> str:
    """Return that a status is one of these, as text without parameters: indexes hold it word by word."""
    return one_of(column, [f"'{status}'" for status in Status if status in statuses])


def outcome_in(outcomes: Collection[Outcome], column: str = "outcome") -> str:
    """Return the condition that an outcome is one of these, as SQL without parameters."""
    return one_of(column, [f"'{outcome}'" for outcome in Outcome if outcome in outcomes])


DECIDED_COUNTS = f"{outcome_in(FIXES_TERMS, 'p.outcome')} OR p.revision IS NULL"
"""The decided terms count: ``paydesk.domain.standing.standing_terms`` in SQL."""


def standing(term: str) -> str:
    """Return the term that counts: the decided one once accepted or alone."""
    return f"CASE WHEN {DECIDED_COUNTS} THEN p.decided_{term} ELSE p.{term} END"


SENT = "coalesce(p.requested_at, '-infinity')"
DECIDED = "coalesce(p.decided_at, '-infinity')"
DUE = "coalesce(p.standing_due_date, 'infinity')"
_DECIMALS = 4
"""No currency has more."""
_ZERO = -922_337_203_685_477
"""Where amounts begin, in major units: counted from 0, the largest of a currency without decimals were no bigint."""
NO_AMOUNT, MOST_AMOUNT = -(1 << 63), (1 << 63) - 1
_AMOUNTS = " ".join(
    f"WHEN {decimals} THEN (least(greatest(p.standing_amount_minor, 0), {10**15}) - {-_ZERO * 10**decimals})"
    f" * {10 ** (_DECIMALS - decimals)}"
    for decimals in (2, 0, 3, 1, 4)
)
AMOUNT = f"coalesce(CASE p.standing_exponent {_AMOUNTS} END, '{NO_AMOUNT}')"
"""The amount of any currency as one integer, exact. What is missing has a place in every order, so that a page can
begin anywhere."""
CONTRACTOR = "p.contractor_folded"
STANDING = standing("terms_folded")
"""The folded text of the terms that count: description, line break, reference."""
TEXT = (
    "(coalesce(lower(p.number COLLATE \"C\"), '') || E'\\n' || coalesce(p.contractor_folded, '') || E'\\n'"
    f" || coalesce({STANDING}, ''))"
)
"""What a word is looked for in; no text holds a line break, so none is found across two of them."""
UNSORTED_KB = 512
"""So much of what is new for the index of the text waits to be sorted in; each search reads through it."""
STANDING_RAW = f"{standing('description')}, {standing('reference')}"
RAW_TEXT = f"concat_ws(E'\\n', p.number, p.contractor, {STANDING_RAW})"
UNFOLDED = (
    "(p.contractor_folded IS NULL AND p.contractor IS NOT NULL OR p.terms_folded IS NULL AND p.description IS NOT NULL"
    " OR p.decided_terms_folded IS NULL AND p.decided_description IS NOT NULL)"
)
"""A program of before wrote the text, and nobody has folded it yet."""
_DAYS = {
    When.SENT: (SENT, "p.requested_at"),
    When.DUE: (DUE, "p.standing_due_date"),
    When.DECIDED: (DECIDED, "p.decided_at"),
}


def bare(expression: str) -> str:
    """Return an expression as an index has it."""
    return "(" + expression.replace("p.", "") + ")"


def amount_key(amount: Decimal) -> int:
    """Return an amount in major units as ``AMOUNT`` is; the nearest one where it is finer or larger than any is."""
    key: int = int(amount.scaleb(_DECIMALS)) + _ZERO * 10**_DECIMALS
    return min(max(key, NO_AMOUNT), MOST_AMOUNT)


def like(text: str) -> str:
    """Return text with what LIKE takes for a pattern taken literally."""
    return re.sub(r"([\\%_])", r"\\\1", text)


Also = Callable[[FromIn | Has, Callable[[Any], str]], str]
"""Returns the SQL by which a rule is met besides, given what makes a parameter."""


def conditions(request_filter: Filter, asker: Asker, values: dict[str, Any], also: Also | None = None) -> list[str]:
    """Return the conditions that a row has to meet, in SQL over ``payment_request p``.

    Args:
        request_filter: The filter.
        asker: Who asks, and when: what ``from:me`` and ages mean.
        values: The parameters of the statement; those of the conditions are added.
        also: Returns the SQL by which a row meets a rule besides; None: there is none.
    """

    def value(given: Any) -> str:
        name = f"f{len(values)}"
        values[name] = given
        return f"%({name})s"

    def in_sql(rule: Rule) -> str:
        match rule:
            case StatusIn(statuses):
                return one_of("p.status", [value(status.value) for status in statuses])
            case CurrencyIn(codes):
                return one_of("p.standing_currency", [value(code) for code in codes])
            case FromIn():
                return besides(rule, one_of(CONTRACTOR, [value(name) for name in rule.folded(asker)]))
            case AmountIs(op, amount):
                return f"{AMOUNT} {op} {value(amount_key(amount))} AND p.standing_amount_minor IS NOT NULL"
            case AgeIs():
                return between(When.SENT, rule.span(asker).low, rule.span(asker).high)
            case DayIs(when=When.DUE):
                return between(When.DUE, *rule.days())
            case DayIs(when):
                return between(when, rule.span(asker).low, rule.span(asker).high)
            case Has():
                return besides(rule, f"{TEXT} LIKE {value('%' + like(rule.folded) + '%')}")

    def besides(rule: FromIn | Has, sql: str) -> str:
        return sql if also is None else f"{sql} OR {also(rule, value)}"

    def between(when: When, low: Any, high: Any) -> str:
        order, column = _DAYS[when]
        ends = [f"{order} {op} {value(end)}" for op, end in ((">=", low), ("<", high)) if end is not None]
        return " AND ".join([*ends, f"{column} IS NOT NULL"])

    return [
        f"({in_sql(condition.rule)}) IS NOT TRUE" if condition.negated else f"({in_sql(condition.rule)})"
        for condition in request_filter.conditions
    ]
