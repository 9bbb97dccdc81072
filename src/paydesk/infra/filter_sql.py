"""A filter in SQL: what ``Filter.matches`` says, over ``payment_request p``; every value is a parameter."""

import re
from typing import Any

from paydesk.domain.filters import AgeIs, AmountIs, Asker, CurrencyIn, DayIs, Filter, FromIn, Has, Rule, StatusIn, When

AMOUNT = "(p.standing_amount_minor * CASE p.standing_exponent {} END)".format(
    " ".join(f"WHEN {exponent} THEN {10**-exponent:.{exponent}f}" for exponent in range(5))
)
"""The amount in major units, exact."""
CONTRACTOR = "lower(normalize(p.contractor, NFKC))"
TEXT = (
    "(coalesce(p.number, '') || E'\\n' || coalesce(p.contractor, '') || E'\\n'"
    " || coalesce(p.standing_description, '') || E'\\n' || coalesce(p.standing_reference, ''))"
)
"""What a word is looked for in; no text holds a line break, so none is found across two of them."""
_DAYS = {When.SENT: "p.requested_at", When.DUE: "p.standing_due_date", When.DECIDED: "p.decided_at"}


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
                return f"p.status = ANY({value([status.value for status in statuses])})"
            case CurrencyIn(codes):
                return f"p.standing_currency = ANY({value(list(codes))})"
            case FromIn():
                names = (f"lower(normalize({value(name.strip())}, NFKC))" for name in rule.persons(asker))
                return f"{CONTRACTOR} IN ({', '.join(names)})"
            case AmountIs(op, amount):
                return f"{AMOUNT} {op} {value(amount)}"
            case AgeIs():
                span = rule.span(asker)
                return between("p.requested_at", span.low, span.high)
            case DayIs(when=When.DUE):
                return between(_DAYS[When.DUE], *rule.days())
            case DayIs(when):
                span = rule.span(asker)
                return between(_DAYS[when], span.low, span.high)
            case Has(text):
                return f"{TEXT} ILIKE {value('%' + like(text) + '%')}"

    def between(column: str, low: Any, high: Any) -> str:
        ends = [f"{column} {op} {value(end)}" for op, end in ((">=", low), ("<", high)) if end is not None]
        return " AND ".join(ends)

    return [
        f"({condition(term.rule)}) IS NOT TRUE" if term.negated else f"({condition(term.rule)})" for term in found.terms
    ]
