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


def apply(transaction: Transaction, _: Role, heard: Sequence[ReceivedEvent], now: datetime) -> Applied:
    """Apply a batch of decisions to the contractor's copy, in the caller's transaction.

    A decision about what this side never said is not applied: it is quarantined; or parked, where this side was lost or
    restored once and may yet learn that it did say it.
    """
    requested = transaction.requests.history(sorted({one.event.request_id for one in heard}))
    lost = transaction.schema.was_lost()

    def fault_of(one: ReceivedEvent) -> Fault | None:
        register = one.event.register
        assert isinstance(register, DecisionRegister)
        found, what = answers(register, requested.get(register.id, Requested()))
        if found is Answers.REQUESTED:
            return None
        became = "parked" if found is Answers.UNKNOWN and lost else "quarantined"
        return Fault(became, f"{UNSAID} {what}", certain=found is Answers.NEVER)

    return apply_registers(transaction, heard, now, fault_of)


def number_requests(transaction: Transaction, _: Role, __: Collection[UUID] | None, now: datetime) -> frozenset[UUID]:
    """Give their number to the requests that were taken before this side's first check, and to what they say.

    Before the check nobody knows which numbers were given: the schema may be an old copy of itself.
    """
    for row in transaction.numbers.unnumbered():
        number = transaction.numbers.next()
        if number is None or row.request is None:
            break
        content_hash = ""
        for said in transaction.outbox.standing([row.id]):
            if not said.ever_acked:
                value = with_number(said.value, number)
                content_hash = hashlib.sha256(value).hexdigest()
                transaction.outbox.renew(said.id, transaction.new_id(), value, content_hash)
        transaction.requests.write(replace(row.request, number=number), content_hash, now)
    return frozenset()
