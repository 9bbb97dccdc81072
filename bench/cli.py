"""``python bench/cli.py``: the processor time of a command, against that of importing what it cannot do without.

Servers of its own, and a worker of each role at work on them, as a desk that is open has one. Each command runs in turn
with a program that imports click and psycopg (a command that reads) or click, psycopg, redis and sqlmodel (one that
writes), and ends.
"""

import subprocess
import sys
from collections.abc import Iterator

from ratios import Goal, Ratio, arguments, in_turns, processor_s, report
from sites import site, until

from paydesk.manager.role import ROLE as MANAGER

READS, WRITES = "import click, psycopg", "import click, psycopg, redis, sqlmodel"
TURNS = 15


def measure(turns: int, *, warm_up: bool) -> Iterator[Ratio]:
    """Measure each command in turn with its imports."""
    with site() as place, place.workers():
        ask = [sys.executable, "-m", "paydesk", "contractor", "request", "12.50", "EUR", "lunch", "--as", "ada"]
        done = subprocess.run(ask, env=place.env, check=True, capture_output=True, text=True)
        number = done.stdout.split()[0]
        until(lambda: place.scalar(MANAGER, "SELECT count(*) FROM payment_request"))
        commands = {
            "contractor list": (READS, ["contractor", "list"], Goal(2.5, 2)),
            "manager list --json": (READS, ["manager", "list", "--json"], None),
            "manager show": (READS, ["manager", "show", number], Goal(2.5, 2)),
            "contractor request": (WRITES, ["contractor", "request", "7", "EUR", "tea", "--as", "ada"], Goal(1.5, 1.2)),
        }
        for name, (imports, words, goal) in commands.items():

            def floor(imports: str = imports) -> float:
                return processor_s([sys.executable, "-c", imports], place.env)

            def paydesk(words: list[str] = words) -> float:
                return processor_s([sys.executable, "-m", "paydesk", *words], place.env)

            if warm_up:
                floor(), paydesk()
            yield Ratio.of(f"`{name}`", "s", f"`{imports}`", in_turns(turns, floor, paydesk), goal)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    given = parser.parse_args()
    report(measure(1 if given.quick else given.turns, warm_up=not given.quick), given.json)


if __name__ == "__main__":
    main()
