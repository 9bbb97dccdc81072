"""The storage port for writing: a transaction on the own schema, and its parts, each a protocol of a few methods.

What a part does belongs to the transaction: all of it happens, or nothing does. Ids may come in any order; an adapter
locks rows in the order of their ids, so that two transactions never wait for each other.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Requested
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import (
    Ack,
    Brought,
    Claim,
    Expected,
    Half,
    Head,
    Incoming,
    Known,
    Locks,
    Outgoing,
    OwnRow,
    Place,
    Position,
    ReceivedEvent,
    Refused,
    Row,
    Verified,
)

Register = RequestRegister | DecisionRegister


class Commands(Protocol):
    """Which commands ran, by their ids, so that the same command again has one effect."""

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        """Register the id of a command.

        Args:
            key: The id of the command.
            content_hash: The SHA-256 of its content, in hexadecimal.
            request_id: The request that the command is about.

        Returns:
            What the command did when it ran before; None where its id is new.
        """

    def known(self, key: UUID) -> Claim | None:
        """Return the result and the person of a command that ran before; None where its id is new. Writes nothing."""

    def note_changed(self, key: UUID) -> None:
        """Note that the command with this id changed something."""


class Numbers(Protocol):
    """The numbers by which people call requests: each stands for one request, gaps are possible."""

    def next(self) -> str | None:
        """Return the next number, as ``PR-1001``; None before the first check of who holds the lease is done."""

    def unnumbered(self) -> list[Row]:
        """Return this side's requests without a number, the oldest first, and lock them."""

    def holders(self, numbers: Collection[str]) -> Mapping[UUID, str]:
        """Return the requests that have one of these numbers, each with its number."""

    def raise_above(self, numbers: Collection[str]) -> None:
        """Let every number to come be above these, as far as ``counter_after`` follows them."""


class Requests(Protocol):
    """The requests: the own register of each, and the replica of the other side's."""

    def get(self, request_id: UUID) -> Row:
        """Return a request, locked until the transaction ends.

        Raises:
            UnknownRequest: There is no such request here.
        """

    def write(self, register: Register, content_hash: str, now: datetime) -> None:
        """Write an own register.

        Args:
            register: The new register of a request or of a decision.
            content_hash: The SHA-256, in hexadecimal, of the value of the event that carries it.
            now: When the row changes, by ``Storage.now``.
        """

    def write_all(self, registers: Sequence[tuple[Register, str]], now: datetime) -> None:
        """Write own registers, each of another request, by a statement or two.

        Args:
            registers: The registers, each with the hash that ``write`` takes.
            now: When the rows change, by ``Storage.now``.
        """

    def heads(self, ids: Collection[UUID], half: Half) -> Mapping[UUID, Head]:
        """Return the version, hash and outcome of one half of these requests, and lock them.

        Returns:
            The heads by request; a request that is not here has none.
        """

    def replace(self, newest: Sequence[ReceivedEvent], half: Half, now: datetime) -> None:
        """Replace one half of each request where the event is newer; one statement, never row by row.

        Args:
            newest: The events, each of another request, all with registers of this half.
            half: The half that the other side writes.
            now: When the rows change, by ``Storage.now``.
        """

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        """Return which of these requests are open with a withdrawal known, locked, in the order of ids."""

    def history(self, ids: Collection[UUID]) -> Mapping[UUID, Requested]:
        """Return what the contractor's side ever asked for by these requests.

        Returns:
            By request, from all events, superseded and reimported ones too; a request without an event here is left
            out.
        """


class RequestLocks(Protocol):
    """The requests that only a person can settle: those that this side locked, and those that the other side did."""

    def lock(self, reasons: Mapping[UUID, str], now: datetime) -> None:
        """Lock requests, known here or not.

        Args:
            reasons: By request, why, as a sentence; the first reason that a request was locked for stays.
            now: When they are locked, by ``Storage.now``.
        """

    def ids(self) -> list[UUID]:
        """Return the requests that this side locked, in the order of ids; none that only the other side did."""

    def mirror(self, locks: Locks, now: datetime) -> set[UUID]:
        """Note which of the requests here the other side has locked.

        A request that is not here is not made; where the list is not whole, nothing is cleared.

        Args:
            locks: The locks of the other side, as its digest states them.
            now: When that is noted, by ``Storage.now``.

        Returns:
            The requests of which that changed.
        """

    def note_settled(self, key: UUID, request_id: UUID, note: str, actor: str) -> None:
        """Keep this side's note on how a locked request was settled.

        Args:
            key: The id of the command.
            request_id: The locked request.
            note: The note, as ``checked_note`` returned it.
            actor: The person who settled it.
        """


