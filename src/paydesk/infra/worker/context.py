"""What the two threads of a worker share: who they work for, what they tell, and how they learn of the end."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from weakref import WeakSet

from paydesk.infra.core.awaited import Awaited
from paydesk.infra.core.health import KAFKA_AWAY, KAFKA_ELSEWHERE, KAFKA_REFUSED, Health, Part, PartState
from paydesk.infra.core.ports import BrokerTrouble, NoRight
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.storage import Store
from paydesk.infra.recovery.anti_entropy import AntiEntropy
from paydesk.settings import Endpoints, Servers

SILENT_S = 6.0
"""After so many seconds without an answer PostgreSQL counts as away; an answer usually takes milliseconds."""


class HealthState:
    """One ``Health`` that several threads keep; the error of a thread stays until that thread recovered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._health = Health()
        self._troubles: dict[str, str] = {}
        self._counted_at: float | None = None
        self._kafka_at: float | None = None
        self._until: dict[str, float] = {}
        self._awaited: WeakSet[Awaited] = WeakSet()

    def watch(self, awaited: Awaited) -> None:
        """Look from now on at how long PostgreSQL leaves these without an answer."""
        with self._lock:
            self._awaited.add(awaited)

    def health(self, notice: str) -> Health:
        """Return the last reading, with the age of each part that is no longer measured."""
        with self._lock:
            silent_s = max((awaited.silent_s() for awaited in self._awaited), default=0.0)
            frozen = Part(PartState.DOWN, f"PostgreSQL has not answered for {silent_s:.0f} s.")
            return replace(
                self._health,
                postgres=frozen if silent_s > SILENT_S else self._health.postgres,
                trouble=" ".join(self._troubles.values()),
                notice=notice,
                counted_s=_age(self._counted_at),
                kafka_silent_s=_age(self._kafka_at),
            )

    def tell(self, **facts: Any) -> None:
        """Write down facts of ``Health``."""
        with self._lock:
            self._health = replace(self._health, **facts)
            if "unsent" in facts:
                self._counted_at = time.monotonic()
            if "kafka" in facts and facts["kafka"].state is PartState.OK:
                self._kafka_at = time.monotonic()

    def postgres_down(self, sentence: str) -> None:
        """Write down that the database does not answer."""
        self.tell(postgres=Part(PartState.DOWN, sentence))

    def kafka_down(self, sentence: str) -> None:
        """Write down why the broker cannot be used; that it refused the login stays until it answers."""
        down = Part(PartState.DOWN, sentence)
        with self._lock:
            known = self._health.kafka.error
            tells_less = sentence == KAFKA_AWAY and known.startswith(KAFKA_ELSEWHERE)
            if known != KAFKA_REFUSED and not tells_less:
                self._health = replace(self._health, kafka=down)

    def kafka_ok(self) -> None:
        """Write down that the broker answered."""
        self.tell(kafka=Part(PartState.OK))

    def trouble(self, thread: str, sentence: str, at_least_s: float = 0.0) -> None:
        """Keep what went wrong in a thread, for so long even where the thread does something meanwhile."""
        with self._lock:
            self._troubles[thread] = sentence
            self._until[thread] = time.monotonic() + at_least_s

    def recovered(self, thread: str) -> None:
        """Forget what went wrong in a thread: it does its work again."""
        with self._lock:
            if time.monotonic() >= self._until.get(thread, 0.0):
                self._troubles.pop(thread, None)


def _age(at: float | None) -> float | None:
    return None if at is None else time.monotonic() - at


log = logging.getLogger("paydesk.worker")

POLL_S = 0.1
"""How long a thread that has nothing to do waits before it looks whether to end."""
IDLE_S = 0.2
"""How long the outbound thread waits for a nudge before it looks by itself."""

_RIGHT_S = 12.0
"""A right that is missing is told for so long: longer than the worker waits between two tries."""


class Ended(Exception):
    """The worker was told to stop while it waited for a server."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a worker is used for: by a desk as long as that is open, or by a command."""

    brief: bool = False
    """For one command only: what can be left to workers that stay is left to them."""
    sends: bool = True
    """Off for whoever only reads: the other side's events are let in, nothing is sent, who sends goes first."""
    shared: Store | None = None
    """The store whose connections both threads use, as a command has few; None: each makes its own."""


OF_A_DESK = Use()


class WorkerContext:
    """One worker's time at work, from start to stop.

    Args:
        role: The role.
        servers: The addresses of its servers.
        changed: Called with the requests that changed, as ``Worker`` takes it.
        use: What the worker is used for.
    """

    def __init__(
        self, role: Role, servers: Servers, changed: Callable[[frozenset[UUID]], None] | None, use: Use = OF_A_DESK
    ) -> None:
        self.role = role
        self.servers = servers
        self.changed = changed or (lambda _: None)
        self.brief, self.sends, self._shared = use.brief, use.sends, use.shared
        self.health_state = HealthState()
        self.ending = threading.Event()
        self.nudged = threading.Event()
        self.may_apply = threading.Event()
        """Set while this worker holds the lease and has checked its own topic."""
        self.doubted = threading.Event()
        """Set when a client said that the broker is away, until it was asked."""
        self.caught_up = threading.Event()
        self.entropy: AntiEntropy | None = None
        """Made by the outbound thread before ``may_apply`` is set for the first time."""

    def endpoints(self) -> Endpoints:
        """Return where the servers are now."""
        endpoints = self.servers.endpoints(self.role.name)
        self.health_state.tell(label=endpoints.label, memory_broker=endpoints.memory_broker)
        return endpoints

    def store(self, database_url: str) -> Store:
        """Return a store for one thread to close: on the connections that the process shares, or on new ones."""
        store = self._shared.beside() if self._shared is not None else Store(database_url, self.role)
        self.health_state.watch(store.awaited)
        return store

    def go_on(self) -> None:
        """Raise ``Ended`` once the worker was told to stop."""
        if self.ending.is_set():
            raise Ended

    def suspect_broker(self, sentence: str) -> None:
        """Take a client's word that the broker is away, and have it looked after."""
        self.health_state.kafka_down(sentence)
        self.doubted.set()
        self.nudged.set()

    def broker_trouble(self, thread: str, error: BrokerTrouble) -> None:
        """Tell and log that the broker is away, or which right it does not give to this thread."""
        log.warning("%s: %s", thread, error)
        if isinstance(error, NoRight):
            self.health_state.kafka_ok()
            self.health_state.trouble(thread, f"{error} {error.hint}", _RIGHT_S)
        else:
            self.health_state.kafka_down(str(error))
