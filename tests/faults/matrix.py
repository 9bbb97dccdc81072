"""The matrix: every kind of fault by name, how often it is struck, and how a kind is run and judged."""

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from paydesk.stack.kafka_server import Kafka
from tests.faults import kinds_kills
from tests.faults.bench import Bench
from tests.faults.checker import Checker, Verdict
from tests.faults.look import ROLES, until
from tests.faults.rows import Row
from tests.faults.strikes import Striker

Strike = Callable[[Striker, Row, int], None]


@dataclass(frozen=True)
class Kind:
    """One kind of fault: its name, what it does, and how often in the whole matrix and in the short one."""

    name: str
    strike: Strike
    rounds: int
    short: int


def kinds() -> list[Kind]:
    """Return the matrix, in the order in which it is run."""
    found = []
    for role, point in kinds_kills.cells():
        found.append(Kind(f"SIGKILL {role} {point}", kinds_kills.killed_at(role, point), 18, 1))
    found.append(Kind("SIGKILL at random", kinds_kills.killed_at_random, 200, 3))
    found.append(Kind("SIGSTOP, woken too late", kinds_kills.frozen, 30, 1))
    return found


@dataclass
class Trial:
    """One bench and what its checker found so far: each finding counts for the kind after which it was first seen."""

    bench: Bench = field(default_factory=Bench)
    before: Verdict = field(default_factory=Verdict)
    excused: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Start the servers and the crew, and let people begin."""
        self.bench.open()
        self.bench.staff()
        self.bench.pace(0, "contractor")
        time.sleep(1)
        self.bench.pace()

    def run(self, kind: Kind, rounds: int) -> Row:
        """Strike, let people rest, wait until both sides are equal, judge."""
        row, points = Row(kind.name), self.bench.points()
        try:
            self.bench.pace()
            kind.strike(Striker(self.bench), row, rounds)
            self.bench.rest()
            until(self.bench.look.settled, "both sides equal, everything acknowledged", 120, every_s=0.05)
        except Exception as error:
            row.wrong.append(f"{type(error).__name__}: {error}")
            traceback.print_exc()
        row.reached = self.bench.points() - points
        self._judge(row)
        row.wrong += [f"ended by itself: {died}" for died in self.bench.died]
        self.bench.died.clear()
        return row

    def _judge(self, row: Row) -> None:
        bench, before = self.bench, self.before
        checker = Checker(bench.look.connection, Kafka(bench.house.folder).conf("stack"))
        found = checker.judge({role: bench.journals(role) for role in ROLES}, frozenset(self.excused))
        row.accepted = found.accepted - before.accepted
        for name in ("lost", "doubled", "diverged"):
            news = [each for each in getattr(found, name) if each not in getattr(before, name)]
            setattr(row, name, len(news))
            row.wrong += news[:5]
        row.absorbed = found.absorbed - before.absorbed if found.absorbed >= before.absorbed else found.absorbed
        self.before = found


def run(chosen: list[tuple[Kind, int]], per_bench: int) -> Iterator[Row]:
    """Run kinds with so many rounds each; a bench is made anew after so many kinds, or after one that went wrong."""
    trial: Trial | None = None
    served = 0
    try:
        for kind, rounds in chosen:
            if trial is None:
                trial, served = Trial(), 0
                trial.open()
            row = trial.run(kind, rounds)
            served += 1
            yield row
            if row.wrong or served >= per_bench:
                trial.bench.close()
                trial = None
    finally:
        if trial is not None:
            trial.bench.close()
