"""The first check: the writer reads its own topic from what it verified to the end, before it relays or applies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from paydesk.infra.failpoints import reach
from paydesk.infra.ports import LogReader, Storage
from paydesk.infra.records import Ack, Place, Record, Verified
from paydesk.infra.wire import NOT_STORED

_POLL_S = 0.3
_MOST = 500


@dataclass(slots=True)
class Found:
    """What one partition of the own topic holds after the verified offset."""

    last: Verified | None = None
    events: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)
    """Offset and LogAppendTime of each event, by its id."""


def check(store: Storage, reader: LogReader, topic: str, identity: tuple[str, int], beat: Callable[[], object]) -> str:
    """Read the own topic and note what was found; returns a sentence about what is amiss, or an empty string.

    Events of the outbox that are on the topic are marked sent; those acknowledged on a topic that is no more are
    unsent again. Raises ``BrokerTrouble``.
    """
    topic_id, partitions = identity
    with store.transaction() as transaction:
        transaction.forget_other_topics(topic_id)
    unknown = 0
    for partition in range(partitions):
        unknown += _check_partition(store, reader, (topic, partition), topic_id, beat)
    amiss = f"{unknown} own events on the topic are not in this schema's outbox." if unknown else ""
    with store.transaction() as transaction:
        transaction.set_amiss(amiss)
    return amiss


def _check_partition(store: Storage, reader: LogReader, place: Place, topic_id: str, beat: Callable[[], object]) -> int:
    """Read one partition, from the verified record on where it still stands there, else from the beginning."""
    with store.transaction() as transaction:
        known = transaction.verified(place[1])
    start = known.offset if known is not None else None
    found = _read(reader, place, topic_id, start, beat)
    if known is not None and start is not None and found.events.get(known.event_id or "") != (start, known.appended_at):
        # What was verified is not there any more, so nothing before it can be trusted either.
        start, found = None, _read(reader, place, topic_id, None, beat)
    return _note(store, place[1], topic_id, found, whole=start is None)


def _read(reader: LogReader, place: Place, topic_id: str, start: int | None, beat: Callable[[], object]) -> Found:
    found = Found()
    reader.assign({place: start})
    while True:
        beat()
        read = reader.read(_POLL_S, _MOST)
        reach("I1")
        if place in read.lost:
            return Found()
        _take(found, read.records, topic_id)
        if place in read.ended:
            return found


def _take(found: Found, records: Sequence[Record], topic_id: str) -> None:
    for record in records:
        kind, event_id = header(record, "ce_type"), header(record, "ce_id")
        found.last = Verified(topic_id, record.offset, event_id, record.appended_at)
        if kind not in NOT_STORED:
            found.events[event_id] = (record.offset, record.appended_at)


def header(record: Record, name: str) -> str:
    """Return a header of a message as text, or an empty string."""
    raw = next((raw for found, raw in record.headers if found == name), None)
    return (raw or b"").decode(errors="backslashreplace")


def _note(store: Storage, partition: int, topic_id: str, found: Found, *, whole: bool) -> int:
    """Mark what was found as sent, move what is verified; returns how many events the outbox does not know."""
    with store.transaction() as transaction:
        known = transaction.known_events(found.events)
        late = [Ack(UUID(event), partition, *found.events[event]) for event, sent in known.items() if not sent]
        transaction.mark_sent(topic_id, late)
        if found.last is not None or whole:
            transaction.set_verified(partition, found.last or Verified(topic_id))
    return len(set(found.events) - set(known))
