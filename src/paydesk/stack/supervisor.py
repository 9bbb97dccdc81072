"""The one detached process that starts the servers of a stack, keeps them alive, and stops them in the end."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import psutil

from paydesk.stack import binaries
from paydesk.stack.errors import StackError
from paydesk.stack.folder import Folder, Process
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres, Server, Valkey, clear_environment

_LOOK_S = 0.1
_START_S = 60.0
_STOP_S = 10.0
_BACK_OFF_S = 5.0
_MOST_LOG_BYTES = 5 << 20

log = logging.getLogger("paydesk.stack")


def delete(folder: Folder) -> None:
    """Delete a stack's folders; nothing of it runs any more."""
    shutil.rmtree(folder.run, ignore_errors=True)
    shutil.rmtree(folder.home, ignore_errors=True)


class Member(threading.Thread):
    """Keeps one server running until told to stop: prepare, start, provision, watch, start again."""

    def __init__(self, server: Server, changed: Callable[[], None]) -> None:
        super().__init__(name=server.name, daemon=True)
        self.server = server
        self.changed = changed
        self.state, self.trouble = "coming", ""
        self.process: subprocess.Popen[bytes] | None = None
        self.ending = server.ending

    def run(self) -> None:
        """Keep it alive; what goes wrong is told in the state and tried again."""
        while not self.ending.is_set():
            try:
                self._become("coming", "")
                self.server.prepare()
                if self.ending.is_set():
                    break
                self._start()
                self._become("ready", "")
                self._watch()
            except StackError as error:
                self._become("down", f"{error.message} {error.hint}".strip())
                log.error("%s: %s", self.server.name, self.trouble)
                self._stop()
                self.ending.wait(_BACK_OFF_S)
            except Exception as error:
                self._become("down", f"{self.server.name} cannot be started: {error}")
                log.exception("%s", self.server.name)
                self._stop()
                self.ending.wait(_BACK_OFF_S)
        self._stop()
        self._become("stopped", "")

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
                env=binaries.server_environment(),
                cwd=self.server.folder.home,
                start_new_session=True,
            )
        until = time.monotonic() + _START_S
        while not self.server.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise StackError(f"{self.server.name} did not start.", f"The log {output} says why.")
            if self.ending.wait(_LOOK_S):
                return
        self.server.provision()

    def _watch(self) -> None:
        while not self.ending.wait(_LOOK_S):
            if self.process is None or self.process.poll() is not None:
                log.warning("%s ended by itself and is started again", self.server.name)
                return

    def _stop(self) -> None:
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.server.stop_signal)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_S)
        self.server.stopped()

    def _become(self, state: str, trouble: str) -> None:
        self.state, self.trouble = state, trouble
        self.changed()

    def told(self) -> dict[str, Any]:
        """Return what the state file says of this server."""
        process = self.process
        return {
            "state": self.state,
            "trouble": self.trouble,
            "notice": self.server.notice,
            "address": self.server.address,
            "pid": process.pid if process else None,
        }


class Supervisor:
    """All members of one stack."""

    def __init__(self, folder: Folder, idle_s: float) -> None:
        self.folder = folder
        self.idle_s = idle_s
        self.me = Process.of(os.getpid())
        self.ending = threading.Event()
        self._writing = threading.Lock()
        self._stop_orphans()
        self.members: list[Member] = []
        self.members = [Member(kind(folder), self.write_state) for kind in (Postgres, Valkey, Kafka)]

    def _stop_orphans(self) -> None:
        """End the servers that a killed supervisor left, so that each data folder has one server."""
        for told in self.folder.read("state.json").get("servers", {}).values():
            pid, started = told.get("pid"), told.get("started")
            if pid and started and Process(pid, started).alive:
                log.warning("ending the server %s that was left behind", pid)
                left = psutil.Process(pid)
                left.send_signal(signal.SIGINT)
                try:
                    left.wait(_STOP_S)
                except psutil.TimeoutExpired:
                    left.kill()

    def write_state(self) -> None:
        """Tell everyone how it stands."""
        with self._writing:
            servers = {}
            for member in self.members:
                told = member.told()
                if told["pid"]:
                    try:
                        told["started"] = Process.of(told["pid"]).started
                    except psutil.Error:
                        told["pid"] = None
                servers[member.server.name] = told
            kafka = next((m.server.port for m in self.members if isinstance(m.server, Kafka)), None)
            self.folder.write(
                "state.json",
                {
                    "supervisor": {"pid": self.me.pid, "started": self.me.started},
                    "servers": servers,
                    "kafka_port": kafka,
                    "idle_s": self.idle_s,
                },
            )

    def run(self) -> None:
        """Run until told to stop, or until nobody used the stack for the idle time."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ending.set())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for member in self.members:
            member.start()
        last_used, last_written = time.monotonic(), 0.0
        while not self.ending.wait(0.25):
            now = time.monotonic()
            if now - last_written > 0.5:
                last_written = now
                self.write_state()
                if self.folder.users():
                    last_used = now
            if now - last_used > self.idle_s:
                log.info("nobody used the stack for %.0f s", self.idle_s)
                break
        for member in self.members:
            member.ending.set()
        for member in self.members:
            member.join(2 * _STOP_S)
        (self.folder.home / "state.json").unlink(missing_ok=True)
        if self.folder.read("options.json").get("deleted_at_end"):
            delete(self.folder)


def main(home: str, idle_s: str) -> None:
    """Supervise the stack of a folder; a second supervisor of one folder leaves at once."""
    clear_environment()
    folder = Folder(Path(home))
    handler = RotatingFileHandler(folder.log("supervisor"), maxBytes=1 << 20, backupCount=1)
    logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s %(message)s")
    with folder.lock("supervisor", wait=False) as mine:
        if mine:
            Supervisor(folder, float(idle_s)).run()
    logging.shutdown()
    os._exit(0)  # A download that hangs must not keep the process that gave it up.


if __name__ == "__main__":
    main(*sys.argv[1:3])
