"""Endurance: many requests through both sides with a fault every few seconds; memory, disk and tables are watched."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

import psutil

from tests.faults.bench import Bench
from tests.faults.control import REST
from tests.faults.look import ROLES, until
from tests.faults.matrix import Trial
from tests.faults.rows import Row

EVERY_S = 4.0
"""What lies between two faults."""
SAMPLES = 10
_LOOK_S = 0.25
_FROZEN_S = 3.5
_MOST_PENDING = 2000
"""So many requests may wait for a manager before no more are asked for."""
_PENDING = "SELECT count(*) FROM manager.payment_request WHERE status IN ('pending', 'withdrawing')"
_REQUESTS = "SELECT count(*) FROM contractor.payment_request"
SERVERS = ("postgres", "kafka", "valkey")


@dataclass
class Sample:
    """What was seen at one moment of the run."""

    after_s: float
    requests: int
    faults: int
    crew_mb: float
    """The largest process of the crew."""
    servers_mb: dict[str, float]
    disk_mb: float

    def __str__(self) -> str:
        servers = "  ".join(f"{name} {size:.0f} MB" for name, size in self.servers_mb.items())
        return (
            f"{self.after_s:6.0f} s  {self.requests:>9,} requests  {self.faults:>5} faults  largest process"
            f" {self.crew_mb:.0f} MB  {servers}  disk {self.disk_mb:,.0f} MB"
        )


@dataclass
class Endurance:
    """One run: ``amount`` requests, and faults of all kinds that a running bench can be struck with."""

    amount: int
    trial: Trial = field(default_factory=Trial)
    random: Random = field(default_factory=Random)
    samples: list[Sample] = field(default_factory=list)
    struck: dict[str, int] = field(default_factory=dict)

    @property
    def bench(self) -> Bench:
        """Where it runs."""
        return self.trial.bench

    def run(self, report: Callable[[str], None]) -> bool:
        """Run to the end; returns whether every promise held and memory stayed flat."""
        try:
            self.trial.open()
            self._load(report)
            row = Row("endurance", runs=sum(self.struck.values()))
            self.trial.judged(row)
            self._sample()
            report(str(self.samples[-1]))
            report("faults: " + ", ".join(f"{times} x {name}" for name, times in sorted(self.struck.items())))
            report(
                f"{row.accepted:,} commands accepted, {row.lost} lost, {row.doubled} doubled, {row.diverged} diverged,"
                f" {row.absorbed:,} duplicates absorbed"
            )
            first, last = self.samples[0], self.samples[-1]
            per_request = (last.disk_mb - first.disk_mb) / (last.requests - first.requests) * 1024
            report(f"{per_request:.1f} KB of disk a request, both sides and the log together")
            for wrong in row.wrong:
                report(f"    {wrong}")
            return row.good and self._flat(report)
        finally:
            self.bench.close()

    def _load(self, report: Callable[[str], None]) -> None:
        """Have people work as quickly as they can, and strike, until there are as many requests as wanted."""
        began = self._began = time.monotonic()
        next_fault, next_sample = began + EVERY_S, 0
        self.bench.pace(0)
        while (requests := self._count(_REQUESTS)) < self.amount or self._count(_PENDING) > 0:
            asking = requests < self.amount and self._count(_PENDING) < _MOST_PENDING
            self.bench.pace(0 if asking else REST, "contractor")
            if requests >= next_sample:
                self._sample()
                report(str(self.samples[-1]))
                next_sample += max(1, self.amount // SAMPLES)
            if time.monotonic() > next_fault:
                self._strike()
                next_fault = time.monotonic() + EVERY_S
            time.sleep(_LOOK_S)

    def _count(self, query: str) -> int:
        return int(until(lambda: self.bench.look.calm(f"SELECT 1 + ({query})"), "the database answers", 120)) - 1

    def _strike(self) -> None:
        """Strike anything, and have it replaced."""
        faults: dict[str, Callable[[], None]] = {
            "process killed": self._kill,
            "process frozen": self._freeze,
            "connections ended": self._end_connections,
            **{f"{server} killed": partial(self._kill_server, server) for server in SERVERS},
        }
        name = self.random.choice(list(faults))
        faults[name]()
        self.struck[name] = self.struck.get(name, 0) + 1

    def _kill(self) -> None:
        process = self.random.choice(self.bench.crew)
        process.signal(signal.SIGKILL)
        self.bench.replace(process)

    def _freeze(self) -> None:
        process = self.bench.holder(self.random.choice(ROLES))
        process.signal(signal.SIGSTOP)
        time.sleep(_FROZEN_S)
        process.signal(signal.SIGCONT)

    def _end_connections(self) -> None:
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s"
        self.bench.look.calm(ended, [self.random.choice(ROLES)])

    def _kill_server(self, name: str) -> None:
        if self.bench.server_ready(name):
            self.bench.kill_server(name)

    def _sample(self) -> None:
        self.bench.watch()
        servers = self.bench.site.folder.read("state.json")["servers"]
        self.samples.append(
            Sample(
                time.monotonic() - self._began,
                self._count(_REQUESTS),
                sum(self.struck.values()),
                max(_memory_mb(process.popen.pid) for process in self.bench.crew),
                {name: _memory_mb(servers[name].get("pid") or 0) for name in SERVERS},
                _disk_mb(self.bench.site.home),
            )
        )

    def _flat(self, report: Callable[[str], None]) -> bool:
        """Whether no process of ours is larger at the end than in the middle, but for a tenth."""
        sizes = [sample.crew_mb for sample in self.samples[1:]]
        half = len(sizes) // 2
        flat = max(sizes[half:]) <= 1.1 * max(sizes[:half])
        report(f"memory {'flat' if flat else 'NOT flat'}: {max(sizes[:half]):.0f} MB, then {max(sizes[half:]):.0f} MB")
        return flat


def _memory_mb(pid: int) -> float:
    """Return what a process and its children hold for themselves; a process that is gone holds nothing."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return float(sum(process.memory_full_info().uss for process in family)) / 1e6
    except psutil.Error:
        return 0.0


def _disk_mb(folder: Path) -> float:
    """Return what the files of a folder take on the disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).stat().st_blocks * 512
            except OSError:
                continue
    return total / 1e6
