"""``python bench/storm.py``: the manager's desk while 1,000 events a second arrive, against the same desk at rest.

Real servers, a real desk with its worker in a pseudo-terminal of 120x36, and the events of ``storm_events.py``, written
to Kafka with the contractor's login: the desk's own worker applies them, its hints go through Valkey, and a tenth of
them change rows that are on the screen. A key (``j`` and ``k`` in turn, at a person's pace) counts from the byte that
is written until the end of the frame that shows the cursor on the other row. Fails when the cursor was ever on another
request, or when the events were not applied as they came.
"""

import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import IO

import psycopg
from ratios import Ratio, arguments, percentile, report
from sites import PATIENCE_S, site
from terminals import Terminal, desk

from paydesk.manager.role import ROLE as MANAGER

REQUESTS, RATE = 500, 1000
TURNS = 2
GAP_S = (0.09, 0.21)
_CURSOR = re.compile("▸ (PR-\\d+)".encode())


class Desk(Terminal):
    """The manager's desk, and which request is under its cursor."""

    def __init__(self, env: dict[str, str]) -> None:
        self.seen: list[tuple[float, str]] = []
        """When which request came under the cursor, as painted; one entry a change."""
        super().__init__(desk("manager"), env)

    def frame(self, at: float, plain: bytes) -> None:
        """Note where the cursor is; what else was painted is not kept."""
        self.frames.clear()
        numbers = _CURSOR.findall(plain)
        if numbers and (not self.seen or self.seen[-1][1] != numbers[-1].decode()):
            self.seen.append((at, numbers[-1].decode()))

    def key(self, key: str, leads_to: str | None = None) -> tuple[float, str]:
        """Press a key that moves the cursor; returns the seconds until that was painted, and what is under it now."""
        with self.changed:
            before, began = len(self.seen), time.perf_counter()
            self.press(key)
            assert self.changed.wait_for(lambda: len(self.seen) > before, PATIENCE_S), f"{key} was not painted"
            at, number = self.seen[-1]
        assert leads_to in (None, number), f"the cursor is on {number} and not on {leads_to}: it moved by itself"
        return at - began, number


def keys(pressed: Desk, seconds: float, chance: random.Random) -> list[float]:
    """Press two keys in turn for so long; returns the milliseconds that each took."""
    milliseconds, end = [], time.monotonic() + seconds
    ends = pressed.key("j")[1], pressed.key("k")[1]
    while time.monotonic() < end:
        for key, leads_to in zip("jk", ends, strict=True):
            time.sleep(chance.uniform(*GAP_S))
            milliseconds.append(pressed.key(key, leads_to)[0] * 1000)
    return milliseconds


def applied(url: str) -> int:
    """Return how many events the manager's side has applied."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM manager.inbox WHERE became = 'applied'").fetchone()
        assert row is not None
        return int(row[0])


def until_applied(url: str, count: int, within_s: float) -> float:
    """Wait until so many events are applied; returns how long that took."""
    began = time.monotonic()
    while applied(url) < count:
        assert time.monotonic() < began + within_s, f"{applied(url):,} of {count:,} events were applied"
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def other_side(home: Path, seconds: int) -> Iterator[tuple[IO[str], IO[str]]]:
    """Ask for the first payments; returns where a line begins a storm, and where it says that it is over."""
    program = [sys.executable, str(Path(__file__).with_name("storm_events.py"))]
    arguments = [str(home), str(REQUESTS), str(RATE), str(seconds)]
    with subprocess.Popen([*program, *arguments], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        yield process.stdin, process.stdout
        process.stdin.close()


def measure(seconds: int) -> Iterator[Ratio]:
    """Rest, storm; twice, so that what else the machine does meets both alike."""
    chance = random.Random(36)
    turns: list[tuple[list[float], list[float]]] = []
    with site() as place, other_side(place.home, seconds) as (tell_other, printed), Desk(place.env) as open_desk:
        url = place.postgres.url(MANAGER.name)
        open_desk.until_painted("Kafka lag 0")
        until_applied(url, REQUESTS, PATIENCE_S)
        for _ in range(10):
            open_desk.key("j")
        for _ in range(TURNS):
            rest = keys(open_desk, seconds, chance)
            before = applied(url)
            tell_other.write("\n")
            tell_other.flush()
            turns.append((rest, keys(open_desk, seconds, chance)))
            sent = int(printed.readline().split()[0])
            until_applied(url, before + sent, 30)
    for percent in (50, 90, 99):
        pairs = [(percentile(rest, percent), percentile(storm, percent)) for rest, storm in turns]
        yield Ratio.of(f"key to frame in a storm, p{percent}", "ms", "the same desk at rest", pairs)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="of each rest and of each storm")
    given = parser.parse_args()
    report(measure(2 if given.quick else given.seconds), given.json)


if __name__ == "__main__":
    main()
