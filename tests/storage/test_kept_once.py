"""What other columns give back is not kept twice, and nobody can tell the difference, whichever program wrote it."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from paydesk.infra.core.headers import headers_of
from paydesk.infra.core.intake import Judged, incoming, judge, take_in
from paydesk.infra.core.records import Record
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.connection import connect, engine
from paydesk.infra.postgres.read.timeline import detail
from paydesk.infra.postgres.storage import Store
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.servers import Postgres
from tests.conftest import Sides
from tests.contract.storages import CONTRACTOR, at, outgoing, request
from tests.golden.test_golden import EVENTS, Golden, record_of

OLD_RECORD = """
INSERT INTO inbox (source, event_id, request_id, version, type, topic, topic_id, partition, kafka_offset,
    log_append_time, key, headers, value, became, reason, heard_at)
SELECT source, event_id, request_id, version, type, topic, topic_id, partition, kafka_offset, log_append_time,
    key, headers, value, became, reason, heard_at
FROM jsonb_populate_recordset(NULL::inbox, CAST(%s AS jsonb))
ON CONFLICT (source, event_id) DO NOTHING
"""
"""How version 0.2 records a message."""
OLD_READS = (
    "SELECT heard_at, type, NULL, value, became, reason, NULL, NULL, heard_at, headers FROM inbox",
    "SELECT number, status || ', ' || coalesce(standing_description, '') FROM payment_request",
    "SELECT p.id, p.number, p.contractor, p.standing_description, p.standing_reference FROM payment_request p",
)
"""What version 0.2 reads of the columns that are no longer filled."""
KEPT = {
    "one header more": [("traceparent", b"00-1-2-01")],
    "another order": [],
    "another zone": [("ce_time", b"2026-11-23T11:00:02+02:00")],
    "a zone in another writing": [("ce_time", b"2026-11-23T09:00:02Z")],
    "three decimals": [("ce_time", b"2026-11-23T09:00:02.500+00:00")],
    "another content type": [("content-type", b"application/json; charset=utf-8")],
}
"""Headers that differ from those of this program, of events that are understood all the same."""
_KEPT = pytest.mark.fault(
    kind="Headers of a message that the columns beside do not give back byte by byte are kept.",
    mended="infra/postgres/write/inbox.py",
)


@pytest.fixture
def connection(sides: Sides) -> Iterator[psycopg.Connection[Any]]:
    with connect(sides.url(sides.manager), "manager") as connection:
        yield connection


def take(sides: Sides, role: Role, *records: Record, became: str = "") -> None:
    """Take messages in, as a worker of the role does."""
    batch = [judge(role, record) for record in records]
    with closing(Store(sides.url(role), role)) as store, store.transaction() as transaction:
        take_in(transaction, role, role.load_apply(), batch, at(4))
        for judged in batch:
            judged.became = became or judged.became
        transaction.inbox.record([_incoming(role, judged) for judged in batch])


def _incoming(role: Role, judged: Judged) -> Any:
    return incoming(judged, role.receives_from, "a topic", at(4))


def rows(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    read = "SELECT key, headers, said_at, event_id, type, source, request_id, value FROM inbox ORDER BY position"
    return connection.execute(read).fetchall()


def given_back(row: tuple[Any, ...]) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Return key and headers as they came, by what is kept."""
    key, headers, said_at, event_id, kind, source, request_id, _ = row
    if said_at is not None:
        assert key is None and headers == [], "kept twice"
        key = str(request_id).encode()
        headers = headers_of(event_id, kind, source, str(request_id), said_at.isoformat())
    return bytes(key), [(name, text.encode()) for name, text in headers]


def as_said(**changes: Any) -> Record:
    """Return the event of a new request, as the log holds it."""
    event = outgoing(replace(CONTRACTOR, writes=MANAGER.reads[0]), request())
    headers = [(name, text.encode()) for name, text in event.headers]
    return replace(Record(event.topic, 0, 7, event.key, headers, event.value, at(4)), **changes)


