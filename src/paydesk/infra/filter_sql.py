"""A filter in SQL: what ``Filter.matches`` says, over ``payment_request p``; every value is a parameter."""

import re
from typing import Any

from paydesk.domain.filters import AgeIs, AmountIs, Asker, CurrencyIn, DayIs, Filter, FromIn, Has, Rule, StatusIn, When

SENT = "coalesce(p.requested_at, '-infinity')"
DECIDED = "coalesce(p.decided_at, '-infinity')"
DUE = "coalesce(p.standing_due_date, 'infinity')"
AMOUNT = "coalesce(p.standing_amount_minor * CASE p.standing_exponent {} END, -1)".format(
    " ".join(f"WHEN {exponent} THEN {10**-exponent:.{exponent}f}" for exponent in range(5))
)
"""The amount in major units, exact. What is missing has a place in every order, so that a page can begin anywhere."""
CONTRACTOR = "lower(normalize(p.contractor, NFKC))"
TEXT = (
    "(coalesce(p.number, '') || E'\\n' || coalesce(p.contractor, '') || E'\\n'"
    " || coalesce(p.standing_description, '') || E'\\n' || coalesce(p.standing_reference, ''))"
)
"""What a word is looked for in; no text holds a line break, so none is found across two of them."""
_DAYS = {
    When.SENT: (SENT, "p.requested_at"),
    When.DUE: (DUE, "p.standing_due_date"),
    When.DECIDED: (DECIDED, "p.decided_at"),
}


def bare(expression: str) -> str:
    """Return an expression as an index has it."""
    return "(" + expression.replace("p.", "") + ")"


def like(text: str) -> str:
    """Return text with what LIKE takes for a pattern taken literally."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def conditions(found: Filter, asker: Asker, values: dict[str, Any]) -> list[str]:
    """Return what a row has to fulfil; the parameters are put into ``values``."""

    def value(given: Any) -> str:
        name = f"f{len(values)}"
        values[name] = given
        return f"%({name})s"

    def condition(rule: Rule) -> str:
        match rule:
            case StatusIn(statuses):
                return one_of("p.status", [value(status.value) for status in statuses])
            case CurrencyIn(codes):
                return one_of("p.standing_currency", [value(code) for code in codes])
            case FromIn():
                persons = [f"lower(normalize({value(name.strip())}, NFKC))" for name in rule.persons(asker)]
                return one_of(CONTRACTOR, persons)
            case AmountIs(op, amount):
                return f"{AMOUNT} {op} {value(amount)} AND p.standing_amount_minor IS NOT NULL"
            case AgeIs():
                return between(When.SENT, rule.span(asker).low, rule.span(asker).high)
            case DayIs(when=When.DUE):
                return between(When.DUE, *rule.days())
            case DayIs(when):
                return between(when, rule.span(asker).low, rule.span(asker).high)
            case Has(text):
                return f"{TEXT} ILIKE {value('%' + like(text) + '%')}"

    def between(when: When, low: Any, high: Any) -> str:
        order, column = _DAYS[when]
        ends = [f"{order} {op} {value(end)}" for op, end in ((">=", low), ("<", high)) if end is not None]
        return " AND ".join([*ends, f"{column} IS NOT NULL"])

    return [
        f"({condition(term.rule)}) IS NOT TRUE" if term.negated else f"({condition(term.rule)})" for term in found.terms
    ]


def one_of(column: str, values: list[str]) -> str:
    """Return that a column is one of these; by ``=`` where it can be, as that alone keeps the order of an index."""
    return f"{column} = {values[0]}" if len(values) == 1 else f"{column} IN ({', '.join(values)})"
