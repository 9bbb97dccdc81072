"""How the three servers and the worker are, as facts; the words for them are the screen's."""

from dataclasses import dataclass, field
from enum import StrEnum

KAFKA_REFUSED = "Kafka refused the login: check its user name and password."


class PartState(StrEnum):
    """How one part is."""

    COMING = "coming"
    """Not reached yet, and nothing has failed."""
    OK = "ok"
    DOWN = "down"


class Duty(StrEnum):
    """What this process's worker is doing for its role."""

    STARTING = "starting"
    CHECKING = "checking"
    """Holds the lease; the first check of the own topic is under way."""
    WORKING = "working"
    STANDBY = "standby"
    """Another process of this role holds the lease."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Part:
    """One server as this process sees it; ``error`` is one plain sentence, empty when all is well."""

    state: PartState = PartState.COMING
    error: str = ""
    ms: float | None = None
    """The last round trip in milliseconds, where one is measured."""


@dataclass(frozen=True, slots=True)
class Health:
    """One reading of everything the health line tells."""

    postgres: Part = field(default_factory=Part)
    kafka: Part = field(default_factory=Part)
    redis: Part = field(default_factory=Part)
    duty: Duty = Duty.STARTING
    unsent: int = 0
    """Events in the outbox that the broker has not acknowledged, held ones not counted."""
    oldest_unsent_s: float = 0.0
    lag: int | None = None
    """Events of the other side not applied yet; None while unknown."""
    quarantined: int = 0
    parked: int = 0
    locked: int = 0
    lost: tuple[str, ...] = ()
    """What people said and what does not stand, as another version was published: number and who."""
    notice: str = ""
    """A line about servers that are still coming (first start), or empty."""
    trouble: str = ""
    """The last error of a worker thread, as a sentence; empty once it recovered."""
    memory_broker: bool = False
    label: str = ""
    """Which stack: ``embedded``, ``demo`` or the configured name."""

    @property
    def live(self) -> bool:
        """Whether rows change by themselves at once."""
        return self.postgres.state is PartState.OK and self.redis.state is PartState.OK
