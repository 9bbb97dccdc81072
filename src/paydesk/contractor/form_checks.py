"""What is found out while a form is open: what its terms look like, what waits already, what became of its request."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from textual.message import Message

from paydesk.domain.commands import RevisePayment, revise_payment
from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.errors import PaydeskError
from paydesk.domain.filters import MINE
from paydesk.domain.payment_request import Terms, describe_changes
from paydesk.domain.status import DECIDABLE, Status
from paydesk.infra.core.query import PageQuery
from paydesk.tui.port import Desk
from paydesk.tui.screens.base import sentence


@dataclass
class AlikeRead(Message):
    """It is known which requests the terms look like."""

    terms: Terms
    alike: Sequence[Alike]


@dataclass
class WaitingRead(Message):
    """It is known what this person waits for already; None where that could not be read, or is nothing."""

    waiting: StatusTotal | None


@dataclass
class CopyRead(Message):
    """The request of this form was read again; None where it could not be."""

    copy: RequestCopy | None


def read_alike(desk: Desk, asking: Asking) -> AlikeRead:
    """Read what terms look like; called in a thread."""
    try:
        return AlikeRead(asking.terms, desk.alike([asking]).get(asking.id, ()))
    except Exception:
        return AlikeRead(asking.terms, ())  # Sending meets the same trouble, and tells it.


def read_waiting(desk: Desk) -> WaitingRead:
    """Read what this person waits for already; called in a thread."""
    try:
        return WaitingRead(next(iter(desk.totals(PageQuery(MINE, desk.person, DECIDABLE))), None))
    except Exception:
        return WaitingRead(None)  # The list behind tells what is the matter with the database.


def read_copy(desk: Desk, request_id: UUID) -> CopyRead:
    """Read a request again; called in a thread."""
    try:
        return CopyRead(desk.detail(request_id).copy)
    except Exception as error:
        # The list behind tells what is the matter with the database.
        logging.getLogger("paydesk.screen").info("not read again: %s", error)
        return CopyRead(None)


def became(before: RequestCopy, now: RequestCopy) -> str:
    """Return in a sentence what became of a request since it was read before; empty where that is nothing."""
    if now.status is Status.REJECTED and now.decision != before.decision:
        cause = now.decision.cause if now.decision is not None else None
        return f"It was rejected meanwhile: {cause.text if cause else ''}"
    if now.request is not None and before.request is not None and now.request.revision != before.request.revision:
        changes = "; ".join(describe_changes(before.request.terms, now.request.terms))
        return f"It was revised meanwhile, not here: {changes or f'revision {now.request.revision}'}."
    return f"It is {now.status} meanwhile." if now.status is not before.status else ""


def too_late(copy: RequestCopy, person: str) -> str:
    """Return in a sentence why a request cannot be revised any more; empty where it can."""
    if copy.request is None:
        return ""
    try:
        revise_payment(RevisePayment(copy.id, person, {}), copy.request, copy.decision)
    except PaydeskError as refusal:
        return sentence(refusal)
    return ""


class FormChecks:
    """What is known so far; ``revised`` is the request as it was when the form was opened, None of a new one."""

    def __init__(self, revised: RequestCopy | None = None, sent: Terms | None = None) -> None:
        """``sent``: the terms that were sent before, with an outcome that was not known."""
        self.revised = revised
        self.sent = sent
        self.newest = revised
        """The request as it was read last."""
        self.waiting: StatusTotal | None = None
        """What this person waits for already, as soon as that is known."""
        self.meanwhile = ""
        """What became of the request since the form was opened."""
        self.arrived = ""
        """That the request says by now what was sent before."""
        self.closed = ""
        """Why it cannot be revised any more."""
        self._looking_for: Terms | None = None
        self._alike: AlikeRead | None = None

    def alike_to(self, terms: Terms | None) -> Sequence[Alike] | None:
        """Return which requests these terms look like, or None while that is not known."""
        return self._alike.alike if self._alike is not None and self._alike.terms == terms else None

    def to_be_read(self, request_id: UUID, person: str, terms: Terms, now: datetime) -> Asking | None:
        """Return what is to be read, so that it is known which requests these terms look like.

        Args:
            request_id: The request that the form is about.
            person: Who asks.
            terms: The terms as they are filled in.
            now: The time.

        Returns:
            None where that is being read already.
        """
        if terms == self._looking_for:
            return None
        self._looking_for = terms
        return Asking(request_id, person, terms, now)

    def take_alike(self, read: AlikeRead) -> bool:
        """Note what terms look like; returns whether they are still those that are asked about."""
        if read.terms != self._looking_for:
            return False
        self._alike = read
        return True

    def take_copy(self, copy: RequestCopy, person: str) -> bool:
        """Note how the request is now; returns whether something else became of it than was known."""
        if self.revised is None or self.newest is None or _same(self.newest, copy):
            return False
        self.newest, self.meanwhile, self.arrived = copy, became(self.revised, copy), ""
        if copy.request is not None and copy.request.terms == self.sent and copy.status in DECIDABLE:
            self.meanwhile, self.arrived = "", f"What you sent is there: revision {copy.request.revision}."
        self.closed = too_late(copy, person) if self.meanwhile else ""
        return True


def _same(before: RequestCopy, after: RequestCopy) -> bool:
    """Whether nothing that either side said of a request is told apart."""
    return (before.request, before.decision, before.status) == (after.request, after.decision, after.status)
