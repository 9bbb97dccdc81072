"""Writing: one transaction holds the command, the register and the outbox row, so that a command has one effect."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.asked import Asked
from paydesk.domain.decision import NOTE_LEAST, NOTE_MOST, DecisionRegister
from paydesk.domain.errors import KeyReused
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.refusals import refuse_unlocked
from paydesk.domain.text import checked
from paydesk.infra.core.codec import encode
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.origin import refuse_copy
from paydesk.infra.core.ports import Transaction
from paydesk.infra.core.records import Claim, Outgoing, Row
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage


@dataclass(frozen=True, slots=True)
class Said:
    """What a command did to one request."""

    request_id: UUID
    changed: bool


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The id of a command that a person's key names, and the id that the version before made of the same key."""

    id: UUID
    before: UUID | None = None


Key = UUID | CommandKey


def id_of(key: Key) -> UUID:
    """Return the id by which a command is registered."""
    return key.id if isinstance(key, CommandKey) else key


@contextmanager
def writing(store: Storage) -> Iterator[Transaction]:
    """Open a transaction for what a person does. Raises ``CopiedSchema`` where the own schema is a copy of another."""
    with store.transaction() as transaction:
        refuse_copy(transaction, store.role.name)
        yield transaction


def run(store: Storage, key: Key, asked: Asked, decide: Callable[[Transaction, str, str], bool]) -> Said:
    """Run a command once: the same key again gives the same answer, with other content ``KeyReused``.

    A key that the version before registered without its person is looked up first, so that a retry over the upgrade
    has one effect; what another person did by it is not this person's.

    ``decide`` gets the transaction, the command's id and the hash of its content, writes, and returns whether
    anything changed. Raises ``CopiedSchema`` where the own schema is a copy of another.
    """
    # What a shell handed over may hold half a character, which has a hash all the same.
    content_hash = hashlib.sha256(asked.canonical.encode("utf-8", "surrogatepass")).hexdigest()
    command_id = id_of(key)
    with writing(store) as transaction:
        known = _of_before(transaction, key, asked.actor, content_hash)
        known = known or transaction.claim(command_id, content_hash, asked.id)
        if known is not None:
            if known.content_hash != content_hash:
                raise KeyReused("This key was used before with another content.", "Use a new key for a new command.")
            said = Said(known.request_id, known.changed)
        else:
            said = Said(asked.id, decide(transaction, str(command_id), content_hash))
            if said.changed:
                transaction.note_changed(command_id)
        reach("W1")
    reach("W2")
    return said


def _of_before(transaction: Transaction, key: Key, actor: str, content_hash: str) -> Claim | None:
    """Return what this person did by the same key when keys were not yet a person's own."""
    before = key.before if isinstance(key, CommandKey) else None
    known = transaction.known(before) if before is not None else None
    # The content names its actor, so the same content is the same person's.
    return known if known is not None and (known.content_hash == content_hash or known.actor == actor) else None


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


def settle(store: Storage, key: Key, request_id: UUID, actor: str, note: str) -> Said:
    """Keep a note of how a locked request was settled. Raises ``Conflict`` where it is not locked."""
    told = checked("note", note, least=NOTE_LEAST, most=NOTE_MOST)

    def keep(transaction: Transaction, _command_id: str, _command_hash: str) -> bool:
        row = transaction.row(request_id)
        refuse_unlocked(row.locked, row.request, request_id)
        transaction.note_settled(id_of(key), request_id, told, actor)
        return True

    return run(store, key, Asked("settle", request_id, actor, {"note": told}), keep)
