"""What one side stores, in memory: immutable rows in dicts, which are copied before they are written to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import Ack, Claim, Incoming, Outgoing, Place, Position, Row, Verified


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of the copy with the hash of its request half."""

    row: Row
    request_hash: str | None = None
    peer_locked: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of the outbox."""

    event: Outgoing
    position: int
    published: bool = False
    ever_acked: bool = False
    ack: Ack | None = None
    topic_id: str | None = None
    beaten: bool = False
    overdue: bool = False
    again_at: datetime | None = None
    again_s: int = 0


class Tables:
    """Everything one side stores; one such object a side, for as long as the side is."""

    def __init__(self) -> None:
        self.copy: dict[UUID, Kept] = {}
        self.outbox: dict[UUID, Sent] = {}
        self.inbox: dict[tuple[str, str], Incoming] = {}
        self.refused: dict[int, tuple[str, str]] = {}
        """By its number, the key in ``inbox`` of what was not applied when it came."""
        self.discarded: frozenset[int] = frozenset()
        self.positions: dict[Place, Position] = {}
        self.commands: dict[UUID, Claim] = {}
        self.meta: dict[int, Verified] = {}
        self.unknown: dict[UUID, tuple[Line, datetime, int]] = {}
        """What the other side claims to hold, until when it rests, and how long."""
        self.imported = False
        self.warning = ""
        self.checked_by = ""
        self.counted = 0
        """How many rows the outbox ever had."""
        self.numbers = 1000
        self.made_in = "the database"
        self._before: Mapping[str, object] = {}

    def begin(self) -> None:
        """Begin a transaction: what is written from here on may be undone."""
        assert not self._before, "a transaction within a transaction"
        self._before = vars(self).copy()

    def commit(self) -> None:
        """Let stand what was written since the transaction began."""
        self._before = {}

    def undo(self) -> None:
        """Undo what was written since the transaction began."""
        # With it goes the note that a transaction is under way: there was none before.
        vars(self).update(self._before)

    def own(self, name: str) -> dict[Any, Any]:
        """Return a table to write to; the first time in a transaction it is copied, as most tables are only read."""
        table: dict[Any, Any] = getattr(self, name)
        if table is self._before.get(name):
            table = table.copy()
            setattr(self, name, table)
        return table

    def snapshot(self) -> Mapping[str, object]:
        """Return a copy; the rows in it are immutable."""
        return {name: _copied(value) for name, value in vars(self).items()}

    def restore(self, snapshot: Mapping[str, object]) -> None:
        """Hold what was copied, as after a restore of the schema."""
        vars(self).update((name, _copied(value)) for name, value in snapshot.items())

    def insert(self, fresh: Sent) -> None:
        """Add a row to the outbox."""
        event = fresh.event
        twin = any(
            (sent.event.request_id, sent.event.version) == (event.request_id, event.version) and not sent.beaten
            for sent in self.outbox.values()
        )
        assert not twin or fresh.beaten, "two events of one version"
        assert event.id not in self.outbox
        self.counted += 1
        self.own("outbox")[event.id] = fresh

    def change(self, wanted: Callable[[Sent], bool], change: Callable[[Sent], Sent]) -> list[Sent]:
        """Change the wanted rows of the outbox; returns them as they were."""
        before = [sent for sent in self.outbox.values() if wanted(sent)]
        for sent in before:
            self.own("outbox")[sent.event.id] = change(sent)
        return before


def _copied(value: object) -> object:
    return value.copy() if isinstance(value, dict) else value
