"""Writing: one transaction holds the command, the register and the outbox row, so that a command has one effect."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.asked import Asked
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import KeyReused
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.failpoints import reach
from paydesk.infra.ports import Storage, Transaction
from paydesk.infra.records import Outgoing, Row
from paydesk.infra.role import Role
from paydesk.infra.wire import encode


@dataclass(frozen=True, slots=True)
class Said:
    """What a command did to one request."""

    request_id: UUID
    changed: bool


def run(store: Storage, key: UUID, asked: Asked, decide: Callable[[Transaction, str, str], bool]) -> Said:
    """Run a command once: the same key again gives the same answer, with other content ``KeyReused``.

    ``decide`` gets the transaction, the command's id and the hash of its content, writes, and returns whether
    anything changed.
    """
    content_hash = hashlib.sha256(asked.canonical.encode()).hexdigest()
    with store.transaction() as transaction:
        known = transaction.claim(key, content_hash, asked.id)
        if known is not None:
            if known.content_hash != content_hash:
                raise KeyReused("This key was used before with another content.", "Use a new key for a new command.")
            return Said(known.request_id, known.changed)
        changed = decide(transaction, str(key), content_hash)
        if changed:
            transaction.note_changed(key)
        reach("W1")
    reach("W2")
    return Said(asked.id, changed)


def say(
    transaction: Transaction,
    role: Role,
    register: RequestRegister | DecisionRegister,
    *,
    actor: str,
    command_id: str,
    command_hash: str,
    now: datetime,
    hold_until: datetime | None = None,
    previous: Row | None = None,
) -> str:
    """Put the event of a new register into the outbox; returns the SHA-256 of its value, in hexadecimal."""
    event = Event(transaction.new_id(), event_type_of(register), now, actor, command_id, command_hash, register)
    outgoing = replace(outgoing_of(event, role), hold_until=hold_until, previous=previous)
    transaction.add(outgoing)
    return outgoing.content_hash


def outgoing_of(event: Event, role: Role) -> Outgoing:
    """Return an event that a role says as the outbox takes it, with its exact bytes."""
    headers, value = encode(event, role.source)
    return Outgoing(
        event.id,
        event.request_id,
        event.version,
        event.type.value,
        role.writes,
        str(event.request_id).encode(),
        headers,
        value,
        hashlib.sha256(value).hexdigest(),
        event.actor,
        event.command_id,
        event.occurred_at,
    )
