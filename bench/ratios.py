"""What the benchmarks share: two things measured in turns in one run, and the ratio of each turn.

Machines are shared and noisy, so a figure alone says little: what is compared runs alternately, and of the ratios the
smallest, the median and the largest are printed, and written down as JSON.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What a median ratio is to be: at least or at most ``must``, and better ``goal``.

    Where ``goal`` is the larger one, larger ratios are better.
    """

    must: float
    goal: float

    def met(self, ratio: float) -> bool:
        """Whether a ratio is what it must be."""
        return ratio >= self.must if self.goal > self.must else ratio <= self.must


@dataclass(frozen=True)
class Ratio:
    """What a program costs, against something alike.

    Attributes:
        name: What was measured.
        unit: The unit of both medians.
        against: What it is compared with, in a few words.
        floor: The median of what it is compared with.
        paydesk: The median of paydesk.
        ratios: paydesk by the floor, of each turn.
        goal: What the median is to be; None: nothing is promised.
    """

    name: str
    unit: str
    against: str
    floor: float
    paydesk: float
    ratios: tuple[float, ...]
    goal: Goal | None = None

    @classmethod
    def of(
        cls, name: str, unit: str, against: str, turns: Iterable[tuple[float, float]], goal: Goal | None = None
    ) -> "Ratio":
        """Return the ratio of what was measured in turns: pairs of the floor and of paydesk."""
        pairs = list(turns)
        floors, ours = zip(*pairs, strict=True)
        ratios = tuple(mine / other for other, mine in pairs)
        return cls(name, unit, against, statistics.median(floors), statistics.median(ours), ratios, goal)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Ratio":
        """Return a ratio as it was written down."""
        goal = Goal(**document["goal"]) if document["goal"] else None
        return cls(**{**document, "ratios": tuple(document["ratios"]), "goal": goal})

    @property
    def row(self) -> str:
        """The row of a table: name, both medians, then minimum, median and maximum of the ratio."""
        ratios = [_times(ratio) for ratio in (min(self.ratios), statistics.median(self.ratios), max(self.ratios))]
        return (
            f"| {self.name} | {self.against} | {number(self.floor)} {self.unit} | {number(self.paydesk)} {self.unit} "
            f"| {' | '.join(ratios)} | {self._goal} |"
        )

    @property
    def _goal(self) -> str:
        if self.goal is None:
            return ""
        sign = "≥" if self.goal.goal > self.goal.must else "≤"
        return f"{sign} {self.goal.must:g}, better {self.goal.goal:g}"


def _times(ratio: float) -> str:
    if ratio < 0.01:
        return f"1/{1 / ratio:,.0f}"
    return f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


def number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1 else f"{value:.3f}"


HEADING = (
    "| what | against | the other | paydesk | minimum | median | maximum | wanted |\n|---|---|--:|--:|--:|--:|--:|---|"
)


def in_turns(turns: int, floor: Callable[[], float], paydesk: Callable[[], float]) -> list[tuple[float, float]]:
    """Measure floor and paydesk in turns, so often; returns both of each turn."""
    return [(floor(), paydesk()) for _ in range(turns)]


def processor_s(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a program to its end; returns the seconds of processor time that it used.

    Raises:
        SystemExit: It ended with another code than 0; what it printed is told.
    """
    process = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{printed.decode()}")
    return usage.ru_utime + usage.ru_stime


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of all do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def arguments(document: str | None) -> argparse.ArgumentParser:
    """Return a parser of what each benchmark takes."""
    parser = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="for some seconds: shows that it runs, measures nothing")
    parser.add_argument("--json", type=Path, help="write the ratios to this file")
    return parser


def report(ratios: Iterable[Ratio], file: Path | None) -> None:
    """Print each ratio as it comes, and write all of them down, for a program that compares runs or makes a page."""
    print(HEADING, flush=True)
    rows = []
    for ratio in ratios:
        print(ratio.row, flush=True)
        rows.append(asdict(ratio))
    if file is not None:
        file.write_text(json.dumps(rows, indent=1) + "\n")
