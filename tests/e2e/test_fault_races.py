"""Two managers decide the same request at the same moment: one wins, the other is told who and what."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from paydesk.infra.postgres.connection import connect
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import Faults
from tests.e2e.site import Site

pytestmark = pytest.mark.long

CHECKOUT = Path(__file__).parents[2]


@dataclass
class Racer:
    """One manager in a process of its own."""

    person: str
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, site: Site, person: str) -> "Racer":
        """Start the process, and wait until it can decide."""
        command = [sys.executable, "-m", "tests.e2e.racer", str(site.home), person]
        process = subprocess.Popen(
            command, env=site.env, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        racer = cls(person, process)
        assert racer.answer() == "ready"
        return racer

    def order(self, line: str) -> None:
        """Let it decide."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """Return what it answered."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        """Let it leave."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


@pytest.fixture
def racers(site: Site) -> Iterator[tuple[Racer, Racer]]:
    """Two managers."""
    both = Racer.start(site, "bo"), Racer.start(site, "cy")
    yield both
    for racer in both:
        racer.end()


def waiting(faults: Faults, count: int) -> list[tuple[Any, ...]]:
    """Return id, revision and hash of so many requests that wait at the manager's."""
    before = faults.count(MANAGER)
    with faults.workers("contractor"):
        faults.ask(count)
        until(lambda: faults.count(MANAGER) == before + count, within_s=120, every_s=0.1)
    with connect(faults.url(MANAGER), "manager") as connection:
        return connection.execute(
            "SELECT id, revision, terms_hash FROM payment_request WHERE status = 'pending'"
            " ORDER BY requested_at DESC LIMIT %s",
            [count],
        ).fetchall()


def race(faults: Faults, racers: tuple[Racer, Racer], way: str, count: int) -> Counter[str]:
    """Have both decide each of so many requests at once; returns how often each won."""
    won: Counter[str] = Counter()
    words = {"bo": "approve", "cy": "reject"}
    for request, revision, digest in waiting(faults, count):
        barrier = threading.Barrier(2)

        def let_go(racer: Racer, order: str, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            racer.order(order)

        orders = [(racer, f"{way} {words[racer.person]} {request} {revision} {digest}") for racer in racers]
        threads = [threading.Thread(target=let_go, args=order) for order in orders]
        for thread in threads:
            thread.start()
        answers = {racer.person: racer.answer().partition(" ") for racer in racers}
        codes = {person: int(answer[0]) for person, answer in answers.items()}
        assert sorted(codes.values()) == [0, 5], answers
        winner = min(codes, key=lambda person: codes[person])
        loser = "cy" if winner == "bo" else "bo"
        became = {"bo": "accepted", "cy": "rejected"}[winner]
        assert f"was {became} by {winner} at" in answers[loser][2], answers
        held = faults.scalar(
            MANAGER, "SELECT status || ' ' || decided_by FROM payment_request WHERE id = %s", [request]
        )
        assert held == f"{became} {winner}"
        assert faults.count(MANAGER, "outbox", f"request_id = '{request}'") == 1
        won[winner] += 1
    return won


@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", [pytest.param("cli", marks=pytest.mark.long), "desk"])
def test_two_managers_at_once(site: Site, racers: tuple[Racer, Racer], way: str) -> None:
    won = race(Faults(site), racers, way, 20)
    assert won.total() == 20


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", ["cli", "desk"])
def test_two_managers_at_once_two_hundred_times(site: Site, racers: tuple[Racer, Racer], way: str) -> None:
    won = race(Faults(site), racers, way, 200)
    print(f"{way}: {dict(won)}")  # noqa: T201
    assert won.total() == 200 and won["bo"] > 0 and won["cy"] > 0, "each wins some"
