"""A manager's side on a real PostgreSQL that hears the contractor over a hand-made log, with bugs if need be."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from paydesk.domain.commands import Discard, Redrive
from paydesk.domain.decision import checked_note
from paydesk.infra.core.role import Apply, Role
from paydesk.infra.engine.inbox import InboxProcessor
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.quarantine import BadMessage, bad_message, bad_messages
from paydesk.infra.postgres.read.timeline import detail
from paydesk.infra.postgres.storage import Store
from paydesk.infra.recovery import redrive
from tests.simulation.log import MemoryLog, MemoryReader
from tests.storage.test_commands import Both


@dataclass
class Desk:
    """Both stores; what the contractor says goes over a log to the manager's side, whose handler may have a bug."""

    both: Both
    store: Store
    role: Role
    log: MemoryLog = field(default_factory=lambda: MemoryLog(lambda: datetime.now(UTC), uuid4))
    buggy: set[str] = field(default_factory=set)
    sent: int = 0

    def load_apply(self, right: Callable[[], Apply]) -> Apply:
        def apply(transaction, role, batch, now):  # type: ignore[no-untyped-def]
            for received in batch:
                if received.event.register.terms.description in self.buggy:
                    raise ZeroDivisionError("a bug of the handler")
            return right()(transaction, role, batch, now)

        return apply

    def carry(self, again: bool = False) -> None:
        """Put on the log what the contractor said since, or all of it again, and let the manager's side read it."""
        role = self.both.sides.contractor
        with connect(self.both.sides.url(role), role.name) as connection:
            rows = connection.execute("SELECT key, headers, value FROM outbox ORDER BY position").fetchall()
        for key, headers, value in rows[0 if again else self.sent :]:
            self.put(bytes(key), {name: text.encode() for name, text in headers}, bytes(value))
        self.sent = len(rows)
        self.read()

    def put(self, key: bytes, headers: dict[str, bytes], value: bytes | None) -> None:
        self.log.put(self.role.reads[0], key, list(headers.items()), value)

    def read(self) -> None:
        inbound = InboxProcessor(self.role, self.store, MemoryReader(self.log), self.role.load_apply())
        assert inbound.assign()
        while len(inbound.at_end) < len(inbound.places):
            inbound.step(0)

    def look(self, closed: bool = False) -> list[BadMessage]:
        with connect(self.both.sides.url(self.role), self.role.name) as connection:
            return bad_messages(connection, closed=closed)

    def message(self, number: int) -> BadMessage:
        with connect(self.both.sides.url(self.role), self.role.name) as connection:
            return bad_message(connection, number)

    def counted(self) -> tuple[int, int]:
        with connect(self.both.sides.url(self.role), self.role.name) as connection:
            counts = queries.counts(connection)
        return counts.quarantined, counts.parked

    def steps(self, request_id: UUID) -> list[str]:
        with connect(self.both.sides.url(self.role), self.role.name) as connection:
            return [step.kind for step in detail(connection, request_id).timeline]

    def seen(self, request_id: UUID) -> str:
        return self.both.seen(self.role, request_id)

    def redrive(self, number: int, key: UUID | None = None) -> redrive.Redriven:
        key = key or uuid4()
        return redrive.redrive(self.store, key, Redrive(key, "bo", number))

    def discard(self, number: int, actor: str, why: str, key: UUID | None = None) -> bool:
        key = key or uuid4()
        return redrive.discard(self.store, key, Discard(key, actor, number, checked_note(why, "why")))
