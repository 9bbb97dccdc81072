"""The outbound side of a worker: holds the lease, checks the own topic, relays the outbox."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from paydesk.infra.core.digest import Line
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.origin import refuse_copy
from paydesk.infra.core.ports import BrokerTrouble, Lease, LogReader, LogWriter
from paydesk.infra.core.records import Ack, ExpectedRelay, Outgoing, Verified
from paydesk.infra.core.storage import Storage
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.recovery import topic_check
from paydesk.infra.recovery.anti_entropy import AntiEntropy
from paydesk.infra.recovery.redrive import redrive_unsaid

log = logging.getLogger("paydesk.outbound")

MOST_EVENTS = 500
_LOOK_AT_TOPIC_S = 10.0
_TRY_LARGE_S = 30.0
"""How often it is tried whether the topic takes by now what was too large for it."""


class LeaseLost(Exception):
    """The lease went to somebody else, or the server may have ended it: stop acting."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What a relay does beside relaying."""

    sends: bool = True
    """Off for whoever only reads, who checks and lets the other side's events in, and publishes nothing."""
    entropy: AntiEntropy | None = None
    """Says and answers digests; None: nobody does."""
    on_checked: Callable[[], None] = lambda: None
    """Called after the first check of the own topic."""


_RELAYS_ALONE = Duties()


