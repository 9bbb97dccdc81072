"""The outbound side of a worker: holds the lease, checks the own topic, relays the outbox."""

import logging
import time
from collections.abc import Callable
from uuid import UUID

from paydesk.infra import outbox, own_topic
from paydesk.infra.hints import HintSender
from paydesk.infra.kafka_log import KafkaReader, KafkaWriter
from paydesk.infra.lease import Lease
from paydesk.infra.ports import BrokerTrouble
from paydesk.infra.postgres import connect
from paydesk.infra.role import Role
from paydesk.infra.store import Store
from paydesk.settings import Endpoints

log = logging.getLogger("paydesk.outbound")

_LOOK_AT_TOPIC_S = 10.0
_YIELD_AFTER_S = 10.0


class LeaseLost(Exception):
    """The lease went to somebody else, or the server may have ended it: stop acting."""


class Outbound:
    """Clients and connections of one thread, from construction to ``close``; ``step`` is all it does."""

    def __init__(self, role: Role, endpoints: Endpoints, trouble: Callable[[str], None]) -> None:
        self.role = role
        self.endpoints = endpoints
        self.lease = Lease(endpoints.database_url, role.name)
        self.store = Store(endpoints.database_url, role)
        self.connection = connect(endpoints.database_url, role.name)
        self.hints = HintSender(role, endpoints.redis_url)
        assert endpoints.kafka is not None
        self.writer = KafkaWriter(endpoints.kafka, role, trouble)
        self._trouble = trouble
        self._checked_identity: tuple[str, int] | None = None
        self._looked_at = 0.0
        self._reached_at = time.monotonic()

    @property
    def checked(self) -> bool:
        """Whether the first check of this holder is done."""
        return self._checked_identity is not None and self.lease.held

    def step(self) -> frozenset[UUID]:
        """Take or keep the lease, check when due, release holds, relay; returns the requests whose delivery changed.

        Raises ``LeaseLost``, ``BrokerTrouble`` and the database's errors.
        """
        if not self.lease.held and not self.lease.take():
            return frozenset()
        self._keep()
        released = self._release_due()
        identity = self._identity()
        if self._checked_identity != identity:
            self._check(identity)
        changed = released | self._relay(identity[0])
        self.hints.send(changed)
        return frozenset(changed)

    def _release_due(self) -> set[UUID]:
        """Release the holds that ran out; committed before anything is sent."""
        with self.store.transaction() as transaction:
            return transaction.release_due()

    def _identity(self) -> tuple[str, int]:
        now = time.monotonic()
        if self._checked_identity is None or now - self._looked_at > _LOOK_AT_TOPIC_S:
            found = self.writer.identity()
            self._looked_at = self._reached_at = now
            return found
        return self._checked_identity

    def _check(self, identity: tuple[str, int]) -> None:
        if self._checked_identity is not None:
            # librdkafka keeps a stale topic id for ever: a producer never outlives the topic it knew.
            raise BrokerTrouble(f"The topic {self.role.writes} was made anew.")
        assert self.endpoints.kafka is not None
        reader = KafkaReader(self.endpoints.kafka, self.role, self._trouble)
        try:
            amiss = own_topic.check(self.store, reader, self.role.writes, identity, self._keep)
        finally:
            reader.close()
        if amiss:
            log.warning("%s", amiss)
        self._checked_identity = identity

    def _relay(self, topic_id: str) -> set[UUID]:
        with self.store.transaction() as transaction:
            events = transaction.unsent(outbox.MOST_EVENTS)
        if not events:
            return set()
        acks = self.writer.append(events, self._keep)
        self._reached_at = time.monotonic()
        if self.writer.identity()[0] != topic_id:
            self._checked_identity = None
            raise BrokerTrouble(f"The topic {self.role.writes} was made anew.")
        if not outbox.mark_sent(self.store, topic_id, acks):
            log.info("an acknowledgement did not follow the verified offset; the own topic is read again")
            self._checked_identity = None
        sent = {ack.id for ack in acks}
        return {event.request_id for event in events if event.id in sent}

    def _keep(self) -> bool:
        if not self.lease.beat():
            raise LeaseLost
        return True

    def should_yield(self) -> bool:
        """Whether a holder that has not reached Kafka for long should let another try."""
        return time.monotonic() - self._reached_at > _YIELD_AFTER_S and self.lease.wanted()

    def close(self) -> None:
        """Give up the lease and close every client."""
        self.lease.close()
        self.connection.close()
        self.hints.close()
        self.store.close()
        self.writer.close()
