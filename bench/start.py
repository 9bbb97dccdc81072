"""``python bench/start.py``: a desk from its start to its first row, over a thousand requests.

A contractor's desk in a pseudo-terminal, on servers that run, until the end of the frame that shows the newest request;
and the processor time that its process has used by then. The floor is an empty Textual application, which connects
with psycopg, asks for the newest request, and paints it as one line.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil
from million import fill_table
from ratios import Ratio, arguments, report
from sites import site
from terminals import Terminal, desk

from paydesk.contractor.role import ROLE as CONTRACTOR

REQUESTS = 1_000
NEWEST = f"PR-{1000 + REQUESTS}"
EMPTY = "an empty application that paints one line of one query"


def start(command: Sequence[str], env: Mapping[str, str]) -> tuple[float, float]:
    """Start a program; returns the milliseconds to its first row, and those of processor time."""
    with Terminal(command, env) as terminal:
        at = terminal.frame_with(NEWEST)
        times = psutil.Process(terminal.process.pid).cpu_times()
        return (at - terminal.began) * 1000, (times.user + times.system) * 1000


def measure(turns: int, *, warm_up: bool) -> Iterator[Ratio]:
    """Measure in turns."""
    with site() as place:
        place.migrate(CONTRACTOR)
        url = place.postgres.url(CONTRACTOR.name)
        fill_table(url, REQUESTS)
        empty = [sys.executable, str(Path(__file__).with_name("empty_list.py"))]
        ours = desk("contractor", "--as", "ada")

        def once() -> tuple[tuple[float, float], tuple[float, float]]:
            return start(empty, place.env | {"FLOOR_URL": url}), start(ours, place.env)

        if warm_up:
            once()
        turns_measured = [once() for _ in range(turns)]
    for part, name in enumerate(("start to the first row", "start to the first row, processor time")):
        yield Ratio.of(name, "ms", EMPTY, [(floor[part], mine[part]) for floor, mine in turns_measured])


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=9)
    given = parser.parse_args()
    report(measure(1 if given.quick else given.turns, warm_up=not given.quick), given.json)


if __name__ == "__main__":
    main()
