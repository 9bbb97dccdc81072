"""Applying what the other side said: newer replaces, everything else is ignored; one statement per batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.domain.decision import Outcome
from paydesk.domain.events import newer
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.status_facts import is_final
from paydesk.infra.core.records import Applied, Half, Head, Heard
from paydesk.infra.core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event that is newer is not applied all the same."""

    became: str
    reason: str
    certain: bool
    """Whether the event is wrong for certain, so that its outcome does not count either."""


def apply_registers(
    transaction: Transaction,
    heard: Sequence[Heard],
    now: datetime,
    fault_of: Callable[[Heard], Fault | None] = lambda _: None,
) -> Applied:
    """Apply a batch of one kind of register to the copy; rows are locked in the order of their ids.

    An event of the version the copy holds with other content is ``forked``: for the inbox to quarantine, and for its
    writer to settle. One that would replace a published final outcome is ``flipping``: quarantined too, and its
    request is locked, for a person to settle. A newer one in which ``fault_of`` finds a fault is ``unfounded``.
    """
    if not heard:
        return Applied(frozenset())
    half: Half = "request" if isinstance(heard[0].event.register, RequestRegister) else "decision"
    known = dict(transaction.requests.heads(sorted({one.event.request_id for one in heard}), half))
    newest: dict[UUID, Heard] = {}
    forked, flipping = set(), set()
    unfounded: dict[tuple[UUID, str], tuple[str, str]] = {}
    reasons: dict[UUID, str] = {}
    for one in heard:
        request_id, register = one.event.request_id, one.event.register
        head = known.get(request_id, Head(None, None, "none"))
        if newer(one.event.version, head.version):
            outcome = head.outcome if isinstance(register, RequestRegister) else register.outcome.value
            fault = fault_of(one)
            if is_final(Outcome(head.outcome)) and outcome != head.outcome and not (fault and fault.certain):
                flipping.add(one)
                reasons[request_id] = f"after {head.outcome} was published, another outcome was said: {outcome}"
                continue
            if fault is not None:
                unfounded[one.event.id, one.content_hash] = fault.became, fault.reason
                continue
            newest[request_id] = one
            known[request_id] = Head(one.event.version, one.content_hash, outcome)
        elif one.event.version == head.version and one.content_hash != head.content_hash:
            forked.add(one)
    if newest:
        transaction.requests.replace([newest[key] for key in sorted(newest)], half, now)
    if reasons:
        transaction.locks.lock(reasons, now)
    return Applied(
        newer=frozenset(one.event.id for one in newest.values()),
        forked=frozenset((one.event.id, one.content_hash) for one in forked),
        flipping=frozenset((one.event.id, one.content_hash) for one in flipping),
        unfounded=unfounded,
        changed=frozenset(newest) | frozenset(reasons),
    )