def changed(headers: Any, changes: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return headers with some changed or added; in another order without changes."""
    rest = [pair for pair in headers if pair[0] not in dict(changes)]
    return [*rest, *changes] if changes else rest[::-1]


@pytest.mark.parametrize("writer", ["contractor", "manager"])
def test_each_message_that_was_ever_written_is_given_back(sides: Sides, writer: str) -> None:
    reader = sides.manager if writer == "contractor" else sides.contractor
    messages: list[Golden] = [message for message in EVENTS if message["role"] == writer]
    records = [replace(record_of(message), topic=reader.reads[0], offset=n) for n, message in enumerate(messages)]
    own = [Judged(record, judge(reader, record).event, "applied") for record in records]
    with closing(Store(sides.url(reader), reader)) as store, store.transaction() as transaction:
        transaction.inbox.record([_incoming(reader, judged) for judged in own])
    with connect(sides.url(reader), reader.name) as connection:
        kept = {row[3]: row for row in rows(connection)}
    for record in records:
        row = kept[dict(record.headers)["ce_id"].decode()]  # type: ignore[union-attr]
        if bytes(row[-1]) == record.value:  # Some are the same event once more.
            assert given_back(row) == (record.key, list(record.headers))
    shortened = [row for row in kept.values() if row[2] is not None]
    assert len(kept) - len(shortened) <= 2 < len(shortened), "all but another zone, and fields of a newer program"


@_KEPT
@pytest.mark.parametrize("case", KEPT)
def test_headers_that_are_not_given_back_are_kept(sides: Sides, connection: psycopg.Connection[Any], case: str) -> None:
    record = as_said()
    record = replace(record, headers=changed(record.headers, KEPT[case]))
    take(sides, sides.manager, replace(record, topic=sides.manager.reads[0]))
    ((row),) = rows(connection)
    assert row[2] is None and given_back(row) == (record.key, list(record.headers))
    (step,) = detail(connection, row[6]).timeline
    assert step.at == datetime.fromisoformat(dict(record.headers)["ce_time"].decode())  # type: ignore[union-attr]


@_KEPT
@pytest.mark.parametrize("became", ["quarantined", "parked"])
def test_headers_of_what_was_not_taken_in_are_kept(
    sides: Sides, connection: psycopg.Connection[Any], became: str
) -> None:
    record = as_said(topic=sides.manager.reads[0])
    take(sides, sides.manager, record, became=became)
    ((row),) = rows(connection)
    assert row[2] is None and (bytes(row[0]), row[1]) == (
        record.key,
        [[name, (raw or b"").decode()] for name, raw in record.headers],
    )


def test_a_timeline_tells_the_same_whether_headers_are_kept_or_given_back(
    sides: Sides, connection: psycopg.Connection[Any]
) -> None:
    record = as_said(topic=sides.manager.reads[0])
    take(sides, sides.manager, record)
    ((row),) = rows(connection)
    assert row[2] == at(2)
    short = detail(connection, row[6]).timeline
    headers = json.dumps([[name, (raw or b"").decode()] for name, raw in record.headers])
    connection.execute("UPDATE inbox SET said_at = NULL, key = %s, headers = %s", [record.key, headers])
    assert detail(connection, row[6]).timeline == short and short[0].at == at(2)


@pytest.mark.fault(
    kind="What a program of the version before writes beside this one is read as what this one writes.",
    mended="infra/migrations/versions/0013_once.py",
)
def test_a_desk_of_the_version_before_goes_on_writing_and_reading(sides: Sides) -> None:
    with psycopg.connect(Postgres(sides.stack.folder).url("stack", sides.database), autocommit=True) as admin:
        admin.execute("DROP SCHEMA manager CASCADE")
    sides.mend()
    url, role = sides.url(sides.manager), sides.manager
    config = Config()
    config.set_main_option("script_location", "paydesk.infra:migrations")
    config.attributes["schema"] = "manager"
    store = engine(url, "manager")
    with store.begin() as alembic:
        config.attributes["connection"] = alembic
        command.upgrade(config, "0012")
    store.dispose()
    before, after = as_said(topic=role.reads[0]), as_said(topic=role.reads[0], offset=8)
    with connect(url, "manager", autocommit=True) as old:
        _record_of_before(old, role, before)
        old.execute("INSERT INTO payment_request (id, revision, description) VALUES (%s, 1, 'Logo')", [UUID(int=1)])
        migrate(url, "manager")
        _record_of_before(old, role, after)
        take(sides, role, as_said(topic=role.reads[0], offset=9))
        for statement in OLD_READS:
            assert len(old.execute(statement).fetchall()) >= 2, statement
        kept = rows(old)
        assert [row[2] for row in kept] == [None, None, at(2)]
        assert [given_back(row)[1] for row in kept[:2]] == [list(before.headers), list(after.headers)]
        read = "SELECT standing_description FROM payment_request ORDER BY requested_at NULLS FIRST"
        assert old.execute(read).fetchall() == [("Logo",), (None,)]


def _record_of_before(connection: psycopg.Connection[Any], role: Role, record: Record) -> None:
    message = _incoming(role, replace(judge(role, record), became="applied"))
    row = {
        "source": message.source, "event_id": message.event_id, "request_id": str(message.request_id),
        "version": message.version, "type": message.type, "topic": record.topic, "topic_id": message.topic_id,
        "partition": 0, "kafka_offset": record.offset, "key": "\\x" + (record.key or b"").hex(),
        "headers": [[name, (raw or b"").decode()] for name, raw in record.headers],
        "value": "\\x" + (record.value or b"").hex(), "became": message.became, "heard_at": at(4).isoformat(),
    }  # fmt: skip
    connection.execute(OLD_RECORD, [json.dumps([row])])
