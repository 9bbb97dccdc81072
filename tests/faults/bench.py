"""Where servers and processes are struck: an embedded stack of its own, desks and workers of both roles."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from paydesk.stack.embedded import EmbeddedStack, down
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres, Valkey
from tests.architecture.files import CHECKOUT
from tests.e2e.site import Site
from tests.faults.control import REST, Counts, Orders
from tests.faults.look import ROLES, Look, until

PACES_US = {"contractor": 50_000, "manager": 120_000}
"""What lies between two commands of a desk while nothing is to happen; so that a manager always finds something."""


@dataclass
class Process:
    """One desk or worker of the product, started with a hook at its points."""

    role: str
    kind: str
    name: str
    popen: subprocess.Popen[bytes]
    counts: Counts

    @property
    def dead(self) -> bool:
        """Whether it ended."""
        return self.popen.poll() is not None

    def points(self) -> Counter[str]:
        """Return how often it reached each point, by its role and the point."""
        return Counter({f"{self.role} {point}": times for point, times in self.counts.all().items()})

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.popen.send_signal(number)


@dataclass
class Bench:
    """One stack with its crew."""

    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pd-faults-")))
    crew: list[Process] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.site = Site(self.root)
        self.orders = {role: Orders(self.root / f"{role}.orders") for role in ROLES}
        self.started = 0
        self.died: list[str] = []
        """Processes that ended without having been struck."""
        self.look = Look("")
        self._stack: EmbeddedStack | None = None

    def open(self) -> None:
        """Start the servers, and stay a user of them."""
        self.start_servers()
        # A first start on a new machine fetches the broker while the others answer already.
        until(lambda: Kafka(self.site.folder).port, "the broker's address", 600, 0.1)
        self._stack = EmbeddedStack(self.site.home)
        self.look = Look(Postgres(self.site.folder).url("stack", "paydesk"))
        self.site.extra |= self.addresses() | {"PYTHONPATH": str(CHECKOUT)}

    def start_servers(self) -> None:
        """Start the servers."""
        self.site.run("stack", "up", within_s=300)

    def addresses(self) -> dict[str, str]:
        """Return the settings that name this stack's servers."""
        folder, settings = self.site.folder, {}
        for role in ROLES:
            conf = self.root / f"{role}.kafka"
            conf.touch(mode=0o600)  # It holds a password: paydesk takes it from nobody else's file.
            conf.write_text("".join(f"{name}={value}\n" for name, value in Kafka(folder).conf(role).items()))
            settings[f"PAYDESK_{role.upper()}_KAFKA_CONFIG"] = str(conf)
            settings[f"PAYDESK_{role.upper()}_DATABASE_URL"] = Postgres(folder).url(role)
            settings[f"PAYDESK_{role.upper()}_REDIS_URL"] = Valkey(folder).url(role)
        return settings | {"PAYDESK_KAFKA_BOOTSTRAP_SERVERS": Kafka(folder).address}

    def hire(self, role: str, kind: str, name: str = "") -> Process:
        """Start a worker, or the desk of a person."""
        self.started += 1
        name = name or f"{role}-{kind}-{self.started}"
        counts = Counts(self.root / f"{self.started}.counts")
        command = [sys.executable, "-m", "tests.faults.launcher", str(self.orders[role].path), str(counts.path)]
        command += [kind, role] if kind == "worker" else [kind, role, name, str(self.journal(name))]
        with (self.root / f"{name}.err").open("ab") as log:
            popen = subprocess.Popen(command, env=self.site.env, cwd=self.root, stderr=log, stdout=log)
        process = Process(role, kind, name, popen, counts)
        self.crew.append(process)
        return process

    def staff(self, *roles: str, desks: int = 2, workers: int = 1, wait: bool = True) -> None:
        """Start desks and workers of these roles, and wait until each has one at work and one that waits."""
        for role in roles or ROLES:
            self.orders[role].pace_us = REST
            for number in range(desks):
                self.hire(role, "desk", f"{role}-{number}")
            for _ in range(workers):
                self.hire(role, "worker")
        for role in roles or ROLES:
            if wait:
                self.attended(role)

    def attended(self, role: str) -> None:
        """Wait until one works for a role, and another waits to take over."""
        until(lambda: self.look.holder_backend(role) and self.look.standbys(role), f"{role} attended", 120)

    def journal(self, person: str) -> Path:
        """Return the file of a person's answers."""
        return self.root / f"{person}.journal"

    def journals(self, role: str) -> list[Path]:
        """Return the files of all answers that a role's people had."""
        return sorted(self.root.glob(f"{role}-*.journal"))

    def replace(self, process: Process) -> None:
        """Take a process that ended off the crew, and start another like it."""
        process.popen.wait()
        self._count(process)
        self.crew.remove(process)
        self.hire(process.role, process.kind, process.name if process.kind == "desk" else "")

    def dismiss(self, *roles: str) -> None:
        """Kill everyone of these roles."""
        for process in [process for process in self.crew if process.role in (roles or ROLES)]:
            process.popen.kill()
            process.popen.wait()
            self._count(process)
            self.crew.remove(process)

    def _count(self, process: Process) -> None:
        self.reached += process.points()

    def points(self) -> Counter[str]:
        """Return how often each point was reached so far, by role."""
        return sum((process.points() for process in self.crew), self.reached)

    def struck(self, role: str) -> Process | None:
        """Return one of a role that ended and was not replaced yet."""
        return next((process for process in self.crew if process.role == role and process.dead), None)

    def watch(self) -> None:
        """Replace whoever ended by itself, and remember that it did."""
        for process in list(self.crew):
            if process.dead:
                lines = (self.root / f"{process.name}.err").read_text().strip().splitlines()
                self.died.append(f"{process.name} ({process.popen.returncode}): {lines[-1] if lines else ''}")
                self.replace(process)

    def holder(self, role: str) -> Process:
        """Return who works for a role: nobody else reaches its points."""
        living = [process for process in self.crew if process.role == role and not process.dead]
        return max(living, key=lambda process: process.counts.last_ns)

    def pace(self, pace_us: int | None = None, *roles: str) -> None:
        """Set what lies between two commands of a desk: the usual, where nothing is said."""
        for role in roles or ROLES:
            self.orders[role].pace_us = PACES_US[role] if pace_us is None else pace_us

    def rest(self, within_s: float = 60) -> None:
        """Have everyone stop giving commands, and wait until every answer is there."""
        self.pace(REST)

        def resting() -> bool:
            self.watch()
            return all(process.counts.resting for process in self.crew if process.kind == "desk")

        until(resting, "people at rest", within_s, every_s=0.02)

    def close(self) -> None:
        """End everything, and delete it."""
        self.dismiss()
        self.look.close()
        if self._stack is not None:
            self._stack.leave()
        # Not by ``stack down``: the crew's settings name the servers, and so it would find none of its own.
        down(self.site.home)
        shutil.rmtree(self.root, ignore_errors=True)

    def kill_server(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a server a signal; returns its process id."""
        pid = int(self.site.folder.read("state.json")["servers"][name]["pid"])
        os.kill(pid, number)
        return pid

    def server_ready(self, name: str, but: int = 0) -> bool:
        """Whether a server answers, and is not the process ``but``."""
        state = self.site.folder.read("state.json").get("servers", {}).get(name, {})
        return state.get("state") == "ready" and state.get("pid") not in (None, but)