class Outbox(Protocol):
    """The own events, as they were sent or will be."""

    def add(self, event: Outgoing) -> None:
        """Put an event into the outbox; two events of one version of a request are refused with the storage's error."""

    def unsent(self, most: int, without: Collection[UUID] = ()) -> list[Outgoing]:
        """Read the events that may leave now.

        Args:
            most: How many to return at most.
            without: The requests whose events are left out.

        Returns:
            The events, those of one request in the order of their versions.
        """

    def mark_sent(self, topic_id: str, acks: Sequence[Ack]) -> None:
        """Note where the log put events; what was held and is on the log is held no more."""

    def send_again(self, events: Iterable[UUID]) -> int:
        """Have these events sent again, with their stored bytes.

        One event is sent again at most once in a wait that doubles, from 30 s to an hour, and begins anew after a day.

        Returns:
            How many are sent again.
        """

    def renew(self, event_id: UUID, fresh: UUID, value: bytes, content_hash: str) -> None:
        """Give an event that never left another id and other bytes.

        Args:
            event_id: The id that it has.
            fresh: The id that it gets, in its headers too.
            value: Its new value.
            content_hash: The SHA-256 of that value, in hexadecimal.
        """

    def standing(self, ids: Collection[UUID]) -> list[OwnRow]:
        """Return every event of these requests that was not superseded, locked, in order of requests and versions."""

    def known(self, ids: Collection[str]) -> Mapping[str, Known]:
        """Return what is stored of the events with these ids; what is no UUID in its canonical form is no own event."""


class Holds(Protocol):
    """The events that wait for a while before they leave, so that they can be taken back."""

    def release(self, ids: Collection[UUID] | None, actor: str | None = None) -> int:
        """Release held events.

        Args:
            ids: The requests; None: all, but for those that ran out in a restored schema, of which a person is asked
                one by one.
            actor: The person whose events are released; None: whoever's.

        Returns:
            How many were released.
        """

    def release_due(self) -> set[UUID]:
        """Release the events whose hold ran out, by the storage's own time.

        Returns:
            Their requests.
        """

    def take_back(self, request_id: UUID, version: int) -> bool:
        """Delete a held event and restore the row before it.

        Returns:
            Whether it was still held; else nothing changed.
        """

    def ran_out(self) -> bool:
        """Return whether something is held whose time is over, by the storage's own time."""

    def keep_overdue(self) -> set[UUID]:
        """Keep holds that ran out while nobody looked, until a person releases them.

        Returns:
            Their requests.
        """


class Inbox(Protocol):
    """The messages that came, and where reading of each partition goes on."""

    def record(self, messages: Sequence[Incoming]) -> None:
        """Keep messages; one that is kept already stays as it is."""

    def values(self, request_id: UUID) -> Iterator[bytes]:
        """Yield the values of the messages about a request that were trusted, newest first."""

    def positions(self) -> Mapping[Place, Position]:
        """Return where reading goes on, by topic and partition."""

    def move(self, place: Place, known: Position | None, to: Position) -> bool:
        """Move the position of a partition.

        Args:
            place: The topic and the partition.
            known: The position that the caller knows; None: there is none yet.
            to: The position to go on from.

        Returns:
            False where it is another than ``known`` by now, as another worker moved it; nothing changed then.
        """


class Quarantine(Protocol):
    """The messages of the inbox that were not applied when they came, each by its number there."""

    def messages(self, numbers: Collection[int]) -> list[Refused]:
        """Return those with these numbers, redriven and discarded ones too, locked, in the order of numbers."""

    def parked(self, after: int, most: int) -> list[Refused]:
        """Return at most so many that are parked and not discarded, above a number, locked, in order of numbers."""

    def unsaid(self, after: int, most: int) -> list[Refused]:
        """Return those that answer an event that this side does not know, as ``parked`` does."""

    def retake(self, number: int, taken: Incoming, actor: str) -> None:
        """Write down what became of a message that ``actor`` redrove.

        Args:
            number: The number of the message.
            taken: What it turned out to be this time.
            actor: The person who redrove it, or the program.
        """

    def discard(self, number: int, why: str, actor: str) -> None:
        """Write down that ``actor`` gave up the message with this number, and why; its bytes stay."""


