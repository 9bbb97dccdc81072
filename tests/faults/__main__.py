"""``python -m tests.faults``: strike real processes and servers, and print what became of what people were told."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from tests.faults.endurance import Endurance
from tests.faults.matrix import kinds, run
from tests.faults.report import commit, keep, kept, write
from tests.faults.rows import Row, span
from tests.progress import Progress


def main() -> int:
    """Run the matrix; returns the exit code: 0 when every promise held after every fault."""
    parser = argparse.ArgumentParser(description="Strike real processes and servers, and check what people were told.")
    parser.add_argument("--short", action="store_true", help="each kind once or twice, on one bench")
    parser.add_argument("--only", default="", metavar="KIND", help="kinds whose name holds this")
    parser.add_argument("--rounds", type=int, default=None, help="strike each kind so many times")
    parser.add_argument("--report", action="store_true", help="write what was found into docs/reliability.md")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep rows there, and strike no kind that it has")
    parser.add_argument("--endurance", type=int, metavar="N", help="instead: N requests, a fault every 4 s")
    given = parser.parse_args()
    if given.endurance:
        return 0 if Endurance(given.endurance).run(partial(print, flush=True)) else 1
    rows = kept(given.resume) if given.resume else []
    had = {row.fault for row in rows}
    chosen = [
        (kind, given.rounds if given.rounds is not None else kind.short if given.short else kind.rounds)
        for kind in kinds()
        if given.only.lower() in kind.name.lower() and kind.possible()
    ]
    chosen = [(kind, rounds) for kind, rounds in chosen if rounds and kind.name not in had]
    started, ran = time.monotonic(), commit()
    begun: list[Row] = []

    def seen() -> tuple[int, str]:
        return sum(row.runs for row in begun), begun[-1].fault if begun else "starting the servers"

    with Progress(sum(rounds for _, rounds in chosen), "faults", seen, partial(print, flush=True)):
        for row in run(chosen, 1000 if given.short else 7, begun.append):
            row.commit, row.at = ran, time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
            rows.append(row)
            if given.resume:
                keep(given.resume, row)
            if given.report:
                write(rows)
            print(line(row), flush=True)
            for wrong in (*row.wrong, *row.notes):
                print(f"    {wrong}", flush=True)
    print(f"{sum(row.runs for row in rows)} faults, {time.monotonic() - started:.0f} s")
    return 0 if all(row.good for row in rows) else 1


def line(row: Row) -> str:
    """Return a row as a line of text."""
    flight = sorted(row.in_flight)
    return (
        f"{row.fault:<28} runs {row.runs:>3}  accepted {row.accepted:>5}  lost {row.lost}  doubled {row.doubled}"
        f"  diverged {row.diverged}  absorbed {row.absorbed:>4}  recovery {span(row.recovery_s)}"
        f"  take-over {span(row.takeover_s)}  in flight {flight[len(flight) // 2] if flight else ''}"
    )


if __name__ == "__main__":
    sys.exit(main())
