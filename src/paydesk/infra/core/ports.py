"""What the event core needs from outside, as ports: a transaction and a lease of PostgreSQL, a log of Apache Kafka."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Requested
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.digest import Line
from paydesk.infra.core.ports_imports import Imports
from paydesk.infra.core.ports_numbers import Numbers
from paydesk.infra.core.ports_refused import RefusedMessages
from paydesk.infra.core.records import (
    Ack,
    Claim,
    Half,
    Head,
    Heard,
    Incoming,
    Known,
    Locks,
    Outgoing,
    OwnRow,
    Place,
    Position,
    Reading,
    Row,
    Verified,
)


class Transaction(RefusedMessages, Numbers, Imports, Protocol):
    """One transaction on the own schema. Everything in it happens or nothing does."""

    def now(self) -> datetime:
        """Return the storage's own time."""

    def new_id(self) -> UUID:
        """Return the id of a new event."""

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        """Register a command's id; returns what it did when it was known already, else None."""

    def known(self, key: UUID) -> Claim | None:
        """Return what a command did that ran before, and who gave it; None when there was none. Registers nothing."""

    def copied(self) -> bool:
        """Return whether the own schema is a copy: it was made in another database, and nobody adopted it here."""

    def note_changed(self, key: UUID) -> None:
        """Note that the command changed something."""

    def row(self, request_id: UUID) -> Row:
        """Return a request, locked. Raises ``UnknownRequest``."""

    def write_request(self, register: RequestRegister, content_hash: str, now: datetime) -> None:
        """Write the own request register."""

    def write_decision(self, register: DecisionRegister, content_hash: str, now: datetime) -> None:
        """Write the own decision register."""

    def add(self, event: Outgoing) -> None:
        """Put an event into the outbox; two events of one version collide here."""

    def release(self, ids: Collection[UUID] | None, actor: str | None = None) -> int:
        """Release held events of these requests, of this actor when given; returns how many.

        None: of all, but for those that ran out in a restored schema, of which a person is asked one by one.
        """

    def take_back(self, request_id: UUID, version: int) -> bool:
        """Delete a held event and restore the row before it; returns whether it was still held."""

    def heard_values(self, request_id: UUID) -> Iterator[bytes]:
        """Yield the values of what was heard of a request, newest first, as far as it was trusted."""

    def release_due(self) -> set[UUID]:
        """Release the events whose hold ran out; returns their requests."""

    def unsent(self, most: int, without: Collection[UUID] = ()) -> list[Outgoing]:
        """Return the events that may leave now, each request's in order of its versions, but of these requests."""

    def mark_sent(self, topic_id: str, acks: Sequence[Ack]) -> None:
        """Note where the log put events."""

    def forget_other_topics(self, topic_id: str) -> None:
        """Make everything that was acknowledged on a topic that is no more unsent again."""

    def known_events(self, ids: Collection[str]) -> Mapping[str, Known]:
        """Return what the outbox knows of the events with these ids."""

    def unsend_missing(self, topic_id: str, partition: int, after: int, found: Collection[str]) -> int:
        """Make unsent again what was acknowledged above ``after`` and is not among ``found``; returns how many."""

    def own_rows(self, ids: Collection[UUID]) -> list[OwnRow]:
        """Return every event that was said of these requests and stands, their rows locked."""

    def checked(self) -> bool:
        """Whether whoever holds the lease now has done its first check of this very schema."""

    def note_checked(self, holder: str) -> None:
        """Note that this holder of the lease has done its first check."""

    def holds_ran_out(self) -> bool:
        """Return whether something is held whose time is over."""

    def keep_overdue(self) -> set[UUID]:
        """Keep held what ran out while nobody looked, until a person says so; returns the requests."""

    def verified(self, partition: int) -> Verified | None:
        """Return what was verified of the own topic's partition."""

    def set_verified(self, partition: int, verified: Verified) -> None:
        """Note what was verified."""

    def set_amiss(self, sentence: str) -> None:
        """Note what the check of the own topic found and could not explain; empty when all is well."""

    def heads(self, ids: Sequence[UUID], half: Half) -> Mapping[UUID, Head]:
        """Return what the copy holds of these requests; rows are locked in the order of ids."""

    def replace(self, newest: Sequence[Heard], half: Half, now: datetime) -> None:
        """Replace one half of each request where the event is newer; one statement, never row by row."""

    def lock_requests(self, reasons: Mapping[UUID, str], now: datetime) -> None:
        """Mark requests that only a person can settle, known here or not, and why; the first reason stays."""

    def note_settled(self, key: UUID, request_id: UUID, note: str, actor: str) -> None:
        """Keep this side's word on how a locked request was settled."""

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        """Return which of these are open with a withdrawal known, locked, in the order of ids."""

    def record(self, messages: Sequence[Incoming]) -> None:
        """Keep what was heard; a message that is kept already stays as it is."""

    def released(self) -> list[tuple[Line, UUID]]:
        """Return the newest released line of each request, and the id of its event."""

    def held_lines(self, half: Half) -> list[Line]:
        """Return what the copy holds of the other side's half."""

    def refused(self) -> list[tuple[UUID, str]]:
        """Return request and content hash of what was not applied though its writer may say it."""

    def said_hashes(self, hashes: Collection[str]) -> set[str]:
        """Return which of these content hashes the outbox knows."""

    def locked_ids(self) -> list[UUID]:
        """Return the requests that only a person can settle, as this side found, without the other's locks."""

    def mirror_locks(self, locks: Locks, now: datetime) -> set[UUID]:
        """Note which of the requests here the other side has locked; returns those of which that changed.

        A request that is not here is not made; where the list is not whole, nothing is cleared.
        """

    def send_again(self, events: Iterable[UUID]) -> int:
        """Have these events sent again, with their stored bytes; returns how many.

        The same event is, at most once in a wait that doubles, from 30 s to an hour, and begins anew after a day.
        """

    def resting(self, lines: Sequence[Line]) -> list[Line]:
        """Return which of these, unknown to this side, were looked for a short while ago; the wait doubles."""

    def note_unknown(self, lines: Sequence[Line]) -> None:
        """Keep what the other side claims to hold and what this side never said, for a person to see."""

    def forget_unknown(self, ids: Collection[UUID]) -> None:
        """Forget such claims about these requests: the other side holds something that is known here."""

    def requested(self, ids: Sequence[UUID]) -> Mapping[UUID, Requested]:
        """Return what was ever said of these requests by the contractor's side, beaten and brought back included."""

    def was_lost(self) -> bool:
        """Whether this schema was lost or restored once, and brought back what it had said."""

    def positions(self) -> Mapping[Place, Position]:
        """Return where reading goes on, by topic and partition."""

    def move(self, place: Place, known: Position | None, to: Position) -> bool:
        """Move a position from what is believed to be there; returns False when somebody else moved it."""


