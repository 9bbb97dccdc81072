"""``python bench/lost_schema.py``: how long a side needs until it is whole again after its schema was dropped.

Servers of its own, and so many requests, asked and decided by the product's own commands, every tenth of them revised
or asked back. Then the contractor's schema is dropped, made anew empty, and its worker started; once it has everything
again, the same befalls the manager's. Told are the seconds from the start of the worker until its own topic is read,
and until all of the other side's is applied too.

``--against FOLDER`` names the ``src`` of another version of the program, such as a second work tree: that heals the
same loss in turn with this one, and the tables of both have to be equal, row by row.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from confluent_kafka import Consumer, TopicPartition
from storm import site

from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.decision import checked_cause
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.home import Folder
from paydesk.stack.kafka_server import Kafka
from paydesk.stack.servers import Postgres

HERE = Path(__file__).parents[1] / "src"
ROUNDS = 2
PATIENCE_S = 3600.0
_LOOK_S = 0.02
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


class Stack:
    """Where the schemas are, and what works on them."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self.server, self.broker, self.env = Postgres(Folder(home)), Kafka(Folder(home)), env

    def one(self, role: Role, query: str) -> Any:
        """Return the one value that a query finds in a role's schema."""
        with connect(self.server.url(role.name), role.name, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
            assert row is not None
            return row[0]

    @contextmanager
    def worker(self, role: Role, source: Path = HERE) -> Iterator[None]:
        """Run a role's worker as the program of these sources."""
        env = self.env | {"PYTHONPATH": str(source)}
        command = [sys.executable, "-m", "paydesk", role.name, "worker"]
        with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as process:
            try:
                yield
                assert process.poll() is None, "the worker ended by itself"
            finally:
                process.terminate()

    def drop(self, role: Role) -> None:
        """Drop a role's schema, and make it anew, empty."""
        with psycopg.connect(self.server.url("stack"), autocommit=True) as admin:
            admin.execute(f"DROP SCHEMA {role.name} CASCADE")
        self.server.provision()
        migrate(self.server.url(role.name), role.name)

    def end(self, role: Role) -> int:
        """Return the end of the topic that a role reads."""
        group = {"group.id": role.group, "enable.auto.commit": False}
        with closing(Consumer({**self.broker.conf(role.name), **group})) as client:
            return int(client.get_watermark_offsets(TopicPartition(role.reads[0], 0), timeout=10)[1])

    def tables(self, role: Role) -> Tables:
        """Return each row of each table as text, in order, without when it was healed."""
        with connect(self.server.url(role.name), role.name, autocommit=True) as connection:
            return {
                table: sorted(
                    row[0]
                    for row in connection.execute(f"SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t", [[*but]])
                )
                for table, but in BEYOND.items()
            }


def until(look: Callable[[], object]) -> float:
    """Wait for something to be true; returns the moment."""
    end = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < end, "not seen"
        time.sleep(_LOOK_S)
    return time.monotonic()


def ask(stack: Stack, requests: int) -> None:
    """Ask for so many payments; revise every tenth, and ask another tenth back."""
    with closing(Store(stack.server.url(CONTRACTOR.name), CONTRACTOR)) as store:
        for place in range(requests):
            request_id, terms = uuid4(), checked_terms(f"{place % 9000 + 100}.50", "EUR", f"Invoice {place}, rework")
            asks.request_payment(store, uuid4(), request_id, "ada", terms)
            if place % 10 == 3:
                asks.revise_payment(store, uuid4(), request_id, "ada", {"amount": f"{place % 9000 + 99}.50"})
            elif place % 10 == 7:
                asks.ask_withdrawal(store, uuid4(), request_id, "ada")


def decide(stack: Stack) -> None:
    """Approve two of three that wait, and reject the third."""
    url = stack.server.url(MANAGER.name)
    with connect(url, MANAGER.name) as connection:
        waiting: list[tuple[UUID, int, str]] = connection.execute(
            "SELECT id, revision, terms_hash FROM payment_request WHERE status = 'pending' ORDER BY requested_at, id"
        ).fetchall()
    with closing(Store(url, MANAGER)) as store:
        for place, (request_id, revision, terms_hash) in enumerate(waiting):
            if place % 3 == 2:
                cause = checked_cause("duplicate", None)
                decides.reject(store, uuid4(), request_id, "bo", revision, terms_hash, cause)
            else:
                decides.approve(store, uuid4(), request_id, "bo", revision, terms_hash)


def said(stack: Stack, role: Role) -> int:
    """Return how many events a side has on its topic."""
    return int(stack.one(role, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"))


def heard(stack: Stack, role: Role) -> int:
    """Return how many events a side has from the other."""
    return int(stack.one(role, "SELECT count(*) FROM inbox"))


def fill(stack: Stack, requests: int) -> None:
    """Have requests asked, decided, and all of it known to both sides."""
    for role in (CONTRACTOR, MANAGER):
        migrate(stack.server.url(role.name), role.name)
    unsent = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    with stack.worker(CONTRACTOR), stack.worker(MANAGER):
        # The first check is done before the first request, so that each has its number at once.
        until(lambda: all(stack.one(role, "SELECT count(checked_by) FROM meta") for role in (CONTRACTOR, MANAGER)))
        ask(stack, requests)
        until(lambda: not stack.one(CONTRACTOR, unsent) and heard(stack, MANAGER) == said(stack, CONTRACTOR))
        decide(stack)
        until(lambda: not stack.one(MANAGER, unsent) and heard(stack, CONTRACTOR) == said(stack, MANAGER))


def heal(stack: Stack, role: Role, source: Path) -> tuple[float, float, Tables]:
    """Lose a schema; returns the seconds until its own topic is read and until it is whole, and what is in it then."""
    events, messages, end = said(stack, role), heard(stack, role), stack.end(role)
    stack.drop(role)
    began = time.monotonic()
    with stack.worker(role, source):
        read = until(lambda: stack.one(role, "SELECT count(checked_by) FROM meta")) - began
        whole = until(lambda: heard(stack, role) == messages) - began
        until(lambda: stack.one(role, "SELECT next_offset FROM position") == end)
    assert said(stack, role) == events
    return read, whole, stack.tables(role)


def compare(one: Tables, other: Tables) -> str:
    """Return how many rows are equal; fails where some are not."""
    for table, rows in one.items():
        if rows != other[table]:
            wrong = [pair for pair in zip(rows, other[table], strict=False) if pair[0] != pair[1]][:2]
            raise AssertionError(f"{table}: {len(rows)} and {len(other[table])} rows, {json.dumps(wrong, indent=1)}")
    return ", ".join(f"{table} {len(rows):,}" for table, rows in one.items() if rows)


def main() -> None:
    """Fill, lose, heal, compare, tell."""
    parser = argparse.ArgumentParser(description="Lose a schema and time how it comes back.")
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--against", type=Path, help="the src folder of another version of the program")
    given = parser.parse_args()
    versions = {"this": HERE} | ({"other": given.against.resolve()} if given.against else {})
    with site() as (home, env):
        stack = Stack(home, env)
        began = time.monotonic()
        fill(stack, given.requests)
        print(f"{given.requests:,} requests made in {time.monotonic() - began:.0f} s; {os.cpu_count()} cores")
        for role in (CONTRACTOR, MANAGER):
            found: list[Tables] = []
            for turn in range(given.rounds):
                for name, source in versions.items():
                    read, whole, tables = heal(stack, role, source)
                    found.append(tables)
                    told = f"own topic read after {read:6.1f} s, whole after {whole:6.1f} s"
                    print(f"{role.name} lost, round {turn + 1}, {name:5} version: {told}", flush=True)
            for each in found[1:]:
                compare(found[0], each)
            print(f"{role.name}: equal in all {len(found)}, rows: {compare(found[0], found[-1])}", flush=True)


if __name__ == "__main__":
    main()
