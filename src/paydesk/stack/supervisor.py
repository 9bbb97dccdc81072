"""The one detached process that starts the servers of a stack, keeps them alive, and stops them in the end."""

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil

from paydesk import libpq
from paydesk.kept_log import keep_log
from paydesk.stack import binaries
from paydesk.stack.home import Folder
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.memory_broker import MemoryBroker
from paydesk.stack.process import Process
from paydesk.stack.server_thread import STOP_S, ServerThread
from paydesk.stack.servers import Postgres, Server, Valkey

log = logging.getLogger("paydesk.stack")


class Supervisor:
    """All members of one stack."""

    def __init__(self, folder: Folder, idle_s: float) -> None:
        self.folder = folder
        self.idle_s = idle_s
        self.me = Process.of(os.getpid())
        self.ending = threading.Event()
        self.unreported = False
        """Whether the state could not be written: then nobody can find this stack."""
        self._writing = threading.Lock()
        self._stop_orphans()
        self.members: list[ServerThread] = []
        servers = (Postgres(folder), Valkey(folder), _broker(folder))
        self.members = [ServerThread(server, self.write_state) for server in servers]

    def _stop_orphans(self) -> None:
        """End the servers that a killed supervisor left, so that each data folder has one server."""
        for document in self.folder.read_own("state.json").get("servers", {}).values():
            left = Process.from_document(document)
            if left is not None and left.alive:
                log.warning("ending the server %s that was left behind", left.pid)
                left.end(signal.SIGINT, STOP_S)

    def write_state(self) -> None:
        """Tell everyone how it stands."""
        with self._writing:
            servers = {}
            for member in self.members:
                document = member.document()
                if document["pid"]:
                    try:
                        document |= Process.of(document["pid"]).document()
                    except psutil.Error:
                        document["pid"] = None
                servers[member.server.name] = document
            state = {
                "supervisor": self.me.document(),
                "stopping": self.ending.is_set(),
                "servers": servers,
                "idle_s": self.idle_s,
            }
            try:
                self.folder.write_own("state.json", state)
            except OSError as error:
                log.error("the state cannot be told: %s", error)
                self.unreported = True

    def run(self) -> None:
        """Run until told to stop, or until nobody used the stack for the idle time."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ending.set())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.write_state()
        if self.unreported:
            return
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
            if now - last_used > self.idle_s and self._nobody_came():
                log.info("nobody used the stack for %.0f s", self.idle_s)
        self.write_state()
        for member in self.members:
            member.ending.set()
        for member in self.members:
            member.join(member.server.stop_within_s + STOP_S)
        (self.folder.home / "state.json").unlink(missing_ok=True)
        if self.folder.read("options.json").get("deleted_at_end"):
            self.folder.delete()

    def _nobody_came(self) -> bool:
        """Say that the stack stops, unless somebody entered meanwhile: who enters now waits for the next one."""
        self.ending.set()
        self.write_state()
        if not self.folder.users():
            return True
        self.ending.clear()
        self.write_state()
        return False


def _broker(folder: Folder) -> Server:
    if os.environ.get("PAYDESK_BROKER") == "memory":
        return MemoryBroker(folder, "The setting `broker` says so.")
    return Kafka(folder)


def main(home: str, idle_s: str) -> None:
    """Supervise the stack of a folder; a second supervisor of one folder leaves at once."""
    libpq.forget_shell()
    folder = Folder(Path(home))
    keep_log(folder.log("supervisor"), backups=1)
    unreported = False
    with folder.lock("supervisor", wait=False) as mine:
        if mine:
            supervisor = Supervisor(folder, float(idle_s))
            supervisor.run()
            unreported = supervisor.unreported
    logging.shutdown()
    binaries.forget_unfinished()
    os._exit(1 if unreported else 0)  # A download that hangs must not keep the process that gave it up.


if __name__ == "__main__":
    main(*sys.argv[1:3])
