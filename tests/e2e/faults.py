"""What the fault tests share: workers as processes, a look into both schemas and topics, and work to be disturbed."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, TopicPartition

from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import Terms, checked_terms
from paydesk.infra.core.control_messages import DIGEST, RESYNC
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.storage import Store
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres
from tests.e2e.site import Site

TERMS = checked_terms("1200", "EUR", "August retainer")
ROLES = (CONTRACTOR, MANAGER)
CONTROL = (DIGEST.encode(), RESYNC.encode())


class WorkerProcess:
    """One ``paydesk ROLE worker``; what it prints is read from its stderr."""

    def __init__(self, site: Site, role: str) -> None:
        self.role = role
        self._log = site.root / f"worker-{uuid4().hex}.err"
        with self._log.open("wb") as log:
            self.process = site.start(role, "worker", err=log.fileno())

    @property
    def log_text(self) -> str:
        """Everything that it printed so far."""
        return self._log.read_text()

    @property
    def duty(self) -> str:
        """The last duty that it printed: ``working``, ``standby`` ..."""
        lines = self.log_text.splitlines() or [""]
        return lines[-1].rpartition("worker: ")[2].partition(":")[0]

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self) -> None:
        """Kill it."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self.process.wait()


@dataclass
class Faults:
    """A site with workers in it."""

    site: Site

    def url(self, role: Role) -> str:
        """Return the database URL of a role's login."""
        return Postgres(self.site.folder).url(role.name)

    @contextlib.contextmanager
    def workers(self, *roles: str) -> Iterator[list["WorkerProcess"]]:
        """Run the ``worker`` command for each role named, a process each; killed at the end."""
        started: list[WorkerProcess] = []
        try:
            for role in roles:
                started.append(WorkerProcess(self.site, role))
            yield started
        finally:
            for process in started:
                process.end()

    def scalar(self, role: Role, query: str, values: Any = None) -> Any:
        """Return the one value that a query finds in a role's schema."""
        return self.site.look(role.name).scalar(query, values)

    def count(self, role: Role, table: str = "payment_request", where: str = "true") -> int:
        """Return how many rows of a table fit."""
        return int(self.scalar(role, f"SELECT count(*) FROM {table} WHERE {where}"))

    def ask(self, count: int, terms: Callable[[int], Terms] = lambda _: TERMS) -> None:
        """Make requests straight in the contractor's schema, as quickly as it takes them."""
        migrate(self.url(CONTRACTOR), CONTRACTOR.name)
        store = Store(self.url(CONTRACTOR), CONTRACTOR)
        for place in range(count):
            asks.execute(store, uuid4(), RequestPayment(uuid4(), "ada", terms(place)))
        store.close()

    def registers(self, role: Role) -> list[tuple[Any, ...]]:
        """Return both registers of every request as a role's schema holds them."""
        return self.site.look(role.name).sql(
            "SELECT id, request_version, number, contractor, revision, terms_hash, withdrawal_asked, request_hash,"
            " decision_version, outcome, rejected_upto, decided_revision, decided_terms_hash, decided_by,"
            " decision_hash, status, locked OR peer_locked_at IS NOT NULL FROM payment_request ORDER BY id"
        )

    def records(self, role: Role) -> list[str]:
        """Return the event id of every event on the topic that a role writes, in order; digests are none."""
        conf = {**Kafka(self.site.folder).conf(role.name), "group.id": f"paydesk.{role.name}"}
        client = Consumer({**conf, "enable.partition.eof": True, "enable.auto.commit": False, "log_level": 0})
        ids: list[str] = []
        try:
            client.list_topics(role.writes, timeout=10)
            client.assign([TopicPartition(role.writes, 0, 0)])
            while True:
                message = client.poll(10)
                assert message is not None, "the topic could not be read"
                error = message.error()
                if error is not None:
                    assert error.code() == KafkaError._PARTITION_EOF, error
                    return ids
                headers = dict(message.headers() or [])
                if headers.get("ce_type") in CONTROL:
                    continue
                ids.append(bytes(headers["ce_id"]).decode() if "ce_id" in headers else "")  # type: ignore[arg-type]
        finally:
            client.close()

    def settled(self) -> bool:
        """Whether everything that was said is sent and applied."""
        return all(
            self.count(role, "outbox", "published_at IS NULL AND NOT beaten") == 0 for role in ROLES
        ) and self.registers(CONTRACTOR) == self.registers(MANAGER)

    def assert_once(self) -> None:
        """Both schemas hold the same registers; every event is in its outbox, on its topic and in the inbox once."""
        assert self.registers(CONTRACTOR) == self.registers(MANAGER)
        for writer, reader in (ROLES, ROLES[::-1]):
            published = self.count(writer, "outbox")
            records = self.records(writer)
            assert len(records) == len(set(records)) == published, "doubled or missing on the topic"
            assert (
                self.count(reader, "inbox")
                == published
                == self.scalar(reader, "SELECT count(DISTINCT event_id) FROM inbox")
            )
            assert self.count(reader, "inbox", "became IN ('quarantined', 'parked')") == 0
