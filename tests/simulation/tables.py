"""What one side stores, in memory: immutable rows in dicts, so that a snapshot is cheap."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
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


@dataclass
class Tables:
    """Everything one side stores."""

    copy: dict[UUID, Kept] = field(default_factory=dict)
    outbox: dict[UUID, Sent] = field(default_factory=dict)
    inbox: dict[tuple[str, str], Incoming] = field(default_factory=dict)
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By its number, the key in ``inbox`` of what was not applied when it came."""
    discarded: set[int] = field(default_factory=set)
    positions: dict[Place, Position] = field(default_factory=dict)
    commands: dict[UUID, Claim] = field(default_factory=dict)
    meta: dict[int, Verified] = field(default_factory=dict)
    unknown: dict[UUID, tuple[Line, datetime, int]] = field(default_factory=dict)
    """What the other side claims to hold, until when it rests, and how long."""
    imported: bool = False
    amiss: str = ""
    checked_by: str = ""
    counted: int = 0
    """How many rows the outbox ever had."""
    numbers: int = 1000
    made_in: str = "the database"

    def snapshot(self) -> "Tables":
        """Return a copy; what it holds is immutable."""
        fresh = Tables.__new__(Tables)
        there = fresh.__dict__
        there.update(self.__dict__)
        for name in _SHARED:
            there[name] = there[name].copy()
        return fresh

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
        self.outbox[event.id] = fresh

    def change(self, wanted: Callable[[Sent], bool], change: Callable[[Sent], Sent]) -> list[Sent]:
        """Change the wanted rows of the outbox; returns them as they were."""
        found = [sent for sent in self.outbox.values() if wanted(sent)]
        for sent in found:
            self.outbox[sent.event.id] = change(sent)
        return found


_SHARED = tuple(each.name for each in fields(Tables) if each.default_factory is not MISSING)
"""What a copy must not share with its original. Every transaction begins with a copy, so this is known beforehand."""