class TopicState(Protocol):
    """Up to where the topic that this side writes was compared with its outbox."""

    def verified(self, partition: int) -> Verified | None:
        """Return what was verified of a partition, locked; None where it was never read."""

    def set_verified(self, partition: int, verified: Verified) -> None:
        """Note what was verified of a partition."""

    def note_unexplained(self, sentence: str) -> None:
        """Note what the check of the topic could not explain; an empty sentence where it explained everything."""

    def forget_others(self, topic_id: str) -> None:
        """Make unsent again what was acknowledged on a topic with another id: that topic is no more."""

    def unsend_missing(self, topic_id: str, partition: int, after: int, present: Collection[str]) -> int:
        """Make unsent again what was acknowledged and is not on the topic any more.

        Args:
            topic_id: The id of the topic that was read.
            partition: The partition that was read.
            after: The offset above which it was read; -1: from its beginning.
            present: The ids of the events that are there.

        Returns:
            How many events are unsent again.
        """


class Reimport(Protocol):
    """Own events that come back from the topic, many at a time: each method is a statement or two."""

    def supersede(self, ids: Collection[UUID]) -> None:
        """Make these events history: another stands in their place; the ids of their commands are free again."""

    def bring_back(self, topic_id: str, brought: Sequence[Brought]) -> None:
        """Put events into the outbox in this order, and their commands among those that ran.

        A command that is known already stays as it is. Two events of one version of which both stand are refused with
        the storage's error.

        Args:
            topic_id: The id of the topic on which those with an acknowledgement stand; they count as sent.
            brought: The events.
        """

    def note(self, topic_id: str, count: int, last_said_at: datetime) -> None:
        """Add to what this check has brought back; ``SchemaState.note_checked`` ends the count.

        Args:
            topic_id: The id of the topic.
            count: How many events came back.
            last_said_at: When the newest of them was published.
        """


class Digests(Protocol):
    """What anti-entropy compares: what this side released, what it holds and what it refused of the other's."""

    def released(self) -> list[tuple[Line, UUID]]:
        """Return the newest line of each request that was sent, and the id of its event."""

    def held(self, half: Half) -> list[Line]:
        """Return the line of each request of which this half is known."""

    def refused(self) -> list[tuple[UUID, str]]:
        """Return request and content hash of the messages in quarantine that are about a request."""

    def known_hashes(self, hashes: Collection[str]) -> set[str]:
        """Return which of these content hashes are those of own events."""

    def note_unknown(self, lines: Sequence[Line]) -> None:
        """Keep, for a person to see, what the other side claims to hold and no own event is."""

    def resting(self, lines: Sequence[Line]) -> list[Line]:
        """Return which of these were noted a short while ago; the wait doubles, from 60 s to an hour."""

    def forget_unknown(self, ids: Collection[UUID]) -> None:
        """Forget such claims about these requests: the other side holds something that is known here."""


class SchemaState(Protocol):
    """What is known of the own schema as a whole: whether it may be trusted to speak for its side."""

    def copied(self) -> bool:
        """Return whether it is a copy: it was made in another database, and nobody adopted it here."""

    def checked(self) -> bool:
        """Return whether whoever holds the lease now has done its first check of this very schema."""

    def note_checked(self, holder: str) -> None:
        """Note that this holder of the lease, by its identity, has done its first check."""

    def was_lost(self) -> bool:
        """Return whether it was lost or restored once, and events were brought back from the topic."""


class Transaction(Protocol):
    """One transaction on the own schema. Everything in it happens or nothing does.

    What a method raises where the storage fails is ended by ``Storage.transaction``, which says what comes of it.
    """

    def expect(self, work: Expected) -> None:
        """Say what the transaction is for, so that what is asked first can be asked together.

        Each method does and returns what it would without this. A command's request is locked from here on, as are
        those that something was received about, and a relay's holds that ran out are released.
        """

    def now(self) -> datetime:
        """Return the storage's own time."""

    def new_id(self) -> UUID:
        """Return the id of a new event; ids are in the order of time."""

    @property
    def commands(self) -> Commands:
        """Which commands ran."""

    @property
    def numbers(self) -> Numbers:
        """The numbers by which people call requests."""

    @property
    def requests(self) -> Requests:
        """The requests."""

    @property
    def locks(self) -> RequestLocks:
        """The requests that only a person can settle."""

    @property
    def outbox(self) -> Outbox:
        """The own events."""

    @property
    def holds(self) -> Holds:
        """The own events that wait before they leave."""

    @property
    def inbox(self) -> Inbox:
        """The messages that came."""

    @property
    def quarantine(self) -> Quarantine:
        """The messages that were not applied."""

    @property
    def topic(self) -> TopicState:
        """Up to where the topic that this side writes was compared with its outbox."""

    @property
    def reimport(self) -> Reimport:
        """Own events that come back from the topic."""

    @property
    def digests(self) -> Digests:
        """What anti-entropy compares."""

    @property
    def schema(self) -> SchemaState:
        """What is known of the own schema as a whole."""
