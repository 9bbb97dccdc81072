"""The stage of the demo: a stack in a fresh private folder, both sides on it, and its end, whatever ends it."""

import contextlib
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.role import Role
from paydesk.manager.role import ROLE as MANAGER
from paydesk.settings import Endpoints
from paydesk.settings_file import read_settings
from paydesk.stack.embedded import EmbeddedStack, reset, status
from paydesk.stack.errors import StackError
from paydesk.stack.home import Folder

ASKS, DECIDES = "studio-nord", "accounts"
"""Who asks and who decides in the demo."""
HOLD_S = 2.0
_IDLE_S = 3.0
"""A killed demo uses nothing any more: its servers may go soon."""
_START_S = 300.0
_POLL_S = 0.05
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StepFailed(PaydeskError):
    """A step of the walk-through did not happen."""

    code = "server_down"


class Stage:
    """Its servers, deleted at the end; meets ``paydesk.settings.Servers`` for its desks.

    A killed demo's servers end by themselves, and delete their folder.
    """

    def __init__(self) -> None:
        self.roles: tuple[Role, Role] = (CONTRACTOR, MANAGER)
        self.started_at = time.monotonic()
        self.ready_after_s = 0.0
        self.memory_broker = self._over = False
        self._broker: int | None = None
        self._signals = contextlib.ExitStack()

    def __enter__(self) -> "Stage":
        self._signals.enter_context(_handled(_end))
        try:
            with _not_to_be_cut_short():
                self.home = Path(tempfile.mkdtemp(prefix="paydesk-demo-"))
                Folder(self.home).write("options.json", {"deleted_at_end": True})
                self.servers = EmbeddedStack(self.home, "demo", _IDLE_S, read_settings().for_supervisor)
                self.servers.start()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with _not_to_be_cut_short():
            self._over = True
            if hasattr(self, "servers"):
                self.servers.leave()
            if hasattr(self, "home"):
                self._delete()
        self._signals.close()

    def _delete(self) -> None:
        # Whoever starts the servers holds this lock: a thread that is doing so has done it then, and none may later.
        with contextlib.suppress(StackError, OSError), Folder(self.home).lock("start"):
            reset(self.home, though_open=True)

    def wait_until_ready(self, tell: Callable[[str], object]) -> None:
        """Wait for all three servers; what they are doing is told when it changes. Raises ``StepFailed``."""
        last, until = "", time.monotonic() + _START_S
        while True:
            endpoints = self.servers.endpoints("contractor")
            if endpoints.kafka is not None and endpoints.redis_url is not None:
                self.memory_broker = endpoints.memory_broker
                break
            notice = self.servers.notice().removesuffix("; what you save is kept")
            if notice and notice != last:
                last = notice
                tell(notice)
            if time.monotonic() > until:
                raise StepFailed("The demo stopped at: servers ready.", notice)
            time.sleep(_POLL_S)
        self.ready_after_s = time.monotonic() - self.started_at
        self._broker = self._broker_pid()

    def endpoints(self, role: str) -> Endpoints:
        """Return the addresses of a role's login; waits for PostgreSQL. Raises ``StackError`` once the demo ends."""
        if self._over:
            raise StackError("The demo has ended.")
        return self.servers.endpoints(role)

    def mend(self) -> bool:
        """Make anew what is gone of logins, rights and schemas."""
        return self.servers.mend()

    def notice(self) -> str:
        """Return a line about servers that are still coming."""
        return self.servers.notice()

    def leave(self) -> str:
        """Nothing: a desk of the demo leaves, and the stage stays until its own end."""
        return ""

    def url(self, role: Role) -> str:
        """Return the database URL of a role."""
        return self.servers.endpoints(role.name).database_url

    def memory(self) -> int:
        """Return what the servers hold, in bytes."""
        return status(self.home).memory

    def disk(self) -> int:
        """Return what its folder holds, in bytes."""
        return sum(file.lstat().st_blocks * 512 for file in self.home.rglob("*"))

    def broker_ended(self) -> bool:
        """Whether the broker that stood at the beginning is gone."""
        return self._broker is not None and self._broker_pid() != self._broker

    def _broker_pid(self) -> int | None:
        broker = status(self.home).servers.get("kafka", {})
        return broker.get("pid") if broker.get("state") == "ready" else None


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have what ends a program, but for a hang-up that its starter wants ignored, call ``handler``."""
    wanted = [number for number in _ENDS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in wanted}
    try:
        yield
    finally:
        for number, handled in before.items():
            signal.signal(number, handled)


@contextmanager
def _not_to_be_cut_short() -> Iterator[None]:
    """Let a signal that comes meanwhile count afterwards."""
    came: list[int] = []
    with _handled(lambda number, _: came.append(number)):
        yield
    if came:
        signal.raise_signal(came[0])


def _end(number: int, _: FrameType | None) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
