"""The background worker of a role: an outbound and an inbound thread around small steps, and how it is."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from paydesk.infra.core.errors import sentence_of
from paydesk.infra.core.health import Duty, Health
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.role import Role
from paydesk.infra.engine.inbox import Overtaken
from paydesk.infra.engine.relay import LeaseLost
from paydesk.infra.postgres.connection import is_transient, unreachable
from paydesk.infra.worker.context import OF_A_DESK, Ended, Use, WorkerContext, log
from paydesk.infra.worker.inbound import InboundThread
from paydesk.infra.worker.outbound import OutboundThread
from paydesk.settings import Servers

_BACK_OFF_S = (0.1, 5.0)


class Worker:
    """Relays and applies for one role while its process holds the lease; stands by otherwise.

    A worker that stands by keeps its clients connected, so that it carries on within a second.

    Args:
        role: The role.
        servers: The addresses of its servers.
        changed: Called, in either thread, with the requests that changed; None: nobody is.
        use: What it is used for.
    """

    def __init__(
        self,
        role: Role,
        servers: Servers,
        changed: Callable[[frozenset[UUID]], None] | None = None,
        use: Use = OF_A_DESK,
    ) -> None:
        self.context = WorkerContext(role, servers, changed, use)
        self._outbound = OutboundThread(self.context)
        sides = (("outbound", self._outbound.run), ("inbound", InboundThread(self.context).run))
        self._threads = [
            threading.Thread(target=self._run, args=side, daemon=True, name=f"{role.name}-{side[0]}") for side in sides
        ]

    @property
    def caught_up(self) -> bool:
        """Whether everything was applied that the other side had published when this worker first looked."""
        return self.context.caught_up.is_set()

    def start(self) -> None:
        """Start both threads; returns at once."""
        for thread in self._threads:
            thread.start()

    def nudge(self) -> None:
        """Say that something was committed to the outbox: relay it now."""
        self.context.nudged.set()

    def health(self) -> Health:
        """Return the last reading."""
        return self.context.health_state.health(self.context.servers.notice())

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop both threads and give up the lease; waits at most ``timeout_s`` seconds for each."""
        self.context.ending.set()
        self.context.nudged.set()
        self._outbound.wait_no_more()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout_s)

    def _run(self, name: str, work: Callable[[], None]) -> None:
        """Run one side for ever: trouble is told, logged, waited out, and met with new clients."""
        context, pause_s = self.context, _BACK_OFF_S[0]
        while not context.ending.is_set():
            started = time.monotonic()
            try:
                work()
                continue
            except Ended:
                break
            except (LeaseLost, Overtaken):
                log.info("%s: another worker of %s is at work", name, context.role.name)
            except BrokerTrouble as error:
                context.broker_trouble(name, error)
            except Exception as error:
                self._note_trouble(name, error)
            if time.monotonic() - started > _BACK_OFF_S[1]:
                pause_s = _BACK_OFF_S[0]
            context.ending.wait(pause_s)
            pause_s = min(pause_s * 2, _BACK_OFF_S[1])
        context.health_state.tell(duty=Duty.STOPPED)

    def _note_trouble(self, name: str, error: Exception) -> None:
        if is_transient(error) or getattr(error, "code", "") in ("server_down", "outcome_unknown"):
            log.warning("%s: %s", name, error)
            self.context.health_state.postgres_down(unreachable(error).message)
        else:
            log.error("%s", name, exc_info=error)
            self.context.health_state.trouble(name, f"The {name} worker failed: {sentence_of(error)}.")
