"""The matrix: every kind of fault by name, how often it is struck, and how a kind is run and judged."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from paydesk.stack.kafka_server import Kafka
from tests.faults import kinds_disk as disk
from tests.faults import kinds_kills as kills
from tests.faults import kinds_messages as messages
from tests.faults import kinds_network as network
from tests.faults import kinds_servers as servers
from tests.faults import kinds_stores as stores
from tests.faults.bench import Bench
from tests.faults.burst import Burst
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
    bench: type[Bench] = Bench
    possible: Callable[[], bool] = lambda: True
    """Whether this system lets it be done."""


def kinds() -> list[Kind]:
    """Return the matrix, in the order in which it is run."""
    return [
        *_killed(),
        Kind("SIGKILL at random", kills.killed_at_random, 200, 3),
        Kind("broker killed", servers.server_killed("kafka"), 24, 1),
        Kind("broker wiped, 500 unsent", servers.broker_wiped, 10, 0),
        Kind("topics deleted under load", servers.topics_made_anew, 12, 1),
        # After these two: who stands by has known a topic of a later leader epoch than the new one will have for long.
        Kind("SIGSTOP, woken too late", kills.frozen, 36, 1),
        Kind("tail cut and overwritten", servers.tail_cut, 12, 1),
        Kind("messages again", servers.messages_again, 20, 1),
        Kind("PostgreSQL killed", servers.server_killed("postgres"), 20, 1),
        Kind("database connections ended", servers.connections_ended, 80, 2),
        Kind("Valkey killed", servers.server_killed("valkey"), 10, 0),
        Kind("contractor schema lost", stores.schema_lost("contractor"), 6, 1),
        Kind("manager schema lost", stores.schema_lost("manager"), 6, 1),
        Kind("contractor schema restored", stores.schema_restored("contractor"), 4, 0),
        Kind("manager schema restored", stores.schema_restored("manager"), 4, 0),
        Kind("10,000 hostile messages", messages.many, 1, 0),
        Kind("100 hostile messages", messages.some, 1, 1),
        *_network(),
        Kind("disk full: Kafka", disk.disk_full("kafka"), 3, 0, disk.SmallDiskBench, disk.possible),
        Kind("disk full: PostgreSQL", disk.disk_full("postgres"), 3, 0, disk.SmallDiskBench, disk.possible),
    ]


def _killed() -> list[Kind]:
    """Return the crash points of both roles; the short matrix has each once."""
    return [
        Kind(
            f"SIGKILL {role} {point}", kills.killed_at(role, point), 18, int(role == ROLES[0] or point in ("H1", "C5"))
        )
        for role, point in kills.cells()
    ]


def _network() -> list[Kind]:
    """Return the kinds that need proxies."""

    def proxied(name: str, strike: Strike, rounds: int, short: int) -> Kind:
        return Kind(name, strike, rounds, short, network.ProxiedBench, network.possible)

    holes = [proxied(f"black hole: {server}", network.hole(server), 6, 0) for server in network.SERVERS]
    broken = [
        proxied(f"connections reset: {server}", network.broken(server), 20, int(server != "valkey"))
        for server in network.SERVERS
    ]
    late = [proxied(f"100 ms late, each way: {server}", network.slow(server), 10, 0) for server in network.SERVERS]
    return [*broken, *holes, *late]


@dataclass
class Trial:
    """One bench and what its checker found so far: each finding counts for the kind after which it was first seen."""

    bench: Bench = field(default_factory=Bench)
    before: Verdict = field(default_factory=Verdict)
    excused: set[str] = field(default_factory=set)

    @property
    def kafka(self) -> dict[str, str]:
        """The login with which topics are looked at."""
        return Kafka(self.bench.site.folder).conf("stack")

    def open(self) -> None:
        """Start the servers and the crew, and let people begin."""
        self.bench.open()
        self.bench.staff()
        self.bench.pace(0, "contractor")
        time.sleep(1)
        self.bench.pace()

    def run(self, kind: Kind, rounds: int, began: Callable[[Row], None] = lambda _: None) -> Row:
        """Strike, let people rest, wait until both sides are equal, judge."""
        row, points = Row(kind.name), self.bench.points()
        began(row)
        self.bench.pace()
        self._try(lambda: self._strike(kind, row, rounds), row)
        self.judged(row)
        row.reached = self.bench.points() - points
        return row

    def judged(self, row: Row) -> None:
        """Let people rest, wait until both sides are equal, and write into the row what is wrong then."""
        self._try(self._calm, row)
        self._judge(row)
        row.wrong += [f"ended by itself: {died}" for died in self.bench.died]
        self.bench.died.clear()

    def _try(self, step: Callable[[], None], row: Row) -> None:
        try:
            step()
        except Exception as error:
            row.wrong.append(f"{type(error).__name__}: {error}")
            traceback.print_exc()

    def _strike(self, kind: Kind, row: Row, rounds: int) -> None:
        with closing(Burst(self.bench)) as burst:
            kind.strike(Striker(self.bench, self.kafka, burst, excused=self.excused), row, rounds)

    def _calm(self) -> None:
        self.bench.rest()
        until(self.bench.look.settled, "both sides equal, everything acknowledged", 120, every_s=0.05)

    def _judge(self, row: Row) -> None:
        bench, before = self.bench, self.before
        checker = Checker(bench.look.connection, self.kafka)
        verdict = checker.judge({role: bench.journals(role) for role in ROLES}, frozenset(self.excused))
        row.accepted = verdict.accepted - before.accepted
        for name in ("lost", "doubled", "diverged"):
            news = [line for line in getattr(verdict, name) if line not in getattr(before, name)]
            setattr(row, name, len(news))
            row.wrong += news[:5]
        row.absorbed = verdict.absorbed - before.absorbed if verdict.absorbed >= before.absorbed else verdict.absorbed
        self.before = verdict


def run(chosen: list[tuple[Kind, int]], per_bench: int, began: Callable[[Row], None] = lambda _: None) -> Iterator[Row]:
    """Run kinds with so many rounds each; a bench is made anew after so many kinds, or after one that went wrong.

    ``began`` gets the row of each kind before its first fault, to look on as it grows.
    """
    trial: Trial | None = None
    served = 0
    try:
        for kind, rounds in chosen:
            if trial is not None and (served >= per_bench or type(trial.bench) is not kind.bench):
                trial.bench.close()
                trial = None
            if trial is None:
                trial, served = Trial(kind.bench()), 0
                trial.open()
            row = trial.run(kind, rounds, began)
            served += 1
            yield row
            if row.wrong:
                trial.bench.close()
                trial = None
    finally:
        if trial is not None:
            trial.bench.close()
