"""What the benchmarks share: two things measured in turns in one run, and the ratio of each turn.

Machines are shared and noisy, so a figure alone says little: what is compared runs alternately, and of the ratios the
smallest, the median and the largest are told.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ratio:
    """What a program costs, against the least that something alike can cost.

    Attributes:
        name: What was measured.
        unit: The unit of both medians.
        floor: The median of the floor.
        paydesk: The median of paydesk.
        ratios: paydesk by the floor, of each turn.
    """

    name: str
    unit: str
    floor: float
    paydesk: float
    ratios: tuple[float, ...]

    @property
    def row(self) -> str:
        """The row of a table: name, both medians, then minimum, median and maximum of the ratio."""
        least, middle, most = min(self.ratios), statistics.median(self.ratios), max(self.ratios)
        return (
            f"| {self.name} | {self.floor:.3f} {self.unit} | {self.paydesk:.3f} {self.unit} "
            f"| {least:.2f} | {middle:.2f} | {most:.2f} |"
        )


HEADING = "| what | floor | paydesk | least | median | most |\n|---|--:|--:|--:|--:|--:|"


def in_turns(name: str, unit: str, turns: int, floor: Callable[[], float], paydesk: Callable[[], float]) -> Ratio:
    """Measure floor and paydesk in turns.

    Args:
        name: What is measured.
        unit: The unit of what both return.
        turns: How often each is measured.
        floor: Measures the floor once.
        paydesk: Measures paydesk once.

    Returns:
        The medians, and the ratio of each turn.
    """
    pairs = [(floor(), paydesk()) for _ in range(turns)]
    floors, ours = zip(*pairs, strict=True)
    ratios = tuple(mine / least for least, mine in pairs)
    return Ratio(name, unit, statistics.median(floors), statistics.median(ours), ratios)


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


def write_json(file: Path, ratios: Sequence[Ratio]) -> None:
    """Write what was measured, for a program that compares runs."""
    file.write_text(json.dumps([asdict(ratio) for ratio in ratios], indent=1) + "\n")
