"""Receives from the other side: a batch is applied, recorded and its position moved in one transaction."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.text import counted
from paydesk.infra.core import ui_priority
from paydesk.infra.core.control_messages import is_control
from paydesk.infra.core.errors import OutcomeUnknown, ServerDown, StorageTrouble, sentence_of
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.intake import Judged, incoming, judge, sift, take_in
from paydesk.infra.core.ports import BrokerTrouble, LogReader
from paydesk.infra.core.records import ExpectedArrival, Half, Place, Position, Record
from paydesk.infra.core.role import Apply, Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.engine.lots import MANY, Lots
from paydesk.infra.recovery.anti_entropy import AntiEntropy

MOST_MESSAGES = 1000
log = logging.getLogger("paydesk.inbox")


class Overtaken(Exception):
    """Somebody else moved the position, or has yet to check this schema: this batch is not ours."""


SPARED = (Overtaken, BrokerTrouble, ServerDown, OutcomeUnknown, StorageTrouble)
"""Trouble of which no message is to blame."""


@dataclass(slots=True)
class Reached:
    """Which log a partition is of, and where the table says that reading of it goes on."""

    topic_id: str
    known: Position | None


class InboxProcessor:
    """Reads the topics of a role for one thread. ``step`` is all it does.

    Args:
        role: The role whose topics are read.
        store: The own schema.
        reader: The reader of the log; closed by the caller.
        apply: The handler of the role.
        entropy: Compares the copies; None: messages about that are passed over.
    """

    def __init__(
        self, role: Role, store: Storage, reader: LogReader, apply: Apply, entropy: AntiEntropy | None = None
    ) -> None:
        self.role = role
        self.store = store
        self.reader = reader
        self.apply = apply
        self.entropy = entropy
        self.places: dict[Place, Reached] = {}
        self.at_end: set[Place] = set()
        self.anew: set[Place] = set()
        """What is read from its beginning and has not come to its end yet: what is said there is of the past."""
        self._lots = Lots(role, reader)
        self._blamed: dict[tuple[Place, int], str] = {}
        """Why messages of the plumbing that were read just now could not be dealt with."""

    def assign(self) -> bool:
        """Take up reading where the table says, or at the beginning of a topic that is new; False while one is missing.

        Raises ``BrokerTrouble``.
        """
        self._lots.forget()
        identities = {topic: self.reader.identity(topic) for topic in self.role.reads}
        with self.store.transaction() as transaction:
            known = transaction.inbox.positions()
        self.places.clear()
        self.at_end.clear()
        starts: dict[Place, int | None] = {}
        for topic, identity in identities.items():
            if identity is None:
                return False
            topic_id, partitions = identity
            for place in ((topic, partition) for partition in range(partitions)):
                position = known.get(place)
                self.places[place] = Reached(topic_id, position)
                starts[place] = position.next_offset if position and position.topic_id == topic_id else None
        self.anew = {place for place in starts if starts[place] is None or place in self.anew}
        self.reader.assign(starts)
        return True

    def check_topics(self) -> None:
        """Raise ``BrokerTrouble`` when a topic was deleted and made again: its reader would get no more messages."""
        for topic in self.role.reads:
            identity = self.reader.identity(topic)
            known = {place: reached for place, reached in self.places.items() if place[0] == topic}
            if identity is None or any(reached.topic_id != identity[0] for reached in known.values()):
                raise BrokerTrouble(f"The topic {topic} was made anew.")
            if len(known) != identity[1]:
                raise BrokerTrouble(f"The topic {topic} has {counted(identity[1], 'partition')} now.")

    def step(self, wait_s: float) -> frozenset[UUID]:
        """Read what is there and apply it; returns what changed. Raises ``BrokerTrouble``, ``Overtaken``."""
        lot = self._lots.take(wait_s, MOST_MESSAGES)
        reading = lot.reading
        if reading.lost:
            # What was applied is ignored by its version, so reading anew is safe.
            self.reader.assign(dict.fromkeys(reading.lost))
            self.reader.commit(dict.fromkeys(reading.lost, 0))
            self.anew |= reading.lost
        messages = lot.judged()
        if len(messages) >= MANY:
            self._lots.look_ahead(MOST_MESSAGES)
        changed: frozenset[UUID] = frozenset()
        batch: list[Judged] = []
        for judged in messages:
            record = judged.record
            if self.entropy is not None and judged.event is None and is_control(record):
                # A digest is compared once everything before it was applied.
                changed |= self._take(batch) if batch else frozenset()
                batch = []
                changed |= self._converse(self.entropy, record)
            batch.append(judged)
        changed |= self._take(batch) if batch else frozenset()
        self.at_end -= {record.place for record in reading.records}
        self.at_end |= reading.ended
        self.anew -= reading.ended
        if self.entropy is not None and not self.anew:
            self.entropy.caught_up()
        return changed

    def _converse(self, entropy: AntiEntropy, record: Record) -> frozenset[UUID]:
        """Deal with a digest or an answer; one that cannot be dealt with is to blame itself, and is kept for that."""
        try:
            return entropy.receive(record, news=record.place not in self.anew)
        except SPARED:
            raise
        except Exception as error:
            log.exception("quarantined: %s", _name(record))
            self._blamed[record.place, record.offset] = sentence_of(error)
            return frozenset()

    def reached(self, ends: Mapping[Place, int]) -> bool:
        """Whether everything before these ends was dealt with."""
        return all(
            place in self.at_end or (there.known is not None and there.known.next_offset >= ends.get(place, 0))
            for place, there in self.places.items()
        )

    def _take(self, batch: Sequence[Judged]) -> frozenset[UUID]:
        """Apply a batch, and tell the log how far reading came."""

        def take(some: Sequence[Judged], blamed: str) -> frozenset[UUID]:
            known = blamed or self._blamed
            return self._transact([self._blame(judged, blamed) for judged in some] if known else some)

        changed = sift(batch, take, SPARED, lambda judged: _name(judged.record))
        self._blamed.clear()
        self.reader.commit(
            {place: reached.known.next_offset for place, reached in self.places.items() if reached.known}
        )
        return changed

    def _blame(self, judged: Judged, blamed: str) -> Judged:
        """Return a message as it was judged, or blamed for what came of it since."""
        record = judged.record
        blamed = blamed or self._blamed.get((record.place, record.offset), "")
        return judge(self.role, record, blamed) if blamed else judged

    def _transact(self, batch: Sequence[Judged]) -> frozenset[UUID]:
        reach("C1")
        ui_priority.give()
        now = self.store.now()
        lasts = {judged.record.place: judged.record.offset for judged in batch}
        moved = {place: Position(self.places[place].topic_id, offset + 1) for place, offset in lasts.items()}
        events = [judged.event for judged in batch if judged.event is not None]
        with self.store.transaction() as transaction:
            if events:
                half: Half = "request" if isinstance(events[0].register, RequestRegister) else "decision"
                transaction.expect(ExpectedArrival(frozenset(event.request_id for event in events), half))
            if not transaction.schema.checked():
                # Lost or restored a moment ago, or another's lease: what is known here may be less than was said.
                raise Overtaken
            applied = take_in(transaction, self.role, self.apply, batch, now)
            ui_priority.give()
            transaction.inbox.record(
                [
                    incoming(judged, self.role.receives_from, self.places[judged.record.place].topic_id, now)
                    for judged in batch
                    if judged.became != "ignored"
                ]
            )
            self._lots.begin()  # From here on PostgreSQL is at work.
            for place, position in moved.items():
                if not transaction.inbox.move(place, self.places[place].known, position):
                    raise Overtaken
            reach("C2")
        reach("C3")
        if applied.answered:
            reach("C5")
        for place, position in moved.items():
            self.places[place].known = position
        return applied.changed


def _name(record: Record) -> str:
    return f"{record.topic}/{record.partition} at {record.offset}"
