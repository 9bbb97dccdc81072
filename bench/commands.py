"""``python bench/commands.py``: a command until it is committed, against one row inserted and committed.

The floor inserts a row of as many bytes as an event has, over psycopg on a connection that stays open. Both are on
the same PostgreSQL, with a worker of each role at work on it, and follow each other one by one.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from uuid import UUID, uuid4

import psycopg
from ratios import Goal, Ratio, arguments, report
from sites import Site, site, until

from paydesk.contractor.commands import execute as ask
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager.commands import execute as decide
from paydesk.manager.role import ROLE as MANAGER

BODY = "x" * 900
ROW = "one row inserted and committed"
GOAL = Goal(4, 2.5)


def requested(store: Store) -> UUID:
    """Ask for one payment."""
    request_id = uuid4()
    ask(store, uuid4(), RequestPayment(request_id, "ada", checked_terms("12.50", "EUR", "Invoice, network rework")))
    return request_id


def approvals(place: Site, count: int) -> list[Approve]:
    """Return the approvals of so many requests, which are asked for first and have arrived."""
    with closing(Store(place.postgres.url(CONTRACTOR.name), CONTRACTOR)) as store:
        ids = [requested(store) for _ in range(count)]
    there = "SELECT id, revision, terms_hash FROM payment_request WHERE id = ANY(%s)"
    with connect(place.postgres.url(MANAGER.name), MANAGER.name, autocommit=True) as connection:
        until(lambda: len(connection.execute(there, [ids]).fetchall()) == count)
        rows = connection.execute(there, [ids]).fetchall()
    return [Approve(request_id, "bo", revision, terms_hash) for request_id, revision, terms_hash in rows]


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def alternate(
    turns: int, rounds: int, floor: Callable[[], object], command: Callable[[], object]
) -> list[tuple[float, float]]:
    """Run both one after the other, so many times a turn; returns the medians of each turn in milliseconds."""
    floor(), command()  # The first of each connects.
    medians = []
    for _ in range(turns):
        pairs = [(milliseconds(floor), milliseconds(command)) for _ in range(rounds)]
        floors, ours = zip(*pairs, strict=True)
        medians.append((statistics.median(floors), statistics.median(ours)))
    return medians


def measure(turns: int, rounds: int) -> Iterator[Ratio]:
    """Measure a request and an approval."""
    with site() as place, place.workers(), psycopg.connect(place.postgres.url("stack"), autocommit=True) as database:
        database.execute("CREATE TABLE IF NOT EXISTS floor_row (id uuid PRIMARY KEY, body text NOT NULL)")
        waiting = iter(approvals(place, turns * rounds + 1))

        def floor() -> None:
            database.execute("INSERT INTO floor_row VALUES (%s, %s)", [uuid4(), BODY])

        with (
            closing(Store(place.postgres.url(CONTRACTOR.name), CONTRACTOR)) as contractor,
            closing(Store(place.postgres.url(MANAGER.name), MANAGER)) as manager,
        ):
            commands = {
                "a request committed": lambda: requested(contractor),
                "an approval committed": lambda: decide(manager, uuid4(), next(waiting)),
            }
            for name, command in commands.items():
                yield Ratio.of(name, "ms", ROW, alternate(turns, rounds, floor, command), GOAL)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=30, help="how many of both in one turn")
    given = parser.parse_args()
    if given.quick:
        given.turns, given.rounds = 1, 5
    report(measure(given.turns, given.rounds), given.json)


if __name__ == "__main__":
    main()
