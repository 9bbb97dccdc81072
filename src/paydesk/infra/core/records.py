"""What crosses the ports: rows, events on their way out and in, records of the log, and how far each was dealt with."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Event
from paydesk.domain.payment_request import RequestRegister

Half = Literal["request", "decision"]
Place = tuple[str, int]
"""A topic and a partition of it."""
UNREADABLE = "cannot be read,"
UNSAID = "not said by this side:"
"""How the reason begins of a message that answers what this side never published, as far as it knows now."""
PEER_LOCKED = "the other side has locked it"


@dataclass(frozen=True, slots=True)
class Row:
    """One request as the own schema holds it, locked until the transaction ends."""

    id: UUID
    request: RequestRegister | None
    decision: DecisionRegister | None
    decision_hash: str | None = None
    """SHA-256, in hexadecimal, of the event that states the decision register."""
    revision_received_at: datetime | None = None
    locked: bool = False
    """By this side, or by the other as its digests say."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event of the outbox, with its exact bytes."""

    id: UUID
    request_id: UUID
    version: int
    type: str
    topic: str
    key: bytes
    headers: Sequence[tuple[str, str]]
    value: bytes
    content_hash: str
    actor: str
    command_id: str
    said_at: datetime
    hold_until: datetime | None = None
    """Not sent before it is cleared; by the database's clock."""
    previous: Row | None = None
    """The row before a held event, so that undo can restore it."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Where the log put one event."""

    id: UUID
    partition: int
    offset: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Brought:
    """One event that an import puts into the outbox; it is not held."""

    event: Outgoing
    ack: Ack | None = None
    """Where it stands on the topic; None: it is published again now, and has yet to be sent."""
    command_hash: str = ""
    stands: bool = True
    """Whether it stands, and its command is done; else it is history."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the schema holds of one half of a request: version, content hash, and the request's outcome."""

    version: int | None
    content_hash: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The last record of the own topic up to which everything was read or acknowledged without a gap."""

    topic_id: str
    offset: int | None = None
    event_id: str | None = None
    appended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where reading of a partition goes on."""

    topic_id: str
    next_offset: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message of the log."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    value: bytes | None
    appended_at: datetime | None
    unreadable: str = ""
    """What of it could not be read, as a sentence that begins with ``UNREADABLE``; such a message is never taken in."""

    @property
    def place(self) -> Place:
        """Topic and partition."""
        return self.topic, self.partition


@dataclass(frozen=True, slots=True)
class Known:
    """What the outbox holds of an event whose id a message of the own topic carries."""

    key: bytes
    headers: Sequence[Sequence[str]]
    content_hash: str
    sent: bool
    offset: int | None = None
    """Where it stands as far as is noted; kept when it is to be sent again."""

    def matches(self, record: Record) -> bool:
        """Whether the message is that event, byte by byte: anybody with the writer's login can name an id."""
        headers = [(name, text.encode()) for name, text in self.headers]
        digest = hashlib.sha256(record.value or b"").hexdigest()
        return (self.key, headers, self.content_hash) == (record.key, list(record.headers), digest)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message for the inbox, and what became of it."""

    source: str
    event_id: str
    request_id: UUID | None
    version: int | None
    type: str | None
    topic_id: str
    record: Record
    became: str
    reason: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """One message of the inbox that was not applied when it came, as its record was; its row locked."""

    number: int
    """Its place in the inbox, by which persons name it."""
    record: Record
    topic_id: str
    became: str
    reason: str
    request_id: UUID | None
    discarded: bool


@dataclass(frozen=True, slots=True)
class Locks:
    """Which requests the other side has locked, as its digest says; ``whole``: there are no others."""

    ids: frozenset[UUID]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """What a command that ran before did."""

    content_hash: str
    request_id: UUID
    changed: bool
    actor: str | None = None
    """Who gave it, where its event tells."""


@dataclass(frozen=True, slots=True)
class ExpectedCommand:
    """The command that a transaction is opened for."""

    request_id: UUID
    content_hash: str
    key: UUID | None = None
    """Its id, where nothing has to be known before that is registered."""


@dataclass(frozen=True, slots=True)
class ExpectedRelay:
    """What a relay asks for in the transaction that it opens."""

    most: int
    """How many events it takes at most."""
    without: Sequence[UUID] = ()
    """The requests whose events are left out."""


@dataclass(frozen=True, slots=True)
class ExpectedArrival:
    """What was received, and is applied in the transaction that is opened."""

    ids: frozenset[UUID]
    """The requests that it is about."""
    half: Half


Expected = ExpectedCommand | ExpectedRelay | ExpectedArrival


@dataclass(frozen=True, slots=True)
class Reading:
    """What one read brought."""

    records: Sequence[Record] = ()
    ended: frozenset[Place] = frozenset()
    """Partitions whose end was reached after these records."""
    lost: frozenset[Place] = frozenset()
    """Partitions that hold nothing at the offset that was asked for."""


@dataclass(frozen=True, slots=True)
class OwnRow:
    """What the outbox knows of one event of its own."""

    id: UUID
    request_id: UUID
    version: int
    type: str
    content_hash: str
    value: bytes
    ever_acked: bool
    said_at: datetime


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event of the other side that decoded fully and came from its rightful writer."""

    event: Event
    content_hash: str
    """SHA-256 of the message's value, in hexadecimal."""
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch did to the copy."""

    newer: frozenset[UUID]
    """Event ids that replaced what the replica held; the others of the batch were stale."""
    forked: frozenset[tuple[UUID, str]] = frozenset()
    """Event ids and hashes of another content for a version that is held: quarantined, for their writer to settle."""
    flipping: frozenset[tuple[UUID, str]] = frozenset()
    """Event ids and content hashes that would replace a published final outcome: quarantined, their request locked."""
    unfounded: Mapping[tuple[UUID, str], tuple[str, str]] = field(default_factory=dict)
    """By event id and content hash, what became of events that answer nothing that this side published, and why."""
    changed: frozenset[UUID] = frozenset()
    """Requests whose row changed, for the hint."""
    answered: frozenset[UUID] = frozenset()
    """Requests of which the handler published something itself, in the same transaction."""
