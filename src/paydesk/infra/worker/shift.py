"""What the two threads of a worker share: who they work for, what they tell, and how they hear of the end."""

import logging
import threading
from collections.abc import Callable
from uuid import UUID

from paydesk.infra.core.ports import BrokerTrouble, NoRight
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.storage import Store
from paydesk.infra.recovery.anti_entropy import AntiEntropy
from paydesk.infra.worker.board import Board
from paydesk.settings import Endpoints, Servers

log = logging.getLogger("paydesk.worker")

POLL_S = 0.1
"""How long a thread that has nothing to do waits before it looks whether to end."""
IDLE_S = 0.2
"""How long the outbound thread waits for a nudge before it looks by itself."""

_RIGHT_S = 12.0
"""A right that is missing is told for so long: longer than the worker waits between two tries."""


class Ended(Exception):
    """The worker was told to stop while it waited for a server."""


class Shift:
    """One worker's time at work, from start to stop."""

    def __init__(
        self,
        role: Role,
        servers: Servers,
        changed: Callable[[frozenset[UUID]], None],
        *,
        brief: bool = False,
        sends: bool = True,
        shared: Store | None = None,
    ) -> None:
        self.role = role
        self.servers = servers
        self.changed = changed
        self.brief = brief
        """For one command only: what can be left to workers that stay is left to them."""
        self.sends = sends
        """Off for whoever only reads: the other side's events are let in, nothing is sent, who sends goes first."""
        self._shared = shared
        self.board = Board()
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
        found = self.servers.endpoints(self.role.name)
        self.board.tell(label=found.label, memory_broker=found.memory_broker)
        return found

    def store(self, database_url: str) -> Store:
        """Return a store for one thread to close: on the connections that the process shares, or on new ones."""
        return self._shared.beside() if self._shared is not None else Store(database_url, self.role)

    def go_on(self) -> None:
        """Raise ``Ended`` once the worker was told to stop."""
        if self.ending.is_set():
            raise Ended

    def heard_of_trouble(self, sentence: str) -> None:
        """Take a client's word that the broker is away, and have it looked after."""
        self.board.kafka_down(sentence)
        self.doubted.set()
        self.nudged.set()

    def broker_trouble(self, thread: str, error: BrokerTrouble) -> None:
        """Tell and log that the broker is away, or which right it does not give to this thread."""
        log.warning("%s: %s", thread, error)
        if isinstance(error, NoRight):
            self.board.kafka_ok()
            self.board.trouble(thread, f"{error} {error.hint}", _RIGHT_S)
        else:
            self.board.kafka_down(str(error))
