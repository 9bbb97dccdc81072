"""Starts a worker or a desk of the product with a hook at its named points: how the tests strike it exactly there.

``python -m tests.faults.launcher ORDERS COUNTS worker ROLE``, or ``... desk ROLE PERSON JOURNAL``.
"""

import os
import sys
import time
from pathlib import Path

from paydesk.infra.core import failpoints
from tests.faults.control import POINTS, Counts, Orders


def main(orders_file: str, counts_file: str, kind: str, role: str, *more: str) -> int:
    """Install the hook, then be what was asked for."""
    orders, counts = Orders(Path(orders_file)), Counts(Path(counts_file))
    index_of = {point: index for index, point in enumerate(POINTS)}

    def at(point: str) -> None:
        counts.reached(index_of[point], time.monotonic_ns())
        number = orders.signal_at(index_of[point])
        if number:
            os.kill(os.getpid(), number)

    failpoints.hook = at
    if kind == "worker":
        from paydesk.cli.main import run

        return run([role, "worker"])
    from tests.faults.people import sit

    person, journal = more
    return sit(role, person, Path(journal), orders, counts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
