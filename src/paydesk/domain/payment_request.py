"""What a contractor asks for: the terms of a payment, and the register that the contractor side alone writes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from paydesk.domain.errors import InvalidInput
from paydesk.domain.money import Money, parse_money
from paydesk.domain.text import checked

DESCRIPTION_MOST = 500
REFERENCE_MOST = 35
DOCUMENT_MOST = 500
PAY_TO_MOST = 70


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
    problems: dict[str, str] = {}
    found: dict[str, object] = {}
    checks: dict[str, Callable[[], object]] = {
        "money": lambda: parse_money(amount, currency),
        "description": lambda: checked("description", description, least=1, most=DESCRIPTION_MOST),
        "reference": lambda: checked("reference", reference, least=0, most=REFERENCE_MOST) or None,
        "due_date": lambda: _date(due_date),
        "document": lambda: _link(document),
        "pay_to": lambda: checked("pay_to", pay_to, least=0, most=PAY_TO_MOST) or None,
    }
    for field, check in checks.items():
        try:
            found[field] = check()
        except InvalidInput as error:
            problems.update(error.problems)
    if problems:
        raise InvalidInput(problems)
    return Terms(**found)  # type: ignore[arg-type]


def _date(typed: str) -> date | None:
    text = typed.strip()
    if not text:
        return None
    try:
        if len(text) != 10 or not text.isascii():
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput.of("due_date", "Write the due date as year-month-day, such as 2026-12-31.") from None


def past_due(due: date | str | None, today: date) -> str:
    """Return a warning where a due date, also as typed, is before today where the person is; else an empty string.

    It is a warning alone: an invoice that is late is asked for too.
    """
    try:
        found = _date(due) if isinstance(due, str) else due
    except InvalidInput:
        return ""
    return f"The due date {found.isoformat()} is past." if found is not None and found < today else ""


def _link(typed: str) -> str | None:
    text = checked("document", typed, least=0, most=DOCUMENT_MOST)
    if not text:
        return None
    wrong = InvalidInput.of("document", "Write a link that begins with https://, such as https://example.org/a.pdf.")
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise wrong from None
    if parts.scheme != "https" or not host or " " in text or "@" in parts.netloc:
        raise wrong
    return text


def changed_terms(terms: Terms, **fields: str | None) -> Terms:
    """Return the terms with the given fields typed anew: None keeps a field, an empty string clears an optional one."""
    kept = typed_fields(terms)
    kept.update({name: value for name, value in fields.items() if value is not None})
    new = checked_terms(**kept)
    if fields.get("amount") is None and fields.get("currency") is None:
        return replace(new, money=terms.money)
    return new


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
