"""How the three servers and the worker are, as facts; the words for them are the screen's."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from paydesk.domain.text import counted

KAFKA_AWAY = "Kafka does not answer."
KAFKA_ELSEWHERE = "Kafka answers at"
"""How the sentence begins that names an address which its clients are sent to and cannot reach."""
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


NOT_KNOWN = (
    "Whether anything was said later and never left cannot be known any more; the numbers of requests may have gaps."
)


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What a check of the own topic brought back into a schema that was lost or restored from a copy."""

    events: int
    at: datetime
    last_said_at: datetime
    age_s: float
    """How long ago it was, by the database's clock."""

    @property
    def sentences(self) -> str:
        """What is known again, and what cannot be known any more, in sentences."""
        many = counted(self.events, "event")
        return (
            f"{many} came back from the own topic at {self.at:%Y-%m-%d %H:%M:%S} UTC, the last one said at"
            f" {self.last_said_at:%Y-%m-%d %H:%M:%S} UTC. {NOT_KNOWN}"
        )


@dataclass(frozen=True, slots=True)
class Anew:
    """How far a schema is that is read for the first time, as after it was lost: what it shows may not be all."""

    read: int = 0
    """Messages of both topics that were dealt with."""
    of: int | None = None
    """Messages that both topics held when they were first looked at; None before Kafka answered."""

    @property
    def under_way(self) -> bool:
        """Whether there is more to read, as far as that is known."""
        return self.of is not None and self.read < self.of

    @property
    def incomplete(self) -> bool:
        """Whether there may be more than is shown."""
        return self.of is None or self.under_way

    @property
    def progress(self) -> str:
        """How far it is, as a sentence without its end."""
        if self.of is None:
            return "not read from Kafka yet, so there may be more"
        return f"reading anew, {self.read:,} of {self.of:,} so far"


@dataclass(frozen=True, slots=True)
class Health:
    """One reading of everything the health line tells."""

    postgres: Part = field(default_factory=Part)
    kafka: Part = field(default_factory=Part)
    redis: Part = field(default_factory=Part)
    duty: Duty = Duty.STARTING
    counted_s: float | None = None
    """How long ago the outbox was counted; None where it never was."""
    kafka_silent_s: float | None = None
    """How long ago Kafka answered last, while it does not; None where it never did."""
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
    anew: Anew | None = None
    """How far the first reading of this schema is; None once it was read whole."""
    brought_back: BroughtBack | None = None
    """What came back within the last hour from the own topic."""
    notice: str = ""
    """A line about servers that are still coming (first start), or empty."""
    trouble: str = ""
    """The last error of a worker thread, as a sentence; empty once it recovered."""
    topic_faults: tuple[str, ...] = ()
    """Settings of a topic on which a promise rests, and events that are too large for it, with what mends each."""
    memory_broker: bool = False
    label: str = ""
    """Which stack: ``embedded``, ``demo`` or the configured name."""

    @property
    def live(self) -> bool:
        """Whether rows change by themselves at once."""
        return self.postgres.state is PartState.OK and self.redis.state is PartState.OK
