"""Executing: one transaction holds the command, the register and the outbox row, so that a command has one effect."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.command_content import canonical
from paydesk.domain.commands import Command, Settle
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import KeyReused
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.refusals import refuse_unlocked
from paydesk.infra.core.codec import encode
from paydesk.infra.core.command_key import CommandKey, CommandResult, Key, id_of
from paydesk.infra.core.failpoints import reach
from paydesk.infra.core.origin import refuse_copy
from paydesk.infra.core.records import Claim, ExpectedCommand, Outgoing, Row
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.core.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Author:
    """Who publishes something and when; by which command, where it was one, and the hash of that command's content."""

    actor: str
    at: datetime
    command_id: str = ""
    command_hash: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Until when an event stays here, so that it can be taken back, and the row as it was before."""

    until: datetime
    previous: Row


@contextmanager
def writing(store: Storage, expected: ExpectedCommand | None = None) -> Iterator[Transaction]:
    """Open a transaction for what a person does. Raises ``CopiedSchema`` where the own schema is a copy of another."""
    with store.transaction() as transaction:
        if expected is not None:
            transaction.expect(expected)
        refuse_copy(transaction.schema, store.role.name)
        yield transaction


@dataclass(slots=True)
class Execution:
    """One command in its transaction. Whoever executes it does so while ``is_new``, and notes what came of it."""

    store: Storage
    transaction: Transaction
    command: Command
    command_id: UUID
    command_hash: str
    known: Claim | None
    """What the command did when it ran before; None when it did not."""
    changed: bool = False
    """Whether the command changed something this time."""

    @property
    def is_new(self) -> bool:
        """Whether the command did not run before; a repeat does nothing."""
        return self.known is None

    @property
    def result(self) -> CommandResult:
        """Return what the command did, now or when it ran first: a repeat may have made another id for its request."""
        if self.known is not None:
            return CommandResult(self.known.request_id, self.known.changed)
        return CommandResult(self.command.id, self.changed)

    def author(self, now: datetime) -> Author:
        """Return who publishes now what the command makes."""
        return Author(self.command.actor, now, str(self.command_id), self.command_hash)


@contextmanager
def executing(store: Storage, key: Key, command: Command) -> Iterator[Execution]:
    """Open the transaction of a command and register its key: the same key again gives the same answer.

    A key that the version before registered without its person is looked up first, so that a retry over the upgrade
    has one effect; what another person did by it is not this person's.

    Raises ``KeyReused`` for another content under a known key, ``CopiedSchema`` where the own schema is a copy.
    """
    # What a shell handed over may hold half a character, which has a hash all the same.
    content_hash = hashlib.sha256(canonical(command).encode("utf-8", "surrogatepass")).hexdigest()
    command_id = id_of(key)
    # What the key of before did decides whether this one is registered at all.
    before = isinstance(key, CommandKey) and key.before is not None
    expected = ExpectedCommand(command.id, content_hash, None if before else command_id)
    with writing(store, expected) as transaction:
        known = _of_before(transaction, key, command.actor, content_hash)
        known = known or transaction.commands.claim(command_id, content_hash, command.id)
        if known is not None and known.content_hash != content_hash:
            raise KeyReused("This key was used before with another content.", "Use a new key for a new command.")
        execution = Execution(store, transaction, command, command_id, content_hash, known)
        yield execution
        if execution.changed:
            transaction.commands.note_changed(command_id)
        reach("W1")
    reach("W2")


def _of_before(transaction: Transaction, key: Key, actor: str, content_hash: str) -> Claim | None:
    """Return what this person did by the same key when keys were not yet a person's own."""
    before = key.before if isinstance(key, CommandKey) else None
    known = transaction.commands.known(before) if before is not None else None
    # The content names its actor, so the same content is the same person's.
    return known if known is not None and (known.content_hash == content_hash or known.actor == actor) else None


def publish(
    transaction: Transaction,
    role: Role,
    register: RequestRegister | DecisionRegister,
    author: Author,
    hold: Hold | None = None,
) -> str:
    """Put the event of a new register into the outbox.

    Args:
        transaction: The caller's transaction.
        role: The role that publishes it.
        register: The register in its new version.
        author: Who changed it, when, and by which command.
        hold: How long the event stays here; None: it leaves at once.

    Returns:
        The SHA-256 of the event's value, in hexadecimal.
    """
    event_id = transaction.new_id()
    made = event_type_of(register)
    event = Event(event_id, made, author.at, author.actor, author.command_id, author.command_hash, register)
    outgoing = outgoing_of(event, role)
    if hold is not None:
        outgoing = replace(outgoing, hold_until=hold.until, previous=hold.previous)
    transaction.outbox.add(outgoing)
    return outgoing.content_hash


def outgoing_of(event: Event, role: Role) -> Outgoing:
    """Return an event that a role publishes as the outbox takes it, with its exact bytes."""
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


def settle(store: Storage, key: Key, command: Settle) -> CommandResult:
    """Keep a note of how a locked request was settled. Raises ``Conflict`` where it is not locked."""
    with executing(store, key, command) as execution:
        if execution.is_new:
            row = execution.transaction.requests.get(command.id)
            refuse_unlocked(row.locked, row.request, command.id)
            execution.transaction.locks.note_settled(execution.command_id, command.id, command.note, command.actor)
            execution.changed = True
    return execution.result
