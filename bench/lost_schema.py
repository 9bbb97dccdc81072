"""``python bench/lost_schema.py``: how long a side needs until it is whole again after its schema was dropped.

Servers of its own, and so many requests, asked and decided by the product's own commands, every tenth of them revised
or asked back. Then the contractor's schema is dropped, made anew empty, and its worker started; once it has everything
again, the same befalls the manager's. The seconds count from the start of the worker until its own topic is read and
all of the other side's is applied. The floor reads the same messages of both topics, and writes them with COPY into one
table that has a primary key. What each round heals has to be equal to what the others did, row by row.

``--against FOLDER`` names the ``src`` of another version of the program, such as a second work tree: that heals the
same loss in turn with this one.
"""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

from confluent_kafka import Consumer, TopicPartition
from ingest import COPY, floor
from ratios import Ratio, arguments, report
from sites import ROLES, SOURCE, Site, site, until

from paydesk.contractor.commands import execute as ask
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import Approve, AskWithdrawal, Reject, RequestPayment, RevisePayment
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager.commands import execute as decide
from paydesk.manager.role import ROLE as MANAGER

ROUNDS = 2
PATIENCE_S = 3600.0
BEYOND = {
    "payment_request": ("changed_at", "revision_received_at", "locked_at"),
    "outbox": ("published_at", "beaten_at"),
    "inbox": ("heard_at",),
    "command": ("done_at",),
    "position": (),
    "settlement": (),
    # Each worker says something on its own topic once it is through, so that the next one finds another end.
    "meta": ("imported_at", "checked_by", "verified_offset", "verified_event_id", "verified_append_time"),
}
"""Every table, and the columns that tell when it was healed and by whom."""
Tables = dict[str, list[str]]


def url(place: Site, role: Role) -> str:
    """Return where a role's schema is."""
    return place.postgres.url(role.name)


def end(place: Site, role: Role) -> int:
    """Return the end of the topic that a role reads."""
    group = {"group.id": role.group, "enable.auto.commit": False}
    with closing(Consumer({**place.kafka.conf(role.name), **group})) as client:
        return int(client.get_watermark_offsets(TopicPartition(role.reads[0], 0), timeout=10)[1])


def tables(place: Site, role: Role) -> Tables:
    """Return each row of each table as text, in order, without when it was healed."""
    with connect(url(place, role), role.name, autocommit=True) as connection:
        return {
            table: sorted(
                row[0]
                for row in connection.execute(f"SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t", [[*but]])
            )
            for table, but in BEYOND.items()
        }


def ask_all(place: Site, requests: int) -> None:
    """Ask for so many payments; revise every tenth, and ask another tenth back."""
    with closing(Store(url(place, CONTRACTOR), CONTRACTOR)) as store:
        for number in range(requests):
            request_id, terms = uuid4(), checked_terms(f"{number % 9000 + 100}.50", "EUR", f"Invoice {number}, rework")
            ask(store, uuid4(), RequestPayment(request_id, "ada", terms))
            if number % 10 == 3:
                ask(store, uuid4(), RevisePayment(request_id, "ada", {"amount": f"{number % 9000 + 99}.50"}))
            elif number % 10 == 7:
                ask(store, uuid4(), AskWithdrawal(request_id, "ada"))


def decide_all(place: Site) -> None:
    """Approve two of three that wait, and reject the third."""
    with connect(url(place, MANAGER), MANAGER.name) as connection:
        waiting: list[tuple[UUID, int, str]] = connection.execute(
            "SELECT id, revision, terms_hash FROM payment_request WHERE status = 'pending' ORDER BY requested_at, id"
        ).fetchall()
    cause = checked_cause("duplicate", None)
    with closing(Store(url(place, MANAGER), MANAGER)) as store:
        for number, (request_id, revision, terms_hash) in enumerate(waiting):
            if number % 3 == 2:
                decide(store, uuid4(), Reject(request_id, "bo", revision, terms_hash, cause))
            else:
                decide(store, uuid4(), Approve(request_id, "bo", revision, terms_hash))


def published(place: Site, role: Role) -> int:
    """Return how many events a side has on its topic."""
    return int(place.scalar(role, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"))


def heard(place: Site, role: Role) -> int:
    """Return how many events a side has from the other."""
    return int(place.scalar(role, "SELECT count(*) FROM inbox"))


def fill(place: Site, requests: int) -> None:
    """Have requests asked, decided, and all of it known to both sides."""
    with place.workers():
        ask_all(place, requests)
        until(lambda: _arrived(place, CONTRACTOR, MANAGER), PATIENCE_S)
        decide_all(place)
        until(lambda: _arrived(place, MANAGER, CONTRACTOR), PATIENCE_S)


def _arrived(place: Site, writer: Role, reader: Role) -> bool:
    unsent = place.scalar(writer, "SELECT count(*) FROM outbox WHERE published_at IS NULL")
    return not unsent and heard(place, reader) == published(place, writer)


def heal(place: Site, role: Role, source: Path = SOURCE) -> tuple[float, Tables]:
    """Lose a schema; returns the seconds from the start of the worker until it is whole, and what is in it then."""
    events, messages, whole_at = published(place, role), heard(place, role), end(place, role)
    place.drop(role)
    began = time.monotonic()
    with place.worker(role, source):
        until(lambda: place.scalar(role, "SELECT count(checked_by) FROM meta"), PATIENCE_S)
        whole = until(lambda: heard(place, role) == messages, PATIENCE_S) - began
        until(lambda: place.scalar(role, "SELECT next_offset FROM position") == whole_at, PATIENCE_S)
    assert published(place, role) == events
    return whole, tables(place, role)


def compare(before: Tables, after: Tables) -> None:
    """Fail where two schemas are not equal row by row."""
    for table, rows in before.items():
        if rows != after[table]:
            wrong = [pair for pair in zip(rows, after[table], strict=False) if pair[0] != pair[1]][:2]
            raise AssertionError(f"{table}: {len(rows)} and {len(after[table])} rows, {json.dumps(wrong, indent=1)}")


def measure(requests: int, rounds: int, against: Path | None) -> Iterator[Ratio]:
    """Fill, lose, heal, compare."""
    with site() as place:
        fill(place, requests)
        for role in ROLES:
            topics = {role.writes: published(place, role) for role in ROLES}
            tables: list[Tables] = []
            floors: list[tuple[float, float]] = []
            others: list[tuple[float, float]] = []
            for _ in range(rounds):
                began = time.monotonic()
                floor(place, topics)
                copied = time.monotonic() - began
                whole, healed = heal(place, role)
                floors.append((copied, whole))
                tables.append(healed)
                if against is not None:
                    other, healed = heal(place, role, against)
                    others.append((other, whole))
                    tables.append(healed)
            for healed in tables[1:]:
                compare(tables[0], healed)
            name = f"the {role.name}'s schema of {requests:,} requests healed"
            yield Ratio.of(name, "s", COPY, floors)
            if others:
                yield Ratio.of(name, "s", "the other version of the program", others)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--against", type=Path, help="the src folder of another version of the program")
    given = parser.parse_args()
    if given.quick:
        given.requests, given.rounds = 20, 1
    report(measure(given.requests, given.rounds, given.against and given.against.resolve()), given.json)


if __name__ == "__main__":
    main()
