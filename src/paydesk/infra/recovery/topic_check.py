"""The first check: the writer reads its own topic from what it verified to the end, before it relays or applies."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Answers, Event, Requested, answers
from paydesk.domain.text import counted
from paydesk.infra.core.codec import Ignore, Park, Quarantine, decode_own
from paydesk.infra.core.control_messages import fault_of_control
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.ports import BrokerTrouble, LogReader
from paydesk.infra.core.records import Ack, Place, Record, Verified
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.recovery.reimport import Unknown, import_unknown, refuse_other_topic

log = logging.getLogger("paydesk.outbound")

_POLL_S = 0.3
_MOST = 500


@dataclass(slots=True)
class PartitionReading:
    """What one partition of the own topic holds, from where it was read on."""

    start: int | None
    """The verified offset from which it was read; None: all of it was."""
    first: tuple[int, str, datetime | None] | None = None
    """Offset, event id and LogAppendTime of the first record read."""
    last: Verified | None = None
    known: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)
    """Offset and LogAppendTime of each event that the outbox knows, by its id."""
    unknown: list[Unknown] = field(default_factory=list)
    foreign: int = 0
    """Messages that this side never can have published."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check did."""

    imported: int
    """Events that were on the topic and not in the outbox, as after a schema was lost or restored."""
    unsent: int
    """Events that were acknowledged and are not on the topic any more."""
    foreign: int


def check(
    store: Storage, role: Role, reader: LogReader, identity: tuple[str, int], holder: str, beat: Callable[[], object]
) -> Checked:
    """Read the own topic to its end, and compare it with the outbox.

    Events of the outbox that are on the topic are marked sent; those that were acknowledged and are not there any more
    are unsent again; events that the outbox does not know are imported.

    Args:
        store: The own schema.
        role: The role that writes the topic.
        reader: A reader for this check alone.
        identity: The topic's id and how many partitions it has.
        holder: Who holds the lease, noted at the end as who has checked.
        beat: Keeps the lease meanwhile.

    Raises:
        BrokerTrouble: The broker is away, or the topic was made anew meanwhile.
    """
    topic_id, partitions = identity
    with store.transaction() as transaction:
        transaction.topic.forget_others(topic_id)
        verified = [transaction.topic.verified(number) for number in range(partitions)]
        for number, known in enumerate(verified):
            if known is None:
                transaction.topic.set_verified(number, Verified(topic_id))
    readings = [
        _Partition(store, role, reader, (role.writes, number), topic_id, beat).read(known)
        for number, known in enumerate(verified)
    ]
    # First what is known: a row that stands on the topic was published, whatever was marked, and is no longer beaten.
    unsent = sum(_mark(store, role, number, topic_id, reading) for number, reading in enumerate(readings))
    unknown, unfounded = _founded(store, [entry for reading in readings for entry in reading.unknown])
    imported = import_unknown(store, role, topic_id, unknown, beat)
    _ask_again(store, reader)
    done = Checked(imported, unsent, unfounded + sum(reading.foreign for reading in readings))
    whole = all(reading.start is None for reading in readings)
    with store.transaction() as transaction:
        refuse_other_topic(transaction, role, topic_id)
        for number, reading in enumerate(readings):
            if reading.last is not None or reading.start is None:
                transaction.topic.set_verified(number, reading.last or Verified(topic_id))
        # A check that read on from where the one before ended tells nothing of the messages that this one found.
        if whole or done.foreign:
            transaction.topic.note_unexplained(_foreign_sentence(done, "" if whole else "at least "))
        transaction.schema.note_checked(holder)
    return done


def _founded(store: Storage, unknown: Sequence[Unknown]) -> tuple[Sequence[Unknown], int]:
    """Leave out decisions about other terms than were asked for, as far as that is known; returns how many there were.

    Nobody on this side can have decided so. Where the revision is not known here, as in a schema that was lost, the
    decision is taken back: the contractor's side compares it with what it published.
    """
    decisions = [entry.event.register for entry in unknown if isinstance(entry.event.register, DecisionRegister)]
    if not decisions:
        return unknown, 0
    with store.transaction() as transaction:
        requested = transaction.requests.history(sorted({register.id for register in decisions}))

    def founded(event: Event) -> bool:
        register = event.register
        known = requested.get(event.request_id, Requested())
        return not isinstance(register, DecisionRegister) or answers(register, known)[0] is not Answers.NEVER

    left = [entry for entry in unknown if founded(entry.event)]
    return left, len(unknown) - len(left)


