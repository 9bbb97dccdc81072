"""The storage port in memory, for the simulation: transactions that are whole or nothing, without a database."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from paydesk.domain.payment_request import counter_after
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.records import Claim, Expected, Row
from paydesk.infra.core.role import Role
from tests.simulation.digests import MemoryDigests
from tests.simulation.inbox import MemoryInbox, MemoryQuarantine
from tests.simulation.outbox import MemoryHolds, MemoryOutbox, MemoryReimport, MemoryTopicState
from tests.simulation.requests import MemoryRequestLocks, MemoryRequests
from tests.simulation.tables import Tables


class MemoryStorage:
    """Meets ``paydesk.infra.core.storage.Storage``; one per role, shared by its processes as a database is."""

    def __init__(self, role: Role, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self.role = role
        self.tables = Tables()
        self.where = "the database"
        """Which database this is; a schema that was made in another is a copy."""
        self.down = False
        self.holder: Callable[[], str] = lambda: ""
        self.cut: Callable[[], bool] = lambda: False
        """Whether the connection of the process at work was ended, asked once."""
        self.now = now
        self.new_id = new_id
        self._transaction = MemoryTransaction(self)

    def transaction(self, key: str = "") -> "MemoryTransaction":
        """Open one transaction; it is whole, or undone."""
        del key
        if self.down or self.cut():
            raise ServerDown("PostgreSQL does not answer.")
        return self._transaction


class MemoryTransaction:
    """Meets ``paydesk.infra.core.transaction.Transaction``.

    A side has one, which begins again and again: hundreds are opened in a run, and no two at once.
    """

    def __init__(self, storage: MemoryStorage) -> None:
        self.tables = tables = storage.tables
        self.now = now = storage.now
        self.new_id = storage.new_id
        self.schema = MemorySchemaState(storage)
        self.commands = MemoryCommands(tables)
        self.numbers = MemoryNumbers(tables, self.schema.checked)
        self.requests = MemoryRequests(tables)
        self.locks = MemoryRequestLocks(tables)
        self.outbox = MemoryOutbox(tables, now)
        self.holds = MemoryHolds(tables, now)
        self.inbox = MemoryInbox(tables)
        self.quarantine = MemoryQuarantine(tables)
        self.topic = MemoryTopicState(tables)
        self.reimport = MemoryReimport(tables)
        self.digests = MemoryDigests(tables, now)

    def expect(self, work: Expected) -> None:
        """Nothing is far away here."""

    def __enter__(self) -> Self:
        self.tables.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.tables.commit()
        else:
            self.tables.undo()


@dataclass(slots=True)
class MemoryCommands:
    """Meets ``paydesk.infra.core.transaction.Commands``."""

    tables: Tables

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        known = self.known(key)
        if known is None:
            self.tables.own("commands")[key] = Claim(content_hash, request_id, False)
        return known

    def known(self, key: UUID) -> Claim | None:
        claim = self.tables.commands.get(key)
        if claim is None:
            return None
        of_it = (str(key), claim.request_id)
        events = (sent.event for sent in self.tables.outbox.values())
        return replace(claim, actor=next((e.actor for e in events if (e.command_id, e.request_id) == of_it), None))

    def note_changed(self, key: UUID) -> None:
        self.tables.own("commands")[key] = replace(self.tables.commands[key], changed=True)


@dataclass(slots=True)
class MemoryNumbers:
    """Meets ``paydesk.infra.core.transaction.Numbers``."""

    tables: Tables
    checked: Callable[[], bool]

    def next(self) -> str | None:
        if not self.checked():
            return None
        self.tables.numbers += 1
        while self.holders([f"PR-{self.tables.numbers}"]):
            self.tables.numbers += 1
        return f"PR-{self.tables.numbers}"

    def unnumbered(self) -> list[Row]:
        rows = [kept.row for kept in self.tables.copy.values() if kept.row.request and not kept.row.request.number]
        return sorted(rows, key=lambda row: row.id)

    def holders(self, numbers: Collection[str]) -> Mapping[UUID, str]:
        asked = (kept.row.request for kept in self.tables.copy.values())
        return {request.id: request.number for request in asked if request is not None and request.number in numbers}

    def raise_above(self, numbers: Collection[str]) -> None:
        self.tables.numbers = counter_after(self.tables.numbers, numbers)


@dataclass(slots=True)
class MemorySchemaState:
    """Meets ``paydesk.infra.core.transaction.SchemaState``."""

    storage: MemoryStorage

    def copied(self) -> bool:
        return self.storage.tables.made_in != self.storage.where

    def checked(self) -> bool:
        checked_by = self.storage.tables.checked_by
        return bool(checked_by) and checked_by == self.storage.holder()

    def note_checked(self, holder: str) -> None:
        self.storage.tables.checked_by = holder

    def was_lost(self) -> bool:
        return self.storage.tables.imported
