"""A schema restored from an old copy: whoever lost a word is told, and a hold that ran out is asked again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from confluent_kafka import Producer

from paydesk.domain.commands import Approve, Undo
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.timeline import detail
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.worker import Worker
from paydesk.manager import commands as decides
from tests.conftest import Sides, until
from tests.worker.test_worker import TERMS, ask, count, seen

TABLES = ("payment_request", "outbox", "inbox", "position", "command", "meta")
UNSENT = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


def copied(sides: Sides, role: Role) -> Callable[[], None]:
    """Keep a copy of a role's schema; returns what puts it back."""
    options = f"-c search_path={role.name}"
    with psycopg.connect(sides.url(role), options=options, autocommit=True) as connection:
        columns = {
            table: ", ".join(
                row[0]
                for row in connection.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = %s"
                    " AND table_name = %s AND is_generated = 'NEVER'",
                    [role.name, table],
                )
            )
            for table in TABLES
        }
        for table, names in columns.items():
            connection.execute(f"CREATE TABLE copy_of_{table} AS SELECT {names} FROM {table}")

    def put_back() -> None:
        with psycopg.connect(sides.url(role), options=options) as connection:
            for table, names in columns.items():
                connection.execute(f"TRUNCATE {table}")
                connection.execute(
                    f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM copy_of_{table}"
                )

    return put_back


def copy_at(sides: Sides, role: Role, request_id: UUID) -> RequestCopy:
    with connect(sides.url(role), role.name) as connection:
        return queries.get(connection, request_id)


def lost_steps(sides: Sides, role: Role, request_id: UUID) -> list[tuple[str | None, str]]:
    with connect(sides.url(role), role.name) as connection:
        return [(step.actor, step.text) for step in detail(connection, request_id).timeline if step.kind == "lost"]


@pytest.mark.long
def test_held_decisions_of_an_old_copy_are_asked_again_or_lost_and_told(sides: Sides) -> None:
    undone, replaced = ask(sides, 2)
    workers = Worker(sides.contractor, sides), Worker(sides.manager, sides)
    for worker in workers:
        worker.start()
    store = Store(sides.url(sides.manager), sides.manager)
    try:
        until(lambda: count(sides, sides.manager) == 2)
        for request_id in (undone, replaced):
            decides.execute(store, uuid4(), Approve(request_id, "bo", 1, TERMS.hash), hold_s=3)
        put_back = copied(sides, sides.manager)
        for request_id in (undone, replaced):
            decides.execute(store, uuid4(), Undo(request_id, "bo"))
        decides.execute(store, uuid4(), Approve(replaced, "cy", 1, TERMS.hash))
        workers[1].nudge()
        until(lambda: seen(sides, sides.contractor, replaced) == "accepted")
        workers[1].stop()
        put_back()
        held = "SELECT hold_until > clock_timestamp() FROM outbox WHERE hold_until IS NOT NULL"
        with connect(sides.url(sides.manager), "manager", autocommit=True) as connection:
            assert len(connection.execute(held).fetchall()) == 2
            until(lambda: not any(row[0] for row in connection.execute(held)))
        again = Worker(sides.manager, sides)
        again.start()
        workers = workers[0], again
        until(lambda: copy_at(sides, sides.manager, undone).overdue)
        assert copy_at(sides, sides.manager, undone).delivery is Delivery.HELD
        assert seen(sides, sides.contractor, undone) == "pending", "what was undone since is not sent by itself"
        copy = copy_at(sides, sides.manager, replaced)
        assert copy.decision is not None and copy.decision.decided_by == "cy", "what was published stands"
        name = f"{copy.number} (bo)"
        until(lambda: again.health().lost == (name,))
        back = again.health().brought_back
        assert back is not None and back.events == 1 and back.last_said_at <= back.at and back.age_s < 60
        assert lost_steps(sides, sides.manager, replaced) == [
            ("bo", "accepted by bo: never sent; what had been published stands")
        ]
        assert decides.send_now(store, None, "bo") == 0, "one that is overdue is never sent with the others"
        assert not decides.execute(store, uuid4(), Approve(undone, "bo", 1, TERMS.hash)).changed
        again.nudge()
        until(lambda: seen(sides, sides.contractor, undone) == "accepted")
    finally:
        store.close()
        for worker in workers:
            worker.stop()


def test_a_command_that_stands_by_another_event_is_not_told_as_lost(sides: Sides) -> None:
    (request_id,) = ask(sides)
    assert copy_at(sides, sides.contractor, request_id).number.startswith("…"), "asked before any first check"
    put_back = copied(sides, sides.contractor)
    for put_back_first in (False, True):
        if put_back_first:
            # The event got a number, and with it another id, before it was sent: the copy's own never left.
            put_back()
        worker = Worker(sides.contractor, sides)
        worker.start()
        until(lambda: count(sides, sides.contractor, UNSENT + " AND NOT beaten") == 0)
        until(lambda worker=worker: worker.caught_up)  # type: ignore[misc]
        worker.stop()
    assert count(sides, sides.contractor, "SELECT count(*) FROM outbox WHERE beaten") == 1
    assert copy_at(sides, sides.contractor, request_id).number == "PR-1001"
    with connect(sides.url(sides.contractor), "contractor") as connection:
        assert queries.counts(connection).lost == ()
        seen = {finding.name: finding.seen for finding in check_role(sides.contractor, sides.endpoints("contractor"))}
    assert seen["contractor own topic"].startswith("1 event came back from the own topic at ")
    assert "cannot be known any more; the numbers of requests may have gaps" in seen["contractor own topic"]


