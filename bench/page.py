"""``python bench/page.py``: makes ``docs/performance.md`` of ``results.json`` and of what each benchmark does."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ratios import HEADING, Ratio

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
DOCUMENT = HERE.parent / "docs" / "performance.md"
_HEAD = """\
# How fast it is

Made by `make bench` from `bench/results.json`; not written by hand.

A figure alone says little of a program, as machines differ and are shared. So each benchmark measures, in turns and in
the same run, paydesk and something alike: the least that anybody would have to do (a *floor*), or a *peer*, which is a
program of the usual libraries. What counts is the ratio: paydesk's figure by the other one, of each turn, and of these
the minimum, the median and the maximum. *Wanted* is what the median is to be. No benchmark is a test. The load is the
mean number of processes that wanted a processor in the minutes before: with more than there are processors, others were
at work too, and the extremes of the ratios are theirs.

How long it takes until another worker takes over is measured by the [fault matrix](reliability.md).

`make bench` runs all of them on servers of their own, in less than 20 minutes on two processors, and
`make bench NAME=latency` one.
"""


def page(results: Mapping[str, Any]) -> str:
    """Return the document."""
    return "\n".join([_HEAD, *(_part(name, result) for name, result in results.items())])


def _part(name: str, result: Mapping[str, Any]) -> str:
    machine = ", ".join(
        f"{value} {part}" if part == "processors" else f"{part} {value}" for part, value in result["machine"].items()
    )
    rows = "\n".join(Ratio.read(ratio).row for ratio in result["ratios"])
    when = f"Measured at commit {result['commit']}, with a load of {result['load']:.1f}: {machine}."
    return f"## {name}\n\n{_says(name)}\n\n{HEADING}\n{rows}\n\n{when}\n"


def _says(name: str) -> str:
    """Return what a benchmark says of itself, as Markdown."""
    text = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))) or ""
    rest = text.replace("``", "`").partition(": ")[2]
    return f"{rest[:1].upper()}{rest[1:]}"


def main() -> None:
    """Make the document anew."""
    DOCUMENT.write_text(page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
