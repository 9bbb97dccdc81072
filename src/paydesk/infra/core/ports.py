"""What the event core needs from outside, as ports: a lease of PostgreSQL, and a log of Apache Kafka.

The storage has a file of its own, ``transaction``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from paydesk.infra.core.records import Ack, Outgoing, Place, Reading


class Lease(Protocol):
    """One contender for the right to work for a role; owned by one thread, but ``held`` may be read by any."""

    @property
    def identity(self) -> str:
        """The name of this holder, once the lease is held; no later holder has the same."""

    @property
    def held(self) -> bool:
        """Whether this process may act for its role right now."""

    def take(self) -> bool:
        """Try to take the lease, and wait a moment for it.

        Returns:
            Whether it is held now.
        """

    def beat(self) -> bool:
        """Show that the holder lives, when it is time.

        Returns:
            Whether the lease is still held.
        """

    def wanted(self) -> bool:
        """Return whether another process waits for the lease."""


class LogReader(Protocol):
    """A reader of the log, owned by one thread.

    Raises:
        BrokerTrouble: From any method, where the broker is away or refuses.
    """

    def identity(self, topic: str) -> tuple[str, int] | None:
        """Return the id of a topic, which changes when it is made anew, and how many partitions it has.

        Returns:
            None while there is no such topic.
        """

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        """Read partitions from now on; the others go on as they were.

        Args:
            starts: The offset of the first message to read in each partition; None: from the beginning.
        """

    def read(self, wait_s: float, most: int) -> Reading:
        """Read the next messages.

        Args:
            wait_s: The seconds to wait for the first message.
            most: How many messages to return at most.

        Returns:
            The messages, and the partitions that were read to their end or hold nothing at their offset.
        """

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Publish the next offset to read of each partition, for lag tools; safety never rests on it."""

    def committed(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Return the offsets that ``commit`` has published for these partitions, where they are known."""

    def close(self) -> None:
        """Disconnect from the log."""


class LogWriter(Protocol):
    """A writer of the own topic, owned by one thread.

    Raises:
        BrokerTrouble: From any method, where the broker is away or refuses.
    """

    too_large: frozenset[UUID]
    """Of the events last appended, the ids of those that are larger than the topic takes."""

    def identity(self) -> tuple[str, int]:
        """Return the id of the own topic and how many partitions it has; the topic is made where it is missing."""

    def append(self, events: Sequence[Outgoing], beat: Callable[[], bool]) -> list[Ack]:
        """Append events in their order.

        Args:
            events: The events; those larger than the topic takes are left out, and noted in ``too_large``.
            beat: Called meanwhile; keeps the lease, and returns whether it is still held.

        Returns:
            Where the log put those that it acknowledged.

        Raises:
            BrokerTrouble: Nothing was acknowledged, or this writer is of no more use.
        """

    def close(self) -> None:
        """Disconnect from the log; what is not acknowledged is dropped."""


class BrokerTrouble(Exception):
    """The log is away or refuses; waiting or new clients help, no message is to blame. ``hint``: what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class NoRight(BrokerTrouble):
    """The log answers, and does not let this login do what it needs; the other thread of a worker may go on."""
