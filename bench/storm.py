"""``python bench/storm.py``: the manager's desk while 1,000 events a second arrive, against the same desk at rest.

Real servers, a real desk with its worker in a pseudo-terminal of 120x36, and the events of ``storm_events.py``, written
to Kafka with the contractor's login: the desk's own worker applies them, its hints go through Valkey, and a tenth of
them change rows that are on the screen. A key (``j`` and ``k`` in turn, at a person's pace) counts from the byte that
is written until the end of the frame that shows the cursor on the other row. Prints p50 and p99 of both and the ratio;
fails when the cursor was ever on another request, or when the events were not applied as they came.
"""

import fcntl
import os
import pty
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import IO

import psycopg

from paydesk.stack.embedded import environment

COLUMNS, ROWS = 120, 36
REQUESTS, RATE = 500, 1000
SECONDS = int(os.environ.get("STORM_SECONDS", "60"))
GAP_S = (0.09, 0.21)
PATIENCE_S = 60.0
_ASKS, _ANSWER, _END = b"\x1b[?2026$p", b"\x1b[?2026;2$y", b"\x1b[?2026l"
"""Whether frames have an end; that they do; that end."""
_STYLE = re.compile(rb"\x1b\[[0-9;:]*m")
_CURSOR = re.compile("▸ (PR-\\d+)".encode())


class Desk:
    """A desk in a pseudo-terminal whose frames are read as they end."""

    def __init__(self, env: dict[str, str]) -> None:
        self._fd, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        command = [sys.executable, "-m", "paydesk", "manager"]
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=env, start_new_session=True
        )
        os.close(other)
        self._changed = threading.Condition()
        self.seen: list[tuple[float, str]] = []
        """When which request came under the cursor, as painted; one entry a change."""
        self.painted = b""
        self.frames = self.bytes = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                got = os.read(self._fd, 65536)
            except OSError:
                return
            at = time.perf_counter()
            if _ASKS in got:
                os.write(self._fd, _ANSWER)
            *frames, rest = (rest + got).split(_END)
            with self._changed:
                self.bytes += len(got)
                self.painted = (self.painted + got)[-100_000:]
                for frame in frames:
                    self.frames += 1
                    found = _CURSOR.findall(_STYLE.sub(b"", frame))
                    if found and (not self.seen or self.seen[-1][1] != found[-1].decode()):
                        self.seen.append((at, found[-1].decode()))
                self._changed.notify_all()

    def until_painted(self, text: str) -> None:
        """Wait until something was painted."""
        with self._changed:
            there = self._changed.wait_for(lambda: text.encode() in _STYLE.sub(b"", self.painted), PATIENCE_S)
            assert there, f"{text} was not painted: {self.painted[-2000:]!r}"

    def key(self, key: str, leads_to: str | None = None) -> tuple[float, str]:
        """Press a key that moves the cursor; returns the seconds until that was painted, and what is under it now."""
        with self._changed:
            before, began = len(self.seen), time.perf_counter()
            os.write(self._fd, key.encode())
            assert self._changed.wait_for(lambda: len(self.seen) > before, PATIENCE_S), f"{key} was not painted"
            at, number = self.seen[-1]
        assert leads_to in (None, number), f"the cursor is on {number} and not on {leads_to}: it moved by itself"
        return at - began, number

    def __enter__(self) -> "Desk":
        """Return the desk."""
        return self

    def __exit__(self, *_: object) -> None:
        """Quit."""
        os.write(self._fd, b"q")
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()


def measure(desk: Desk, seconds: float, chance: random.Random) -> list[float]:
    """Press two keys in turn for so long; returns the milliseconds that each took."""
    found, end = [], time.monotonic() + seconds
    ends = desk.key("j")[1], desk.key("k")[1]
    while time.monotonic() < end:
        for key, leads_to in zip("jk", ends, strict=True):
            time.sleep(chance.uniform(*GAP_S))
            found.append(desk.key(key, leads_to)[0] * 1000)
    return found


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
def site() -> Iterator[tuple[Path, dict[str, str]]]:
    """Start servers of one's own; returns where they are and the environment that leads there."""
    root = Path(tempfile.mkdtemp(prefix="pd-"))
    kept = {name: os.environ[name] for name in ("PATH", "LOGNAME", "USER", "HOME") if name in os.environ}
    places = {f"XDG_{name}_HOME": str(root / name.lower()) for name in ("CONFIG", "DATA", "STATE")}
    env = kept | places | {"PAYDESK_HOME": str(root / "stack"), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    paydesk = [sys.executable, "-m", "paydesk"]
    try:
        subprocess.run([*paydesk, "stack", "up"], env=env, check=True, capture_output=True)
        yield root / "stack", env
    finally:
        subprocess.run([*paydesk, "stack", "down"], env=env, check=False, capture_output=True)
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def other_side(home: Path) -> Iterator[tuple[IO[str], IO[str]]]:
    """Ask for the first payments; returns where a line begins a storm, and where it says that it is over."""
    program = [sys.executable, str(Path(__file__).with_name("storm_events.py"))]
    arguments = [str(home), str(REQUESTS), str(RATE), str(SECONDS)]
    with subprocess.Popen([*program, *arguments], stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        yield process.stdin, process.stdout
        process.stdin.close()


def main() -> None:
    """Rest, storm; twice, so that what else the machine does meets both alike."""
    chance, rest, storm = random.Random(36), list[float](), list[float]()
    with site() as (home, env), other_side(home) as (tell_other, told), Desk(env) as desk:
        url = environment(home, "manager")["DATABASE_URL"]
        desk.until_painted("Kafka lag 0")
        until_applied(url, REQUESTS, PATIENCE_S)
        for _ in range(10):
            desk.key("j")
        for turn in (1, 2):
            rest += measure(desk, SECONDS, chance)
            before = applied(url)
            tell_other.write("\n")
            tell_other.flush()
            storm += measure(desk, SECONDS, chance)
            said, took = told.readline().split()
            behind = until_applied(url, before + int(said), 30)
            print(
                f"{turn}: {int(said):,} events in {float(took):.1f} s, the last applied {behind:.1f} s after the keys"
            )
    tell(rest, storm)


def tell(rest: list[float], storm: list[float]) -> None:
    """Print percentiles and ratios."""
    for name, percent in (("p50", 50), ("p90", 90), ("p99", 99)):
        one, other = (statistics.quantiles(each, n=100)[percent - 1] for each in (rest, storm))
        print(f"{name}, ms: {one:7.1f} of {len(rest)} at rest {other:7.1f} of {len(storm)}   x {other / one:.2f}")


if __name__ == "__main__":
    main()
