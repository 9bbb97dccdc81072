"""How slow this machine is now, measured once at the start of a test run: deadlines are multiplied by it.

A wait of the tests is for a fact. Its deadline only ends a run in which the fact never comes, so a busy machine gets
more time, and nothing that is tested becomes weaker.
"""

import os
import subprocess
import sys
import time
from statistics import median

PACE = "TESTS_PACE"
"""Tells test processes that run side by side what the first one measured; who sets it chooses the factor."""
MOST = 8.0
NORMAL_S = 0.25
"""What ``_round`` takes on the idle machine with two cores for which the deadlines were chosen."""
_ROUNDS = 3
_BESIDE = 2
_WORK = "import hashlib\nfor _ in range(120_000): hashlib.sha256(b'paydesk' * 9).hexdigest()"


def factor() -> float:
    """Return the factor of this run, from 1 to ``MOST``; a process that was told none measures it."""
    if PACE not in os.environ:
        os.environ[PACE] = f"{of(measured_s()):.2f}"
    return float(os.environ[PACE])


def of(took_s: float) -> float:
    """Return the factor for a machine on which a round took so long."""
    return min(MOST, max(1.0, took_s / NORMAL_S))


def scaled(within_s: float) -> float:
    """Return a deadline in seconds as this machine needs it."""
    return within_s * factor()


def measured_s() -> float:
    """Return how long it takes to start two processes that compute a little beside each other: the median of three."""
    return median(_round() for _ in range(_ROUNDS))


def _round() -> float:
    began = time.monotonic()
    command = [sys.executable, "-I", "-S", "-c", _WORK]
    for process in [subprocess.Popen(command) for _ in range(_BESIDE)]:
        process.wait()
    return time.monotonic() - began
