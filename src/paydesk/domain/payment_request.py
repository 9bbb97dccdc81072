"""What a contractor asks for: the terms of a payment, and the register that the contractor side alone writes."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from paydesk.domain.days import parse_day
from paydesk.domain.errors import InvalidInput
from paydesk.domain.money import Money, parse_money
from paydesk.domain.text import checked

DESCRIPTION_MOST = 500
REFERENCE_MOST = 35
DOCUMENT_MOST = 500
PAY_TO_MOST = 70
NUMBER_STEP_MOST = 1_000_000
"""So far one number may stand above all others and still be followed by the next one."""
_NUMBER = re.compile(r"PR-[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a decision is about."""

    money: Money
    description: str
    reference: str | None = None
    due_date: date | None = None
    document: str | None = None
    pay_to: str | None = None

    @property
    def hash(self) -> str:
        """SHA-256, in hexadecimal, over the canonical JSON of all terms; stable for ever."""
        facts = {
            "amount_minor": self.money.amount_minor,
            "currency": self.money.currency,
            "exponent": self.money.exponent,
            "description": self.description,
            "reference": self.reference,
            "due_date": self.due_date.isoformat() if self.due_date else None,
            "document": self.document,
            "pay_to": self.pay_to,
        }
        written = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


def is_number(text: str) -> bool:
    """Whether a text has the form of a human number: ``PR-`` and 1 to 12 digits."""
    return _NUMBER.fullmatch(text) is not None


def counter_after(counter: int, numbers: Iterable[str]) -> int:
    """Return where counting goes on once these numbers were met: above each, but never more than a step farther.

    Whoever writes a far number to the topic so moves it by a step, and does not use up the numbers of all.
    """
    for number in sorted(int(each.removeprefix("PR-")) for each in numbers if is_number(each)):
        counter = max(counter, min(number, counter + NUMBER_STEP_MOST))
    return counter


def called(number: str | None, request_id: UUID) -> str:
    """Return what a request is called: its human number, or ``…`` and the last six of the id while there is none."""
    return number or f"…{request_id.hex[-6:]}"


@dataclass(frozen=True, slots=True)
class RequestRegister:
    """The contractor side's word on one request; ``version`` rises by one with every change."""

    id: UUID
    version: int
    number: str | None
    contractor: str
    requested_at: datetime
    revision: int
    terms: Terms
    withdrawal_asked: bool = False


def checked_terms(
    amount: str,
    currency: str,
    description: str,
    *,
    reference: str = "",
    due_date: str = "",
    document: str = "",
    pay_to: str = "",
) -> Terms:
    """Return the terms a person typed. Raises ``InvalidInput`` with a sentence for every field that is wrong."""
    found = _found(
        _checks(
            amount=amount,
            currency=currency,
            description=description,
            reference=reference,
            due_date=due_date,
            document=document,
            pay_to=pay_to,
        )
    )
    return Terms(**found)  # type: ignore[arg-type]


def _checks(
    *, amount: str, currency: str, description: str, reference: str, due_date: str, document: str, pay_to: str
) -> dict[str, Callable[[], object]]:
    """Return what reads each field of the terms as it was typed."""
    return {
        "money": lambda: parse_money(amount, currency),
        "description": lambda: checked("description", description, least=1, most=DESCRIPTION_MOST),
        "reference": lambda: checked("reference", reference, least=0, most=REFERENCE_MOST) or None,
        "due_date": lambda: _date(due_date),
        "document": lambda: _link(document),
        "pay_to": lambda: checked("pay_to", pay_to, least=0, most=PAY_TO_MOST) or None,
    }


def _found(checks: Mapping[str, Callable[[], object]]) -> dict[str, object]:
    """Return what was read. Raises ``InvalidInput`` with a sentence for every field that is wrong."""
    problems: dict[str, str] = {}
    found: dict[str, object] = {}
    for field, check in checks.items():
        try:
            found[field] = check()
        except InvalidInput as error:
            problems.update(error.problems)
    if problems:
        raise InvalidInput(problems)
    return found


def _date(typed: str) -> date | None:
    return parse_day("due_date", typed, "2026-12-31") if typed.strip() else None


def _link(typed: str) -> str | None:
    text = checked("document", typed, least=0, most=DOCUMENT_MOST)
    if not text:
        return None
    if wrong := _what_is_wrong_with_link(text):
        raise InvalidInput.of("document", wrong)
    return text


def _what_is_wrong_with_link(text: str) -> str:
    example = "such as https://example.org/a.pdf"
    if " " in text:
        return "The link holds a blank; write %20 in its place, such as https://example.org/a%20b.pdf."
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return f"The host of the link cannot be read; write a link {example}."
    if parts.scheme != "https":
        return f"Write a link that begins with https://, {example}."
    if "@" in parts.netloc:
        return "The link holds a login before the @, which others would see; write the link without it."
    return "" if host else f"The link names no host; write a link {example}."


def changed_terms(terms: Terms, **fields: str | None) -> Terms:
    """Return the terms with the given fields typed anew: None keeps a field, an empty string clears an optional one.

    What stays as it was is kept without another look at it, such as a currency that was retired since.
    """
    kept = typed_fields(terms)
    typed = kept | {name: value for name, value in fields.items() if value is not None}
    changed = {name for name, value in typed.items() if value != kept[name]}
    if changed & {"amount", "currency"}:
        changed.add("money")
    return replace(terms, **_found({name: check for name, check in _checks(**typed).items() if name in changed}))  # type: ignore[arg-type]


def typed_fields(terms: Terms) -> dict[str, str]:
    """Return the terms as a person would type them, by field."""
    return {
        "amount": terms.money.amount,
        "currency": terms.money.currency,
        "description": terms.description,
        "reference": terms.reference or "",
        "due_date": terms.due_date.isoformat() if terms.due_date else "",
        "document": terms.document or "",
        "pay_to": terms.pay_to or "",
    }


def describe_changes(old: Terms, new: Terms) -> list[str]:
    """Return a line for each term that differs, such as ``amount 1,200.00 EUR → 1,250.00 EUR``."""
    lines = [f"amount {old.money} → {new.money}"] if old.money != new.money else []
    before, after = typed_fields(old), typed_fields(new)
    for field in ("description", "reference", "due_date", "document", "pay_to"):
        if before[field] != after[field]:
            lines.append(f"{field.replace('_', ' ')} {before[field] or '(none)'} → {after[field] or '(none)'}")
    return lines
