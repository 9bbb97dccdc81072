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
