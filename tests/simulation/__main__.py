"""``python -m tests.simulation``: many runs, from one seed on; a failure is told as a short story."""

import argparse
import gc
import logging
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing.synchronize import Event
from os import cpu_count

from tests.progress import Progress
from tests.simulation.runs import Failure, plan_of, run, shrink

_CHUNK = 50
"""So many runs a process is given at once: few enough that every few seconds some of them are done."""


_over: Event | None = None
"""Of a process that runs chunks: set once a failure was found, so that what runs behind it ends."""


def _start(over: Event) -> None:
    global _over
    _over = over
    _quiet()


def _quiet() -> None:
    logging.disable(logging.CRITICAL)
    # What was imported stays for good, and a run leaves little behind: it is looked through for garbage less often.
    gc.freeze()
    gc.set_threshold(50_000)


def _some(first: int, losses: str) -> tuple[Failure | None, dict[str, int]]:
    reached: dict[str, int] = {}
    for seed in range(first, first + _CHUNK):
        if _over is not None and _over.is_set():
            break
        lost = losses == "all" or (losses == "half" and seed % 2 == 0)
        failure = run(plan_of(seed, losses=lost), reached)
        if failure is not None:
            return failure, reached
    return None, reached


def main() -> int:
    """Run; returns the exit code: 0 when every promise held in every run."""
    parser = argparse.ArgumentParser(description="Simulate both sides under faults and check the promises.")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=None, help="the first seed; by the clock where it is left out")
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1)
    parser.add_argument(
        "--losses",
        choices=("none", "half", "all"),
        default="half",
        help="in how many runs stores are lost, restored, wiped or cut; half: where the seed is even",
    )
    given = parser.parse_args()
    first = given.seed if given.seed is not None else int(time.time())
    print(f"{given.runs:,} runs from seed {first} on", flush=True)
    started, reached, over = time.monotonic(), dict[str, int](), multiprocessing.Event()
    firsts = range(first, first + given.runs, _CHUNK)
    done = 0
    say = partial(print, flush=True)
    with (
        ProcessPoolExecutor(given.jobs, initializer=_start, initargs=(over,)) as pool,
        Progress(given.runs, "runs", lambda: (done, ""), say),
    ):
        for failure, points in pool.map(_some, firsts, [given.losses] * len(firsts)):
            done = min(given.runs, done + _CHUNK)
            for point, times in points.items():
                reached[point] = reached.get(point, 0) + times
            if failure is not None:
                # Shrinking takes its time, and has the machine for itself.
                over.set()
                pool.shutdown(cancel_futures=True)
                _quiet()
                tell(shrink(failure))
                return 1
    took = time.monotonic() - started
    print("points reached: " + ", ".join(f"{point} {times:,}" for point, times in sorted(reached.items())))
    print(f"every promise held in {given.runs:,} runs; {took:.0f} s, {given.runs / took:.0f} runs a second")
    return 0


def tell(failure: Failure) -> None:
    """Print the story of a failure."""
    print(f"seed {failure.plan.seed}: {failure.why}")
    for line in failure.story:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main())
