"""One server of a stack, kept alive by a thread: prepared, started, provisioned, watched, started again."""

import logging
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from paydesk.stack import binaries
from paydesk.stack.errors import StackError
from paydesk.stack.servers import Server

STOP_S = 10.0
_LOOK_S = 0.1
_START_S = 60.0
_BACK_OFF_S = (0.5, 5.0)
_TELL_FROM_S = 4.0
"""A server that ends at once is tried again in silence up to this pause: what a killed one left goes by itself."""
_MOST_LOG_BYTES = 5 << 20

log = logging.getLogger("paydesk.stack")


class ServerThread(threading.Thread):
    """Keeps one server running until told to stop: prepare, start, provision, watch, start again."""

    def __init__(self, server: Server, changed: Callable[[], None]) -> None:
        super().__init__(name=server.name, daemon=True)
        self.server = server
        self.changed = changed
        self.state, self.trouble, self.hint = "coming", "", ""
        self.process: subprocess.Popen[bytes] | None = None
        self.ending = server.ending

    def run(self) -> None:
        """Keep it alive; what goes wrong is told in the state and tried again."""
        pause_s = _BACK_OFF_S[0]
        while not self.ending.is_set():
            try:
                self._become("coming")
                self.server.prepare()
                if self.ending.is_set():
                    break
                self._start()
                self._become("ready")
                self._watch()
                pause_s = _BACK_OFF_S[0]
            except StackError as error:
                may_pass = self.process is not None and pause_s < _TELL_FROM_S
                self._stop()
                if self._stands_in(self.server.stand_in(error), error):
                    continue
                if not may_pass:
                    self._become("down", error.message, error.hint)
                log.error("%s: %s", self.server.name, error.message)
                self.ending.wait(pause_s)
            except Exception as error:
                self._become("down", f"{self.server.name} cannot be started: {error}")
                log.exception("%s", self.server.name)
                self._stop()
                self.ending.wait(pause_s)
            pause_s = min(2 * pause_s, _BACK_OFF_S[1])
        self._stop()
        self._become("stopped")

    def _stands_in(self, other: Server | None, error: StackError) -> bool:
        if other is None:
            return False
        log.warning("%s: %s another stands in", self.server.name, error.message)
        other.ending = self.ending
        self.server = other
        return True

    def _start(self) -> None:
        output = self.server.folder.log(self.server.name)
        if output.exists() and output.stat().st_size > _MOST_LOG_BYTES:
            output.replace(output.with_suffix(".old"))
        with output.open("ab") as out:
            self.process = subprocess.Popen(
                self.server.command(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=binaries.server_environment() | self.server.environment(),
                cwd=self.server.folder.home,
                start_new_session=True,
            )
        until = time.monotonic() + _START_S
        while not self.server.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise self.server.folder.failed(f"{self.server.name} did not start.", output)
            if self.ending.wait(_LOOK_S):
                return
        self.server.provision()

    def _watch(self) -> None:
        while not self.ending.wait(_LOOK_S):
            if self.process is None or self.process.poll() is not None:
                log.warning("%s ended by itself and is started again", self.server.name)
                return
            if not self.server.there():
                log.warning("the socket of %s was removed; it is started again", self.server.name)
                self._become("coming")
                self._stop()
                return

    def _stop(self) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.server.stop_signal)
        try:
            process.wait(self.server.stop_within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
        self.server.stopped()

    def _become(self, state: str, trouble: str = "", hint: str = "") -> None:
        self.state, self.trouble, self.hint = state, trouble, hint
        self.changed()

    def document(self) -> dict[str, Any]:
        """Return what the state file says of this server."""
        process = self.process
        return {
            "state": self.state,
            "trouble": self.trouble,
            "hint": self.hint,
            "notice": self.server.notice,
            "memory": self.server.memory,
            "why": self.server.why,
            "address": self.server.address,
            "pid": process.pid if process else None,
        }