def test_what_a_check_that_was_killed_half_way_brought_back_counts_with_the_rest(sides: Sides) -> None:
    store, noon = Store(sides.url(sides.contractor), sides.contractor), datetime(2026, 8, 28, 12, tzinfo=UTC)

    def brought_back() -> tuple[int, datetime] | None:
        with connect(sides.url(sides.contractor), "contractor") as connection:
            brought_back = queries.counts(connection).brought_back
        return (brought_back.events, brought_back.last_said_at) if brought_back else None

    def check(*parts: int, ends: bool = True) -> None:
        with store.transaction() as transaction:
            for events in parts:
                transaction.reimport.note("topic", events, noon + timedelta(seconds=events))
            if ends:
                transaction.schema.note_checked("holder")

    check(100, 7, ends=False)
    assert brought_back() is None, "nothing is told before the end"
    check(5)
    assert brought_back() == (112, noon + timedelta(seconds=100))
    check()
    assert brought_back() == (112, noon + timedelta(seconds=100)), "a check that found nothing changes nothing"
    check(3)
    assert brought_back() == (3, noon + timedelta(seconds=100))
    store.close()


def test_who_said_the_second_of_two_published_events_of_one_version_is_told(sides: Sides) -> None:
    (request_id,) = ask(sides)
    worker = Worker(sides.contractor, sides)
    worker.start()
    until(lambda: count(sides, sides.contractor, UNSENT) == 0)
    with connect(sides.url(sides.contractor), "contractor") as connection:
        row = connection.execute("SELECT headers, value FROM outbox").fetchone()
    assert row is not None
    value = json.dumps(json.loads(row[1]) | {"actor": "eve", "command_id": str(uuid4())})
    headers = {name: text.encode() for name, text in row[0]} | {"ce_id": str(uuid4()).encode()}
    producer = Producer(dict(sides.endpoints("contractor").kafka or {}))
    producer.produce(sides.contractor.writes, value, str(request_id), headers=list(headers.items()))
    assert producer.flush(30) == 0
    ask(sides)
    worker.nudge()
    until(lambda: worker.health().lost == ("PR-1001 (eve)",))
    with connect(sides.url(sides.contractor), "contractor", autocommit=True) as connection:
        past = "beaten_at = beaten_at - interval '2 days', said_at = said_at - interval '2 days'"
        connection.execute(f"UPDATE outbox SET {past}")
        until(lambda: worker.health().lost == ())
        assert queries.lost(connection) == ("PR-1001 (eve)",), "doctor tells for a week"
    worker.stop()
    ((who, text),) = lost_steps(sides, sides.contractor, request_id)
    assert who == "eve" and "requested by eve: sent, but another was published in its place" in text


@pytest.mark.long
def test_a_copy_is_known_as_one_though_its_side_said_nothing_since(sides: Sides) -> None:
    (undone,) = ask(sides)
    both = Worker(sides.contractor, sides), Worker(sides.manager, sides)
    for worker in both:
        worker.start()
    store = Store(sides.url(sides.manager), sides.manager)
    until(lambda: count(sides, sides.manager) == 1)
    decides.execute(store, uuid4(), Approve(undone, "bo", 1, TERMS.hash), hold_s=3)
    put_back = copied(sides, sides.manager)
    decides.execute(store, uuid4(), Undo(undone, "bo"))
    ask(sides, 3)
    until(lambda: count(sides, sides.manager) == 4)
    both[1].stop()
    put_back()
    until(lambda: count(sides, sides.manager, "SELECT count(*) FROM outbox WHERE hold_until > clock_timestamp()") == 0)
    again = Worker(sides.manager, sides)
    again.start()
    until(lambda: count(sides, sides.manager) == 4)
    assert copy_at(sides, sides.manager, undone).overdue
    again.stop()
    assert seen(sides, sides.contractor, undone) == "pending"
    # No copy: the same hold, run out while nobody was at work, is sent by the next one.
    decides.execute(store, uuid4(), Undo(undone, "bo"))
    decides.execute(store, uuid4(), Approve(undone, "bo", 1, TERMS.hash), hold_s=0.2)
    store.close()
    until(lambda: count(sides, sides.manager, "SELECT count(*) FROM outbox WHERE hold_until > clock_timestamp()") == 0)
    last = Worker(sides.manager, sides)
    last.start()
    until(lambda: seen(sides, sides.contractor, undone) == "accepted")
    for worker in (both[0], last):
        worker.stop()
