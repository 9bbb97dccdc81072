"""``python bench/cli.py``: the processor time of a command, against that of importing what it cannot do without.

Servers of its own, and a worker of each role at work on them, as a desk that is open has one. Each command runs in turn
with a program that imports click and psycopg (a command that reads) or click, psycopg, redis and sqlmodel (one that
writes), and ends. ``--json FILE`` writes the ratios down.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ratios import HEADING, Ratio, in_turns, processor_s, write_json
from storm import site

READS, WRITES = "import click, psycopg", "import click, psycopg, redis, sqlmodel"
PATIENCE_S = 60.0
_LOOK_S = 0.1


@contextmanager
def workers(env: dict[str, str], log: Path) -> Iterator[None]:
    """Have a worker of each role at work."""
    with log.open("wb") as told:
        started = [
            subprocess.Popen([sys.executable, "-m", "paydesk", role, "worker"], env=env, stdout=told, stderr=told)
            for role in ("contractor", "manager")
        ]
        try:
            until = time.monotonic() + PATIENCE_S
            while log.read_text().count("worker: working") < len(started):
                if time.monotonic() > until:
                    raise SystemExit(f"no worker is at work:\n{log.read_text()}")
                time.sleep(_LOOK_S)
            yield
        finally:
            for worker in started:
                worker.terminate()
            for worker in started:
                worker.wait()


def main() -> None:
    """Measure each command, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with site() as (home, env), workers(env, home.parent / "workers.log"):
        ask = [sys.executable, "-m", "paydesk", "contractor", "request", "12.50", "EUR", "lunch", "--as", "ada"]
        number = subprocess.run(ask, env=env, check=True, capture_output=True, text=True).stdout.split()[0]
        commands = {
            "contractor list": (READS, ["contractor", "list"]),
            "manager list --json": (READS, ["manager", "list", "--json"]),
            "manager show": (READS, ["manager", "show", number]),
            "contractor request": (WRITES, ["contractor", "request", "7", "EUR", "tea", "--as", "ada"]),
        }
        print(HEADING, flush=True)
        ratios: list[Ratio] = []
        for name, (imports, words) in commands.items():

            def floor(imports: str = imports) -> float:
                return processor_s([sys.executable, "-c", imports], env)

            def paydesk(words: list[str] = words) -> float:
                return processor_s([sys.executable, "-m", "paydesk", *words], env)

            floor(), paydesk()  # The first of each compiles and warms up.
            ratios.append(in_turns(name, "s", given.turns, floor, paydesk))
            print(ratios[-1].row, flush=True)
        if given.json:
            write_json(given.json, ratios)


if __name__ == "__main__":
    main()