class Lease(Protocol):
    """One contender for the right to work for a role; owned by one thread, but ``held`` may be read by any."""

    @property
    def identity(self) -> str:
        """Who holds it, once it is held; no later holder has the same."""

    @property
    def held(self) -> bool:
        """Whether this process may act for its role right now."""

    def take(self) -> bool:
        """Try to take the lease, waiting a moment for it."""

    def beat(self) -> bool:
        """Show that the holder lives, when it is time; returns whether the lease is still held."""

    def wanted(self) -> bool:
        """Whether another process waits for it."""


class LogReader(Protocol):
    """A reader of the log, owned by one thread. Every call may raise ``BrokerTrouble``."""

    def identity(self, topic: str) -> tuple[str, int] | None:
        """Return the topic's id, which changes when it is made anew, and its partitions; None while it is missing."""

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        """Read these partitions from these offsets on; None: from the beginning."""

    def read(self, wait_s: float, most: int) -> Reading:
        """Return what is there, waiting for the first record at most ``wait_s`` seconds."""

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell lag tools how far reading came; safety never rests on it."""

    def committed(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Return how far lag tools were told that reading came, where that is known."""

    def close(self) -> None:
        """Let go of the log."""


class LogWriter(Protocol):
    """A writer of the own topic, owned by one thread. Every call may raise ``BrokerTrouble``."""

    too_large: frozenset[UUID]
    """Of the events last appended, the ids of those that are larger than the topic takes."""

    def identity(self) -> tuple[str, int]:
        """Return the own topic's id and its partitions; the topic is made when missing."""

    def append(self, events: Sequence[Outgoing], beat: Callable[[], bool]) -> list[Ack]:
        """Append events in order and return the acknowledged ones; ``beat`` keeps the lease meanwhile."""

    def close(self) -> None:
        """Let go of the log; what is not acknowledged is dropped."""


class BrokerTrouble(Exception):
    """The log is away or refuses; waiting or new clients help, no message is to blame. ``hint``: what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class NoRight(BrokerTrouble):
    """The log answers, and does not let this login do what it needs; the other thread of a worker may go on."""
