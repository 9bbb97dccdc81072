"""Taking in leaves the rows that it always left: 20,000 messages of every sort, heard by both roles, on PostgreSQL.

``taken_in.json.gz`` holds what the program of the day it was made left of them: what became of each message and why,
and of each column a digest of every hundred rows. ``TESTS_FREEZE=1`` writes it anew, for a change that is meant to be.
"""

import gzip
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.headers import headers_of
from paydesk.infra.core.records import Applied, Outgoing, Place, Reading, ReceivedEvent, Record, Verified
from paydesk.infra.core.role import Apply, Role
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.engine.inbox import InboxProcessor
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import Sides
from tests.storage.mixed import POISON, START, Draft, Mixed, record_of

FROZEN = Path(__file__).with_name("taken_in.json.gz")
SEED, BLOCK = 20261130, 100
HEARD = {"manager": 12_000, "contractor": 8_000}
ASKED = 1_500
LOTS = (1, 7, 60, 250, 500)
"""So many messages one reading brings: which of two versions counts as applied depends on what comes together."""
KEYS = {
    "payment_request": "id",
    "inbox": "kafka_offset",
    "outbox": "request_id, version",
    "position": "topic",
    "settlement": "id",
}
MADE = {"inbox": {"position", "became", "reason"}, "outbox": {"id", "position", "headers"}}
"""What the database or chance makes, as the headers of an own event hold its id; and what is kept in words."""
PYTHONS = re.compile(r"^does not decode: (?!\d+ validation error|the hash of|ce_time has).*")
"""Reasons in the words of Python's own libraries, which other versions of it may put otherwise."""
GONE = {"payment_request": {"standing_description", "standing_reference", "standing_pay_to"}}
"""Columns that the program of that day filled and that none fills any more."""
IDENTITY = "SELECT pid || '/' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
Rows = Sequence[Mapping[str, Any]]


@dataclass
class ListedReader:
    """Meets ``paydesk.infra.core.ports.LogReader``: a list of messages, which comes in lots of several sizes."""

    records: Sequence[Record]
    random: Random
    at: int = 0

    def identity(self, topic: str) -> tuple[str, int] | None:
        del topic
        return "a topic", 1

    def assign(self, starts: Mapping[Place, int | None]) -> None:
        self.at = next(iter(starts.values())) or 0

    def read(self, wait_s: float, most: int) -> Reading:
        del wait_s
        some = self.records[self.at : self.at + min(self.random.choice(LOTS), most)]
        self.at += len(some)
        ended = {record.place for record in some} if self.at == len(self.records) else set()
        return Reading(some, frozenset(ended))

    def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell nobody."""

    def committed(self, places: Any) -> Mapping[Place, int]:
        del places
        return {}

    def close(self) -> None:
        """Let go of nothing."""


def wary(apply: Apply) -> Apply:
    """Return the handler, which refuses one kind of event together with all that comes with it."""

    def refusing(transaction: Transaction, role: Role, batch: Sequence[ReceivedEvent], now: datetime) -> Applied:
        if any(
            received.event.register.terms and received.event.register.terms.description == POISON for received in batch
        ):
            raise ValueError("The handler refuses this event.")
        return apply(transaction, role, batch, now)

    return refusing


@contextmanager
def opened(sides: Sides, role: Role, now: Callable[[], datetime]) -> Iterator[Store]:
    """Open a role's schema as its worker has it: with the lease, which here no slow machine can lose, and checked."""
    with closing(Store(sides.url(role), role, now)) as store, connect(sides.url(role), role.name) as holder:
        holder.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        holder.execute("LOCK TABLE lease_lock IN EXCLUSIVE MODE")
        row = holder.execute(IDENTITY).fetchone()
        assert row is not None
        with store.transaction() as transaction:
            transaction.topic.set_verified(0, Verified("own topic"))
            transaction.schema.note_checked(row[0])
        yield store


def take_in(
    store: Store, role: Role, records: Sequence[Record], clock: list[datetime], lost_at: int | None = None
) -> None:
    """Take messages in as the worker's thread does; from ``lost_at`` on the schema is one that was lost once."""
    processor = InboxProcessor(role, store, ListedReader(records, Random(SEED)), wary(role.load_apply()))
    assert processor.assign()
    place = records[0].place
    while not processor.reached({place: len(records)}):
        clock[0] += timedelta(minutes=1)
        processor.step(0)
        known = processor.places[place].known
        if lost_at is not None and known is not None and known.next_offset >= lost_at:
            with store.transaction() as transaction:
                transaction.reimport.note("own topic", 1, START)
            lost_at = None


