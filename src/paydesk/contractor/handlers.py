"""What the contractor's side does with a decision: it applies it, and never decides it again."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from paydesk.infra.apply import apply_registers
from paydesk.infra.ports import Transaction
from paydesk.infra.role import Applied, Heard, Role
from paydesk.infra.wire import with_number


def apply(transaction: Transaction, _: Role, heard: Sequence[Heard], now: datetime) -> Applied:
    """Apply a batch of decisions to the contractor's copy, in the caller's transaction."""
    return apply_registers(transaction, heard, now)


def number_requests(transaction: Transaction, _: Role, __: Collection[UUID] | None, now: datetime) -> frozenset[UUID]:
    """Give their number to the requests that were taken before this side's first check, and to what they say.

    Before the check nobody knows which numbers were given: the schema may be an old copy of itself.
    """
    for row in transaction.numberless():
        number = transaction.next_number()
        if number is None or row.request is None:
            break
        content_hash = ""
        for said in transaction.own_rows([row.id]):
            if not said.ever_acked:
                value = with_number(said.value, number)
                content_hash = hashlib.sha256(value).hexdigest()
                transaction.renew(said.id, transaction.new_id(), value, content_hash)
        transaction.write_request(replace(row.request, number=number), content_hash, now)
    return frozenset()
