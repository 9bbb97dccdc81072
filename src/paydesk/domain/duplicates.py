"""When one request looks like another: a warning for people, who may well mean both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.fold import fold
from paydesk.domain.payment_request import Terms
from paydesk.domain.status import PAYABLE, Status
from paydesk.domain.text import same_person

NEAR_DAYS = 7
"""Two of the same amount that were asked for less than so many days apart look alike."""
MOST = 5


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked for, by whom and when: a request, or the terms of one that is not sent yet."""

    id: UUID
    contractor: str
    terms: Terms
    asked_at: datetime

    @classmethod
    def of(cls, copy: RequestCopy) -> "Asking | None":
        """Return what a request asks for, or None while it has not arrived."""
        if copy.request is None:
            return None
        return cls(copy.id, copy.contractor, copy.request.terms, copy.request.requested_at)


@dataclass(frozen=True, slots=True)
class Alike:
    """Another request that looks the same, and why."""

    id: UUID
    number: str
    status: Status
    why: str

    def __str__(self) -> str:
        return f"{self.number} ({self.status}): {self.why}"


def alike(asking: Asking, others: Iterable[RequestCopy]) -> tuple[Alike, ...]:
    """Return the requests that look like this one: those that share a paper first, then the nearest in time."""
    matches = []
    for other in others:
        paper, days, why = _compared(asking, other)
        if why:
            matches.append((not paper, days, other.id, Alike(other.id, other.number, other.status, why)))
    return tuple(match[-1] for match in sorted(matches, key=lambda match: match[:3])[:MOST])


def _compared(asking: Asking, other: RequestCopy) -> tuple[bool, float, str]:
    """Return whether another request shares a paper, how many days lie between, and why it looks the same, if it does.

    Same contractor, same amount and currency; and the same reference, the same document, or asked for at nearly the
    same time. Both may be right, such as two tickets of one price.
    """
    terms = other.terms
    if other.id == asking.id or other.request is None or terms is None or other.status not in PAYABLE:
        return False, 0, ""
    if terms.money != asking.terms.money or not same_person(other.contractor, asking.contractor):
        return False, 0, ""
    days = abs(other.request.requested_at - asking.asked_at).total_seconds() / 86400
    reference, document = asking.terms.reference, asking.terms.document
    if reference and terms.reference and fold(reference) == fold(terms.reference):
        return True, days, f"same amount and reference {reference}"
    if document and terms.document == document:
        return True, days, "same amount and document"
    return False, days, f"same amount, {_apart(days)}" if days < NEAR_DAYS else ""


def _apart(days: float) -> str:
    whole = int(days)
    return f"{whole} day{'' if whole == 1 else 's'} apart" if whole else "within a day"
