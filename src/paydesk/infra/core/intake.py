"""The way in: what each message turns out to be, what applying it comes to, and its row of the inbox."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from paydesk.domain.events import Event
from paydesk.infra.core.codec import Ignore, Park, Quarantine, decode, subject_of
from paydesk.infra.core.control_messages import fault_of_control
from paydesk.infra.core.errors import sentence_of
from paydesk.infra.core.records import Applied, Incoming, ReceivedEvent, Record
from paydesk.infra.core.role import Apply, Role
from paydesk.infra.core.transaction import Transaction

log = logging.getLogger("paydesk.inbox")
T = TypeVar("T")


@dataclass(slots=True)
class Judged:
    """One message, and what it turned out to be."""

    record: Record
    event: Event | None = None
    became: str = ""
    reason: str = ""
    about: UUID | None = None
    """The request that a message is about which is not applied though its writer may publish it."""
    content_hash: str = field(init=False, default="")
    """SHA-256 of the value of an event, in hexadecimal."""

    def __post_init__(self) -> None:
        if self.event is not None:
            self.content_hash = hashlib.sha256(self.record.value or b"").hexdigest()


def judge(role: Role, record: Record, blamed: str = "") -> Judged:
    """Return what a message that ``role`` read turns out to be; ``blamed`` is why it is not applied all the same."""
    if record.unreadable:
        return Judged(record, became="quarantined", reason=record.unreadable)
    try:
        event = decode(role, record.topic, record.key, record.headers, record.value)
        if blamed:
            return Judged(record, became="quarantined", reason=blamed, about=event.request_id)
        return Judged(record, event)
    except Quarantine as bad:
        return Judged(record, became="quarantined", reason=str(bad))
    except Park as unknown:
        return Judged(record, became="parked", reason=str(unknown), about=subject_of(record))
    except Ignore:
        # Of the program's own plumbing: dealt with before, and kept only where it is bad.
        fault = blamed or fault_of_control(record)
        return Judged(record, became="quarantined" if fault else "ignored", reason=fault)
    except Exception as error:
        # A fault of the reading is this message's alone: raised, it would stop everything behind it.
        log.exception("quarantined: %s/%d at %d", record.topic, record.partition, record.offset)
        return Judged(record, became="quarantined", reason=f"does not decode: {sentence_of(error)}")


def take_in(transaction: Transaction, role: Role, apply: Apply, batch: Sequence[Judged], now: datetime) -> Applied:
    """Apply the events of a batch, and note in each message what became of it.

    Args:
        transaction: The caller's transaction.
        role: The role that read them.
        apply: The handler of the role.
        batch: The messages, as ``judge`` returned them.
        now: When they are received.

    Returns:
        What applying them did to the copy.
    """
    received = [ReceivedEvent(judged.event, judged.content_hash, now) for judged in batch if judged.event is not None]
    applied = apply(transaction, role, received, now)
    refused = {
        **dict.fromkeys(applied.forked, ("quarantined", "same version as one known, with another content")),
        **dict.fromkeys(applied.flipping, ("quarantined", "would replace a published final outcome by another")),
        **applied.unfounded,
    }
    for judged in batch:
        if judged.event is not None:
            became = "applied" if judged.event.id in applied.newer else "stale"
            # The reason too: where the batch was halved, the message was concluded before.
            judged.became, judged.reason = became, ""
            if refused and (key := (judged.event.id, judged.content_hash)) in refused:
                judged.became, judged.reason = refused[key]
    return applied


def sift(
    batch: Sequence[T],
    take: Callable[[Sequence[T], str], frozenset[UUID]],
    blameless: tuple[type[Exception], ...],
    name: Callable[[T], str],
) -> frozenset[UUID]:
    """Take a batch in; one that the handler or the database refuses is halved until the one bad message is met.

    Args:
        batch: The messages, or their numbers.
        take: Takes some in and returns the requests that changed; given a reason, it quarantines them for that.
        blameless: Errors for which no message is to blame.
        name: Returns what the log calls a message.

    Returns:
        The requests that changed.

    Raises:
        Exception: One of ``blameless``; or what ``take`` raises for a message with its reason.
    """
    try:
        return take(batch, "")
    except blameless:
        raise
    except Exception as error:
        if len(batch) > 1:
            log.warning("a batch of %d was refused: %s", len(batch), error)
            half = len(batch) // 2
            return sift(batch[:half], take, blameless, name) | sift(batch[half:], take, blameless, name)
        log.exception("quarantined: %s", name(batch[0]))
        return take(batch, sentence_of(error))


def incoming(judged: Judged, source: str, topic_id: str, now: datetime) -> Incoming:
    """Return the row of the inbox for a message; it has the id of its event only where it is trusted.

    Args:
        judged: The message, and what became of it.
        source: The ``ce_source`` of the rightful writer.
        topic_id: The id of the topic on which it stands.
        now: When it was received.
    """
    record, event = judged.record, judged.event
    trusted = event is not None and judged.became not in ("quarantined", "parked")
    return Incoming(
        source=source if trusted else record.topic,
        event_id=str(event.id) if event is not None and trusted else f"{topic_id}/{record.partition}/{record.offset}",
        request_id=event.request_id if event else judged.about,
        version=event.version if event else None,
        type=event.type.value if event else None,
        topic_id=topic_id,
        record=record,
        became=judged.became,
        reason=judged.reason,
        heard_at=now,
    )
