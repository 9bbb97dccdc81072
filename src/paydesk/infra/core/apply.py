"""Applying what the other side published: newer replaces, everything else is ignored; one statement per batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from paydesk.domain.events import newer
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.status import FINAL
from paydesk.infra.core.records import Applied, Half, Head, ReceivedEvent
from paydesk.infra.core.transaction import Transaction

_NOTHING = Head(None, None, "none")
_NUMBER = attrgetter("int")
"""Orders ids as they order themselves, which asks Python of each pair."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event that is newer is not applied all the same."""

    became: str
    reason: str
    certain: bool
    """Whether the event is wrong for certain, so that its outcome does not count either."""


def apply_registers(
    transaction: Transaction,
    batch: Sequence[ReceivedEvent],
    now: datetime,
    fault_of: Callable[[ReceivedEvent], Fault | None] = lambda _: None,
) -> Applied:
    """Apply a batch of one kind of register to the replica; rows are locked in the order of their ids.

    Args:
        transaction: The caller's transaction.
        batch: The events, all of the same kind.
        now: When they are applied.
        fault_of: Returns why an event that is newer is not applied all the same; None: nothing is wrong with it.
    """
    if not batch:
        return Applied(frozenset())
    half: Half = "request" if isinstance(batch[0].event.register, RequestRegister) else "decision"
    known = dict(transaction.requests.heads({received.event.request_id for received in batch}, half))
    newest: dict[UUID, ReceivedEvent] = {}
    forked, flipping, reasons = set[ReceivedEvent](), set[ReceivedEvent](), dict[UUID, str]()
    unfounded: dict[tuple[UUID, str], tuple[str, str]] = {}
    for received in batch:
        request_id, register = received.event.request_id, received.event.register
        head = known.get(request_id, _NOTHING)
        if newer(received.event.version, head.version):
            outcome = head.outcome if isinstance(register, RequestRegister) else register.outcome.value
            fault = fault_of(received)
            if head.outcome in FINAL and outcome != head.outcome and not (fault and fault.certain):
                flipping.add(received)
                reasons[request_id] = f"after {head.outcome} was published, another outcome was said: {outcome}"
                continue
            if fault is not None:
                unfounded[received.event.id, received.content_hash] = fault.became, fault.reason
                continue
            newest[request_id] = received
            known[request_id] = Head(received.event.version, received.content_hash, outcome)
        elif received.event.version == head.version and received.content_hash != head.content_hash:
            forked.add(received)
    if newest:
        transaction.requests.replace([newest[key] for key in sorted(newest, key=_NUMBER)], half, now)
    if reasons:
        transaction.locks.lock(reasons, now)
    return Applied(
        newer=frozenset(received.event.id for received in newest.values()),
        forked=_keys(forked),
        flipping=_keys(flipping),
        unfounded=unfounded,
        changed=frozenset(newest) | frozenset(reasons),
    )


def _keys(events: Iterable[ReceivedEvent]) -> frozenset[tuple[UUID, str]]:
    """Return the id and the content hash of each event."""
    return frozenset((received.event.id, received.content_hash) for received in events)