def _ask_again(store: Storage, reader: LogReader) -> None:
    """Keep held what ran out where this schema once had read farther than it knows: it was restored from a copy.

    Its own topic shows nothing of that when nothing was sent since. What lag tools were told is a hint, no more.
    """
    with store.transaction() as transaction:
        if not transaction.holds.ran_out():
            return
        places = list(transaction.inbox.positions())
    committed = reader.committed(places)
    identities = {topic: reader.identity(topic) for topic, _ in committed}
    with store.transaction() as transaction:
        # Read after what was told: whoever applies meanwhile moves the position first and tells of it then.
        known = transaction.inbox.positions()
        ahead = [place for place, offset in committed.items() if offset > known[place].next_offset]
        if any((identity := identities[place[0]]) and identity[0] == known[place].topic_id for place in ahead):
            transaction.holds.keep_overdue()


def _foreign_sentence(done: Checked, least: str) -> str:
    count = f"{least}{counted(done.foreign, 'message')}"
    return f"Never said by this side, but on its own topic: {count}." if done.foreign else ""


@dataclass(frozen=True, slots=True)
class _Partition:
    """One partition of the own topic, and what it is read and compared with."""

    store: Storage
    role: Role
    reader: LogReader
    place: Place
    topic_id: str
    beat: Callable[[], object]
    """Keeps the lease meanwhile."""

    def read(self, known: Verified | None) -> PartitionReading:
        """Read it from the verified record on where that still stands there, else from the beginning."""
        if known is not None and known.offset is not None:
            reading = self._read_from(known.offset)
            if reading.first == (known.offset, known.event_id, known.appended_at):
                return reading
        # What was verified is not there any more, so nothing before it can be trusted either.
        return self._read_from(None)

    def _read_from(self, start: int | None) -> PartitionReading:
        reading, place = PartitionReading(start), self.place
        self.reader.assign({place: start})
        while True:
            self.beat()
            read = self.reader.read(_POLL_S, _MOST)
            reach("I1")
            if place in read.lost:
                return reading
            _take(self.store, self.role, reading, read.records, self.topic_id)
            if place in read.ended:
                return reading
            if not read.records and (self.reader.identity(place[0]) or ("",))[0] != self.topic_id:
                # As in ``InboxProcessor.check_topics``: the reader of a topic that is gone would wait for its end.
                raise BrokerTrouble(f"The topic {place[0]} was made anew.")


def _take(store: Storage, role: Role, reading: PartitionReading, records: Sequence[Record], topic_id: str) -> None:
    ids = [header(record, "ce_id") for record in records]
    with store.transaction() as transaction:
        known = transaction.outbox.known(set(ids))
    for record, event_id in zip(records, ids, strict=True):
        # The check before verified the record that this one begins with, and told of it if it was foreign.
        known_before = reading.first is None and reading.start is not None
        if reading.first is None:
            reading.first = record.offset, event_id, record.appended_at
        if event_id in known and known[event_id].matches(record) and not record.unreadable:
            reading.known[event_id] = record.offset, record.appended_at
        elif (record.unreadable or event_id in known or not _is_own(reading, role, record)) and not known_before:
            reading.foreign += 1
    if records:
        reading.last = Verified(topic_id, records[-1].offset, ids[-1], records[-1].appended_at)


def _is_own(reading: PartitionReading, role: Role, record: Record) -> bool:
    """Whether a record is of this side: an event, which is noted as not known yet, or a control message."""
    try:
        reading.unknown.append(Unknown(record, decode_own(role, record.key, record.headers, record.value)))
    except Ignore:
        return not fault_of_control(record)
    except (Quarantine, Park):
        return False
    except Exception:
        log.exception("not read: %s/%d at %d", record.topic, record.partition, record.offset)
        return False
    return True


def header(record: Record, name: str) -> str:
    """Return a header of a message as text, or an empty string."""
    raw = next((raw for key, raw in record.headers if key == name), None)
    return (raw or b"").decode(errors="backslashreplace")


def _mark(store: Storage, role: Role, partition: int, topic_id: str, reading: PartitionReading) -> int:
    """Mark what was found as sent, and what is gone as unsent; returns how many are gone."""
    seen = {*reading.known, *(str(entry.event.id) for entry in reading.unknown)}
    with store.transaction() as transaction:
        refuse_other_topic(transaction, role, topic_id)
        # What was sent twice may have lost its second place alone: then it stands at the first, where all was read.
        late = [
            event
            for event, known in transaction.outbox.known(reading.known).items()
            if not known.sent or (reading.start is None and known.offset != reading.known[event][0])
        ]
        transaction.outbox.mark_sent(topic_id, [Ack(UUID(event), partition, *reading.known[event]) for event in late])
        after = reading.start if reading.start is not None else -1
        return transaction.topic.unsend_missing(topic_id, partition, after, seen)
