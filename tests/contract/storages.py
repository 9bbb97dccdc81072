"""A side's storage for tests that run on both: the product's PostgreSQL and the simulation's memory."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain import commands
from paydesk.domain.decision import Cause, CauseCode, DecisionRegister
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.infra.core.codec import encode
from paydesk.infra.core.intake import Judged, incoming, judge
from paydesk.infra.core.records import Incoming, Outgoing, ReceivedEvent, Record, Row
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.storage import Store
from paydesk.infra.postgres.write.session import Statement, WritingSession
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import Sides
from tests.simulation.memory import MemoryStorage

TERMS = checked_terms("1200", "EUR", "Logo [v2]", due_date="2026-12-31")
CAUSE = Cause(CauseCode.NEEDS_INFO, "Which logo?")
TOPIC_ID = "a topic"


@dataclass
class Side:
    """One role's storage, and who holds its lease."""

    store: Storage
    holder: str

    @property
    def role(self) -> Role:
        return self.store.role


@contextmanager
def in_memory(role: Role) -> Iterator[Side]:
    """Open a side of the simulation."""
    storage = MemoryStorage(role, lambda: datetime.now(UTC), uuid4)
    storage.holder = lambda: "a worker"
    yield Side(storage, "a worker")


@contextmanager
def on_postgres(sides: Sides, role: Role) -> Iterator[Side]:
    """Open a side of the product, its lease held."""
    own = sides.contractor if role is CONTRACTOR else sides.manager
    with closing(Store(sides.url(own), own)) as store, closing(PostgresLease(sides.url(own), own.name)) as lease:
        assert lease.take()
        yield Side(store, lease.identity)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Keep every statement that a transaction runs, through SQLAlchemy or in psycopg's pipeline."""
    ran: list[str] = []
    queue, ask = WritingSession.queue, WritingSession.ask

    def note(_: object, __: object, statement: str, *___: object) -> None:
        ran.append(statement)

    def noted_queue(self: WritingSession, statement: str, values: Mapping[str, Any]) -> None:
        ran.append(statement)
        queue(self, statement, values)

    def noted_ask(self: WritingSession, *asked: Statement) -> Any:
        ran.extend(statement for statement, _ in asked)
        return ask(self, *asked)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(WritingSession, "queue", noted_queue)
            patch.setattr(WritingSession, "ask", noted_ask)
            yield ran
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def request(number: str | None = "PR-1001", **changes: object) -> RequestRegister:
    """Return the first register of a new request, with changes."""
    asked = commands.request_payment(commands.RequestPayment(uuid4(), "ada", TERMS), number, at(0))
    return replace(asked, **changes)  # type: ignore[arg-type]


def rejected(asked: RequestRegister, version: int = 1) -> DecisionRegister:
    """Return a manager's rejection of it."""
    command = commands.Reject(asked.id, "bo", asked.revision, asked.terms.hash, CAUSE)
    register = commands.decide(command, asked, None, at(1), at(0))
    assert register is not None
    return replace(register, version=version)


def accepted(asked: RequestRegister, version: int = 1) -> DecisionRegister:
    """Return a manager's approval of it."""
    register = commands.decide(
        commands.Approve(asked.id, "bo", asked.revision, asked.terms.hash), asked, None, at(1), at(0)
    )
    assert register is not None
    return replace(register, version=version)


def at(seconds: float) -> datetime:
    """Return a moment of a morning long ago."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC) + timedelta(seconds=seconds)


def event_of(register: RequestRegister | DecisionRegister, command_id: str = "") -> Event:
    """Return the event that a register is said by."""
    return Event(uuid4(), event_type_of(register), at(2), "bo", command_id, "a hash", register)


def outgoing(
    role: Role,
    register: RequestRegister | DecisionRegister,
    *,
    hold_until: datetime | None = None,
    previous: Row | None = None,
    command_id: str = "",
    actor: str = "Bo",
) -> Outgoing:
    """Return a register as the event that goes into the outbox."""
    event = event_of(register, command_id)
    headers, value = encode(event, role.source)
    key = str(event.request_id).encode()
    digest = hashlib.sha256(value).hexdigest()
    return Outgoing(
        event.id, event.request_id, event.version, event.type.value, role.writes, key, headers, value, digest, actor,
        command_id, at(2), hold_until, previous,
    )  # fmt: skip


def received(register: RequestRegister | DecisionRegister, content_hash: str = "a hash") -> ReceivedEvent:
    """Return a register as the other side receives it."""
    return ReceivedEvent(event_of(register), content_hash, at(3))


def message(
    reader: Role, register: RequestRegister | DecisionRegister, offset: int, became: str = "applied"
) -> Incoming:
    """Return a register as a row of the reader's inbox."""
    writer = CONTRACTOR if reader.name == MANAGER.name else MANAGER
    event = outgoing(replace(writer, writes=reader.reads[0]), register)
    headers = [(name, text.encode()) for name, text in event.headers]
    judged = judge(reader, Record(event.topic, 0, offset, event.key, headers, event.value, at(4)))
    judged.became = became
    return incoming(judged, reader.receives_from, TOPIC_ID, at(4))


def bad_message(reader: Role, offset: int, became: str, about: UUID | None = None) -> Incoming:
    """Return a message of which nothing is understood as a row of the inbox."""
    headers = [("ce_id", b"\xff\x00"), ("empty", b"")]
    record = Record(reader.reads[0], 0, offset, b"\x00", headers, b"\xfe bytes", at(4))
    return incoming(Judged(record, became=became, reason="because", about=about), reader.receives_from, TOPIC_ID, at(4))