def put_out(store: Store, role: Role, drafts: Sequence[Draft], registers: Sequence[RequestRegister]) -> None:
    """Have a contractor's side say requests, without a command."""
    with store.transaction() as transaction:
        for draft, register in zip(drafts, registers, strict=True):
            headers = [(name, (raw or b"").decode()) for name, raw in draft.headers]
            facts = dict(headers)
            value = draft.value or b""
            content_hash = hashlib.sha256(value).hexdigest()
            event = Outgoing(
                UUID(facts["ce_id"]), register.id, register.version, facts["ce_type"], role.writes, draft.key or b"",
                headers, value, content_hash, "ada", "", START,
            )  # fmt: skip
            transaction.outbox.add(event)
        newest = {register.id: (register, "a hash") for register in registers}
        transaction.requests.write_all(list(newest.values()), START)


def rows_of(sides: Sides, role: Role) -> dict[str, Rows]:
    """Return all rows of a side, as PostgreSQL writes them in JSON."""
    with connect(sides.url(role), role.name) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        tables = {
            table: [row[0] for row in connection.execute(f"SELECT to_jsonb(t) FROM {table} t ORDER BY {key}")]
            for table, key in KEYS.items()
        }
    return tables | {"inbox": [whole(row) for row in tables["inbox"]]}


def whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the inbox with its headers and its key, also where other columns give them back."""
    if row["said_at"] is None:
        return row
    said_at = datetime.fromisoformat(row["said_at"]).isoformat()
    headers = headers_of(row["event_id"], row["type"], row["source"], row["request_id"], said_at)
    return row | {"headers": headers, "key": f"\\x{row['request_id'].encode().hex()}"}


def frozen(tables: Mapping[str, Rows]) -> dict[str, Any]:
    """Return rows as they are kept: what became of each message, and the digests of each column."""
    return {
        "became": {str(row["kafka_offset"]): [row["became"], _reason(row)] for row in tables["inbox"]},
        "columns": {
            table: {
                column: [_digest(rows[at : at + BLOCK], column) for at in range(0, len(rows), BLOCK)]
                for column in sorted(rows[0] if rows else ())
                if column not in MADE.get(table, ())
            }
            for table, rows in tables.items()
        },
    }


def _reason(row: Mapping[str, Any]) -> str:
    return PYTHONS.sub("does not decode", row["reason"] or "")


def _digest(rows: Rows, column: str) -> str:
    text = "\n".join(json.dumps(row[column], sort_keys=True) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def compare(was: dict[str, Any], rows: dict[str, Any]) -> Iterator[str]:
    """Yield where what was frozen is otherwise now."""
    for offset in sorted(was["became"].keys() | rows["became"].keys(), key=int):
        before, after = was["became"].get(offset), rows["became"].get(offset)
        if before != after:
            yield f"message {offset} was {before}, and is {after}"
    for table, columns in was["columns"].items():
        for column, blocks in columns.items():
            now = rows["columns"][table].get(column)
            if column not in GONE.get(table, ()) and now != blocks:
                places = [
                    n * BLOCK for n, pair in enumerate(zip(blocks, now or [], strict=False)) if pair[0] != pair[1]
                ]
                yield f"{table}.{column} differs in the {BLOCK} rows from {places[:5]} on, of {len(blocks)} blocks"


@pytest.mark.long
def test_twenty_thousand_messages_of_every_sort_leave_the_rows_that_they_always_left(sides: Sides) -> None:
    contractor = replace(CONTRACTOR, writes="frozen.requests", reads=("frozen.decisions",))
    manager = replace(MANAGER, writes="frozen.decisions", reads=("frozen.requests",))
    clock = [START]
    kept: dict[str, Any] = {}

    heard = Mixed(Random(SEED), contractor=True)
    records = [record_of(heard.message(), contractor.writes, offset) for offset in range(HEARD["manager"])]
    with opened(sides, manager, lambda: clock[0]) as store:
        take_in(store, manager, records, clock)
    kept["manager"] = rows_of(sides, manager)

    own = Mixed(Random(SEED + 1), contractor=True)
    drafts, registers = [], list[RequestRegister]()
    for _ in range(ASKED):
        drafts.append(own.honest())
        register = list(own.registers.values())[-1]
        registers.append(register)  # type: ignore[arg-type]
    decided = Mixed(Random(SEED + 2), contractor=False, asked=registers)
    records = [record_of(decided.message(), manager.writes, offset) for offset in range(HEARD["contractor"])]
    clock[0] = START
    with opened(sides, contractor, lambda: clock[0]) as store:
        put_out(store, contractor, drafts, registers)
        take_in(store, contractor, records, clock, lost_at=HEARD["contractor"] // 2)
    kept["contractor"] = rows_of(sides, contractor)

    rows = {role: frozen(tables) for role, tables in kept.items()}
    if os.environ.get("TESTS_FREEZE"):
        FROZEN.write_bytes(gzip.compress(json.dumps(rows, sort_keys=True).encode(), mtime=0))
    was = json.loads(gzip.decompress(FROZEN.read_bytes()))
    differences = [f"{role}: {line}" for role in was for line in compare(was[role], rows[role])]
    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:20]])
    became = {fate[0] for side in was.values() for fate in side["became"].values()}
    assert became == {"applied", "stale", "quarantined", "parked"}