class Relay:
    """Relays for one role while it holds the lease; ``step`` is all it does. What it gets is closed by the caller.

    Args:
        store: The own schema.
        lease: The right to work for the role.
        writer: The writer of the own topic.
        open_reader: Opens a reader for a check of the own topic.
        duties: What is done beside relaying.
        clock: Returns seconds that never go back.
    """

    def __init__(
        self,
        store: Storage,
        lease: Lease,
        writer: LogWriter,
        open_reader: Callable[[], LogReader],
        duties: Duties = _RELAYS_ALONE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.role = store.role
        self.sends = duties.sends
        self.store = store
        self.lease = lease
        self.writer = writer
        self._open_reader = open_reader
        self._clock = clock
        self._on_checked = duties.on_checked
        self.entropy = duties.entropy
        self._suspects: list[Line] = []
        self._sent_more = False
        self.more = False
        """Whether the last step left events that may leave at once."""
        self._checked = False
        self._known_identity: tuple[str, int] | None = None
        self._looked_at = 0.0
        self._large: dict[UUID, tuple[int, float]] = {}

    @property
    def checked(self) -> bool:
        """Whether the first check of this holder is done."""
        return self._checked and self.lease.held

    def step(self) -> frozenset[UUID]:
        """Take or keep the lease, check when due, release holds, relay; returns the requests whose delivery changed.

        Raises ``LeaseLost``, ``BrokerTrouble``, ``CopiedSchema`` and the storage's errors.
        """
        if not self.lease.held:
            # Whoever takes the lease checks first, the one that let it lapse too: another may have worked meanwhile.
            self._checked = False
            if not self.lease.take():
                return frozenset()
            self._refuse_copy()
        self._keep()
        identity = self._identity()
        known: frozenset[UUID] = frozenset()
        if not self._checked:
            known = self._check(identity)
        if not self.sends:
            return known
        # Not before the check: what a restored schema holds may have been taken back since.
        released, events = self._next()
        relayed = self._relay(identity[0], events) if events else set()
        self._converse(identity, bool(relayed))
        return frozenset(released | relayed | known)

    def _refuse_copy(self) -> None:
        """Raise ``CopiedSchema`` where this schema is a copy: the topic is not its own."""
        with self.store.transaction() as transaction:
            refuse_copy(transaction.schema, self.role.name)

    def _next(self) -> tuple[set[UUID], list[Outgoing]]:
        """Release the holds that ran out, and read what may leave: committed before anything is sent.

        Returns the requests of which something was released, and the events.
        """
        now = self._clock()
        self._large = {request: large for request, large in self._large.items() if now < large[1]}
        with self.store.transaction() as transaction:
            transaction.expect(ExpectedRelay(MOST_EVENTS, list(self._large)))
            _refuse_unchecked(transaction)
            released = transaction.holds.release_due()
            self.role.load_owed()(transaction, self.role, None, self.store.now())
            events = transaction.outbox.unsent(MOST_EVENTS, list(self._large))
        if released:
            reach("H1")
        self.more = len(events) == MOST_EVENTS
        return released, events

    def look_again(self) -> None:
        """Ask the log at the next step whether it is there and holds what it held; a client said that it was away.

        A broker that comes back may have lost the end of its log, and nothing else shows it where no more is published.
        """
        self._looked_at = -_LOOK_AT_TOPIC_S
        self._checked = False

    def _identity(self) -> tuple[str, int]:
        now = self._clock()
        if self._known_identity is None or not self._checked or now - self._looked_at >= _LOOK_AT_TOPIC_S:
            identity = self.writer.identity()
            self._looked_at = now
            if self._known_identity not in (None, identity):
                # librdkafka keeps a stale topic id for ever: a producer never outlives the topic it knew.
                raise BrokerTrouble(f"The topic {self.role.writes} was made anew.")
            self._known_identity = identity
        return self._known_identity

    def _check(self, identity: tuple[str, int]) -> frozenset[UUID]:
        """Check the own topic; returns the requests that changed as this side knows again what it had published."""
        reader = self._open_reader()
        try:
            done = topic_check.check(self.store, self.role, reader, identity, self.lease.identity, self._keep)
        finally:
            reader.close()
        if done.imported or done.unsent or done.foreign:
            log.warning("the own topic was checked: %s", done)
        self._checked = True
        if self.entropy is not None and not self._suspects:
            self.entropy.restart()
        known = redrive_unsaid(self.store) if done.imported else frozenset()
        self._on_checked()
        return known

    def _relay(self, topic_id: str, events: Sequence[Outgoing]) -> set[UUID]:
        reach("R1")
        acks = self.writer.append(events, self._keep)
        reach("R3")
        if self.writer.identity()[0] != topic_id:
            self._checked = False
            raise BrokerTrouble(f"The topic {self.role.writes} was made anew.")
        if not mark_sent(self.store, topic_id, acks):
            log.info("an acknowledgement did not follow the verified offset; the own topic is read again")
            self._checked = False
        large = self._note_large(events)
        if len(acks) < sum(event.request_id not in large for event in events):
            log.info("%d events were not acknowledged; the own topic is read first", len(events) - len(acks))
            self._checked = False
        sent = {ack.id for ack in acks}
        return {event.request_id for event in events if event.id in sent}

    def _note_large(self, events: Sequence[Outgoing]) -> set[UUID]:
        """Note what the topic did not take for its size until it is tried again; returns the requests of it.

        Later events of such a request wait behind it, all others go on.
        """
        large = {event.request_id: len(event.value) for event in events if event.id in self.writer.too_large}
        again_at = self._clock() + _TRY_LARGE_S
        self._large |= {request_id: (size, again_at) for request_id, size in large.items()}
        if large:
            log.warning("%d events are larger than the topic %s takes", len(large), self.role.writes)
        return set(large)

    @property
    def too_large(self) -> dict[UUID, int]:
        """The requests whose next event is larger than the topic takes, and its size in bytes."""
        return {request_id: size for request_id, (size, _) in self._large.items()}

    def _converse(self, identity: tuple[str, int], relayed: bool) -> None:
        """Publish what anti-entropy has to say, once the outbox is drained."""
        entropy = self.entropy
        self._sent_more |= relayed
        if entropy is None or self.more or not self._checked:
            return
        if self._suspects:
            entropy.judge(self._suspects)
            self._suspects = []
            return
        if entropy.may_look():
            # A reader holds what nobody here knows: the own topic is read anew, from its beginning.
            self._suspects = [entropy.suspects.popleft() for _ in range(len(entropy.suspects))]
            with self.store.transaction() as transaction:
                for partition in range(identity[1]):
                    transaction.topic.set_verified(partition, Verified(identity[0]))
            self._checked = False
            return
        messages = entropy.due(sent_more=self._sent_more)
        if messages:
            self._sent_more = False
            acks = self.writer.append(messages, self._keep)
            taken = [event for event in messages if event.id not in self.writer.too_large]
            if not mark_sent(self.store, identity[0], acks) or len(acks) < len(taken):
                self._checked = False

    def _keep(self) -> bool:
        if not self.lease.beat():
            raise LeaseLost
        return True


def _refuse_unchecked(transaction: Transaction) -> None:
    """Raise ``LeaseLost`` where the schema is another than the one that was checked."""
    if not transaction.schema.checked():
        raise LeaseLost


def mark_sent(store: Storage, topic_id: str, acks: Sequence[Ack]) -> bool:
    """Mark events sent and move what is verified; returns whether every ack followed the verified offset.

    Where another topic was checked meanwhile, nothing is marked: what this one acknowledged may be nowhere any more.
    """
    if not acks:
        return True
    whole = True
    with store.transaction() as transaction:
        partitions = sorted({ack.partition for ack in acks})
        known = [transaction.topic.verified(partition) for partition in partitions]
        if any(position is None or position.topic_id != topic_id for position in known):
            return False
        transaction.outbox.mark_sent(topic_id, acks)
        for partition, verified in zip(partitions, known, strict=True):
            assert verified is not None
            mine = sorted((ack for ack in acks if ack.partition == partition), key=lambda ack: ack.offset)
            whole &= _move_verified(transaction, verified, partition, mine)
    return whole


def _move_verified(transaction: Transaction, known: Verified, partition: int, acks: list[Ack]) -> bool:
    """Move up to the first gap: what lies in it is read by the next check, which begins at what is verified."""
    after = known.offset if known.offset is not None else -1
    following = list(takewhile(lambda pair: pair[0] == pair[1].offset, enumerate(acks, after + 1)))
    if following:
        last = following[-1][1]
        transaction.topic.set_verified(partition, Verified(known.topic_id, last.offset, str(last.id), last.at))
    return len(following) == len(acks)
