"""The outbound side of a worker: holds the lease, checks the own topic, relays the outbox."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from paydesk.infra import outbox, own_topic
from paydesk.infra.failpoints import reach
from paydesk.infra.ports import BrokerTrouble, Lease, LogReader, LogWriter, Storage
from paydesk.infra.role import Role

log = logging.getLogger("paydesk.outbound")

_LOOK_AT_TOPIC_S = 10.0


class LeaseLost(Exception):
    """The lease went to somebody else, or the server may have ended it: stop acting."""


class Outbound:
    """Relays for one role while it holds the lease; ``step`` is all it does. What it is given is the caller's."""

    def __init__(
        self,
        role: Role,
        store: Storage,
        lease: Lease,
        writer: LogWriter,
        open_reader: Callable[[], LogReader],
        clock: Callable[[], float] = time.monotonic,
        on_checked: Callable[[], None] = lambda: None,
    ) -> None:
        self.role = role
        self.store = store
        self.lease = lease
        self.writer = writer
        self._open_reader = open_reader
        self._clock = clock
        self._on_checked = on_checked
        self.more = False
        """Whether the last step left events that may leave at once."""
        self._checked_identity: tuple[str, int] | None = None
        self._looked_at = 0.0

    @property
    def checked(self) -> bool:
        """Whether the first check of this holder is done."""
        return self._checked_identity is not None and self.lease.held

    def step(self) -> frozenset[UUID]:
        """Take or keep the lease, check when due, release holds, relay; returns the requests whose delivery changed.

        Raises ``LeaseLost``, ``BrokerTrouble`` and the storage's errors.
        """
        if not self.lease.held and not self.lease.take():
            return frozenset()
        self._keep()
        released = self._release_due()
        identity = self._identity()
        if self._checked_identity != identity:
            self._check(identity)
        return frozenset(released | self._relay(identity[0]))

    def _release_due(self) -> set[UUID]:
        """Release the holds that ran out; committed before anything is sent."""
        with self.store.transaction() as transaction:
            released = transaction.release_due()
        if released:
            reach("H1")
        return released

    def look_again(self) -> None:
        """Ask the log at the next step whether it is there; something hinted that it may not be."""
        self._looked_at = -_LOOK_AT_TOPIC_S

    def _identity(self) -> tuple[str, int]:
        now = self._clock()
        if self._checked_identity is None or now - self._looked_at >= _LOOK_AT_TOPIC_S:
            found = self.writer.identity()
            self._looked_at = now
            return found
        return self._checked_identity

    def _check(self, identity: tuple[str, int]) -> None:
        if self._checked_identity is not None:
            # librdkafka keeps a stale topic id for ever: a producer never outlives the topic it knew.
            raise BrokerTrouble(f"The topic {self.role.writes} was made anew.")
        reader = self._open_reader()
        try:
            amiss = own_topic.check(self.store, reader, self.role.writes, identity, self._keep)
        finally:
            reader.close()
        if amiss:
            log.warning("%s", amiss)
        self._checked_identity = identity
        self._on_checked()

    def _relay(self, topic_id: str) -> set[UUID]:
        with self.store.transaction() as transaction:
            events = transaction.unsent(outbox.MOST_EVENTS)
        self.more = len(events) == outbox.MOST_EVENTS
        if not events:
            return set()
        reach("R1")
        acks = self.writer.append(events, self._keep)
        reach("R3")
        if self.writer.identity()[0] != topic_id:
            self._checked_identity = None
            raise BrokerTrouble(f"The topic {self.role.writes} was made anew.")
        if not outbox.mark_sent(self.store, topic_id, acks):
            log.info("an acknowledgement did not follow the verified offset; the own topic is read again")
            self._checked_identity = None
        if len(acks) < len(events):
            log.info("%d events were not acknowledged; the own topic is read first", len(events) - len(acks))
            self._checked_identity = None
        sent = {ack.id for ack in acks}
        return {event.request_id for event in events if event.id in sent}

    def _keep(self) -> bool:
        if not self.lease.beat():
            raise LeaseLost
        return True
