"""What the contractor's side does with a decision: it applies it, and never decides it again."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Answers, Requested, answers
from paydesk.infra.core.apply import Fault, apply_registers
from paydesk.infra.core.codec import with_number
from paydesk.infra.core.records import UNSAID, Applied, ReceivedEvent
from paydesk.infra.core.role import Role
from paydesk.infra.core.transaction import Transaction


def apply(transaction: Transaction, _: Role, batch: Sequence[ReceivedEvent], now: datetime) -> Applied:
    """Apply a batch of decisions to the contractor's copy, in the caller's transaction.

    A decision that answers nothing this side published is not applied. It is quarantined; where this side was lost or
    restored once and may yet learn that it did publish it, it is parked.

    Args:
        transaction: The caller's transaction.
        batch: The decisions, as they were received.
        now: When they are applied.

    Returns:
        What it did to the copy.
    """
    requested = transaction.requests.history({received.event.request_id for received in batch})
    lost = transaction.schema.was_lost()

    def fault_of(received: ReceivedEvent) -> Fault | None:
        register = received.event.register
        assert isinstance(register, DecisionRegister)
        answered, reason = answers(register, requested.get(register.id, Requested()))
        if answered is Answers.REQUESTED:
            return None
        became = "parked" if answered is Answers.UNKNOWN and lost else "quarantined"
        return Fault(became, f"{UNSAID} {reason}", certain=answered is Answers.NEVER)

    return apply_registers(transaction, batch, now, fault_of)


def number_requests(transaction: Transaction, _: Role, __: Collection[UUID] | None, now: datetime) -> frozenset[UUID]:
    """Give numbers to the requests that were taken before this side's first check, and to their events.

    Before the check nobody knows which numbers were given: the schema may be an old copy of itself.

    Args:
        transaction: The caller's transaction.
        now: When that is done.

    Returns:
        An empty set: an event that was never sent is renewed, and no new one is published.
    """
    for row in transaction.numbers.unnumbered():
        number = transaction.numbers.next()
        if number is None or row.request is None:
            break
        content_hash = ""
        for event in transaction.outbox.standing([row.id]):
            if not event.ever_acked:
                value = with_number(event.value, number)
                content_hash = hashlib.sha256(value).hexdigest()
                transaction.outbox.renew(event.id, transaction.new_id(), value, content_hash)
        transaction.requests.write(replace(row.request, number=number), content_hash, now)
    return frozenset()
