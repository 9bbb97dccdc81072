"""How far a long run is, every few seconds: done, rate, what is left. ``-p tests.progress`` makes pytest say it too."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Self, TextIO

import pytest

EVERY_S = float(os.environ.get("TESTS_PROGRESS_S", "5"))
"""So often a line is said; a run whose lines are kept, as of CI, sets it higher."""


def line(done: int, total: int, unit: str, took_s: float, doing: str = "") -> str:
    """Return how far a run is that has taken ``took_s`` seconds; ``doing`` is what it is at now."""
    text = f"{done:,} of {total:,} {unit}"
    if done:
        rate = done / took_s
        left = max(0, total - done) / rate
        text += f", {f'{rate:,.0f} a second' if rate >= 10 else f'{took_s / done:,.1f} s each'}, {_span(left)} left"
    else:
        text += f", {_span(took_s)} so far"
    return f"{text}, at {doing}" if doing else text


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class Progress:
    """Says how far a run is for as long as it is entered; ``seen`` returns how much is done, and what it is at."""

    def __init__(
        self,
        total: int,
        unit: str,
        seen: Callable[[], tuple[int, str]],
        say: Callable[[str], object],
        every_s: float = EVERY_S,
    ) -> None:
        self.total = total
        self._unit, self._seen, self._say, self._every_s = unit, seen, say, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._began_s = time.monotonic()

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            done, doing = self._seen()
            self._say(line(done, self.total, self._unit, time.monotonic() - self._began_s, doing))


class _OfTests:
    """Counts the tests of this run, also where several processes share them."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._done, self._told = 0, 0
        self._progress = Progress(0, "tests", lambda: (self._done, ""), self._say)
        self._entered = False

    def _say(self, text: str) -> None:
        """Print a line: below the dots, if there are any since the last one."""
        if self._done < self._progress.total:
            print(text if self._told == self._done else f"\n{text}", file=self._terminal, flush=True)
            self._told = self._done

    def _begin(self, total: int) -> None:
        self._progress.total = total
        if not self._entered and total:
            self._entered = True
            self._progress.__enter__()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin where this process runs the tests itself."""
        self._begin(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Begin where others run them: each has found all of them."""
        self._begin(len(ids))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that is through."""
        self._done += report.when == "teardown"

    def pytest_sessionfinish(self) -> None:
        """Say no more."""
        if self._entered:
            self._entered = False
            self._progress.__exit__()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Say how far the run is, on the output as it is before pytest begins to capture what tests print."""
    pluginmanager.register(_Terminal(os.fdopen(os.dup(1), "w")))


class _Terminal:
    """Keeps the output until it is known whether this process is the one that tells."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def pytest_configure(self, config: pytest.Config) -> None:
        """Begin; a process that runs tests for another one says nothing."""
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(_OfTests(self._output))

    def pytest_unconfigure(self) -> None:
        """Give the output back."""
        self._output.close()
