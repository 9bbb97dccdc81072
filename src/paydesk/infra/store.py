"""Writing: one transaction holds the command, the register and the outbox row, so that a command has one effect."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from uuid_utils.compat import uuid7

from paydesk.domain.commands import Command, command_content
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import KeyReused, UnknownRequest
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.errors import OutcomeUnknown
from paydesk.infra.postgres import engine, is_transient, unreachable
from paydesk.infra.registers import decision_columns, request_columns
from paydesk.infra.role import Role
from paydesk.infra.tables import CommandRow, OutboxRow, PaymentRequestRow
from paydesk.infra.wire import encode

Row = Mapping[str, Any]
_request = PaymentRequestRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command did to one request."""

    request_id: UUID
    changed: bool


class Store:
    """The own schema, for writing. One object per process or thread; ``close`` it."""

    def __init__(self, database_url: str, role: Role, now: Callable[[], datetime] | None = None) -> None:
        self.role = role
        self.now = now or (lambda: datetime.now(UTC))
        self._engine = engine(database_url, role.name)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def transaction(self, key: str = "") -> Iterator[Session]:
        """Open one transaction; it commits at the end and rolls back on any error.

        Raises ``ServerDown`` when the database is away, ``OutcomeUnknown`` when only the commit's answer was lost.
        """
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                yield session
                session.flush()
                try:
                    session.commit()
                except DBAPIError as error:
                    if is_transient(error) and error.connection_invalidated:
                        raise OutcomeUnknown(
                            "The database went away while it was saving; nobody knows yet whether it did.",
                            f"Run the same command again with --key {key}." if key else "Try again.",
                            key=key,
                        ) from error
                    raise
        except DBAPIError as error:
            if is_transient(error):
                raise unreachable(error.orig or error) from error
            raise

    def run(self, key: UUID, command: Command, decide: Callable[[Session, str, str], bool], word: str = "") -> Said:
        """Run a command once: the same key again gives the same answer, with other content ``KeyReused``.

        ``decide`` gets the session, the command's id and the hash of its content, writes, and returns whether
        anything changed.
        """
        content_hash = hashlib.sha256(command_content(command).encode()).hexdigest()
        with self.transaction(word or str(key)) as session:
            claim = (
                insert(CommandRow)
                .values(id=key, content_hash=content_hash, request_id=command.id, changed=False)
                .on_conflict_do_nothing()
                .returning(sa.literal(1))
            )
            if session.execute(claim).first() is None:
                known = session.get_one(CommandRow, key)
                if known.content_hash != content_hash:
                    raise KeyReused(
                        "This key was used before with another content.", "Use a new key for a new command."
                    )
                return Said(known.request_id, known.changed)
            changed = decide(session, str(key), content_hash)
            if changed:
                done = sa.update(CommandRow).where(CommandRow.id == key).values(changed=True)  # type: ignore[arg-type]
                session.execute(done)
            return Said(command.id, changed)


def lock_row(session: Session, request_id: UUID) -> Row:
    """Return the row of a request, locked until the transaction ends. Raises ``UnknownRequest``."""
    found = session.execute(sa.select(_request).where(_request.c.id == request_id).with_for_update())
    row = found.mappings().first()
    if row is None:
        raise UnknownRequest("There is no such request here.", "`list` shows the ones that are.")
    return dict(row)


def say(
    session: Session,
    role: Role,
    register: RequestRegister | DecisionRegister,
    *,
    actor: str,
    command_id: str,
    command_hash: str,
    now: datetime,
    hold_until: datetime | None = None,
    previous: dict[str, Any] | None = None,
) -> str:
    """Put the event of a new register into the outbox; returns the SHA-256 of its value, in hexadecimal."""
    event = Event(uuid7(), event_type_of(register), now, actor, command_id, command_hash, register)
    headers, value = encode(event, role.source)
    content_hash = hashlib.sha256(value).hexdigest()
    session.add(
        OutboxRow(
            id=event.id,
            request_id=event.request_id,
            version=event.version,
            type=event.type.value,
            topic=role.writes,
            key=str(event.request_id).encode(),
            headers=[list(header) for header in headers],
            value=value,
            content_hash=content_hash,
            actor=actor,
            command_id=command_id,
            said_at=now,
            hold_until=hold_until,
            previous=previous,
        )
    )
    session.flush()
    return content_hash


def write_request(session: Session, register: RequestRegister, content_hash: str, now: datetime) -> None:
    """Write this side's own request register."""
    values = request_columns(register) | {
        "id": register.id,
        "request_hash": content_hash,
        "revision_received_at": now,
        "changed_at": now,
    }
    upsert = insert(_request).values(values)
    session.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=values))


def write_decision(session: Session, register: DecisionRegister, content_hash: str, now: datetime) -> None:
    """Write this side's own decision register."""
    values = decision_columns(register) | {"decision_hash": content_hash, "changed_at": now}
    session.execute(sa.update(_request).where(_request.c.id == register.id).values(values))
