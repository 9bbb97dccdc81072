"""The two registers of a request as the columns of one row, and back."""

from collections.abc import Mapping
from typing import Any

from paydesk.domain.decision import Cause, CauseCode, DecisionRegister
from paydesk.domain.fold import fold
from paydesk.domain.money import Money
from paydesk.domain.payment_request import TERM_NAMES, RequestRegister, Terms
from paydesk.domain.status import Outcome

MONEY = ("amount_minor", "currency", "exponent")
TERMS = (*MONEY, *TERM_NAMES)
REQUEST_COLUMNS = (
    "request_version",
    "number",
    "contractor",
    "contractor_folded",
    "requested_at",
    "revision",
    *TERMS,
    "terms_folded",
    "terms_hash",
    "withdrawal_asked",
    "request_hash",
    "revision_received_at",
)
DECISION_COLUMNS = (
    "decision_version",
    "outcome",
    "rejected_upto",
    "cause_code",
    "cause_note",
    "decided_revision",
    *(f"decided_{term}" for term in TERMS),
    "decided_terms_folded",
    "decided_terms_hash",
    "decided_by",
    "decided_at",
    "received_at",
    "decision_hash",
)


FOLDED = ("contractor_folded", "terms_folded", "decided_terms_folded")
"""What lists are asked by, and nobody reads."""


def folded_terms(description: str | None, reference: str | None) -> str | None:
    """Return the folded text of terms, the reference on a line of its own; None where there are no terms."""
    return f"{fold(description)}\n{fold(reference or '')}" if description is not None else None


def terms_columns(terms: Terms | None, prefix: str = "") -> dict[str, Any]:
    """Return the terms as columns whose names begin with ``prefix``."""
    if terms is None:
        return dict.fromkeys([f"{prefix}{term}" for term in (*TERMS, "terms_folded")])
    values = (
        *(getattr(terms.money, name) for name in MONEY),
        *(getattr(terms, name) for name in TERM_NAMES),
    )
    columns = {f"{prefix}{term}": value for term, value in zip(TERMS, values, strict=True)}
    return columns | {f"{prefix}terms_folded": folded_terms(terms.description, terms.reference)}


def request_columns(register: RequestRegister) -> dict[str, Any]:
    """Return the request register as columns; hash and arrival are the caller's."""
    return {
        "request_version": register.version,
        "number": register.number,
        "contractor": register.contractor,
        "contractor_folded": fold(register.contractor),
        "requested_at": register.requested_at,
        "revision": register.revision,
        "terms_hash": register.terms.hash,
        "withdrawal_asked": register.withdrawal_asked,
    } | terms_columns(register.terms)


def decision_columns(register: DecisionRegister) -> dict[str, Any]:
    """Return the decision register as columns; the hash is the caller's."""
    cause = register.cause
    return {
        "decision_version": register.version,
        "outcome": register.outcome.value,
        "rejected_upto": register.rejected_upto,
        "cause_code": cause.code.value if cause else None,
        "cause_note": cause.note if cause else None,
        "decided_revision": register.revision,
        "decided_terms_hash": register.terms_hash,
        "decided_by": register.decided_by,
        "decided_at": register.decided_at,
        "received_at": register.received_at,
    } | terms_columns(register.terms, "decided_")


def _terms(row: Mapping[str, Any], prefix: str = "") -> Terms:
    money = Money(*(row[f"{prefix}{term}"] for term in MONEY))
    return Terms(money, **{name: row[f"{prefix}{name}"] for name in TERM_NAMES})


def request_of(row: Mapping[str, Any]) -> RequestRegister | None:
    """Return the request register of a row, or None while it is missing."""
    if row["request_version"] is None:
        return None
    return RequestRegister(
        row["id"],
        row["request_version"],
        row["number"],
        row["contractor"],
        row["requested_at"],
        row["revision"],
        _terms(row),
        row["withdrawal_asked"],
    )


def decision_of(row: Mapping[str, Any]) -> DecisionRegister | None:
    """Return the decision register of a row, or None while it is missing."""
    if row["decision_version"] is None:
        return None
    return DecisionRegister(
        row["id"],
        row["decision_version"],
        Outcome(row["outcome"]),
        row["rejected_upto"],
        Cause(CauseCode(row["cause_code"]), row["cause_note"]) if row["cause_code"] else None,
        row["decided_revision"],
        _terms(row, "decided_") if row["decided_amount_minor"] is not None else None,
        row["decided_terms_hash"],
        row["decided_by"],
        row["decided_at"],
        row["received_at"],
    )
