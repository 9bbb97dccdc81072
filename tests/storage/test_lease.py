"""The lease stands in nobody's way, and programs of the version before never work beside one of this version."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from paydesk.contractor.commands import execute
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.errors import NotNow
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.postgres import rebuilding
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.lease import LOST_AFTER_S, PostgresLease
from paydesk.infra.postgres.storage import Store
from paydesk.stack.servers import Postgres
from tests.conftest import Sides, until

MAINTENANCE = pytest.mark.fault(
    kind="Maintenance of the database goes through while a worker runs, and the lease is kept.",
    mended="infra/postgres/lease.py",
)
ALONE = pytest.mark.fault(
    kind="One process of a role works, whichever of two versions it and the others are of.",
    mended="infra/postgres/lease.py",
)
OLD_TAKE = "LOCK TABLE lease IN EXCLUSIVE MODE NOWAIT"
"""How the version before takes the lease."""


@contextmanager
def working(sides: Sides) -> Iterator[PostgresLease]:
    """Open a holder that beats, as a worker's loop does."""
    with closing(PostgresLease(sides.url(sides.contractor), "contractor")) as lease:
        assert lease.take()
        ending, lost = threading.Event(), []

        def beat() -> None:
            while not ending.wait(0.05):
                if not lease.beat():
                    lost.append(True)
                    return

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        yield lease
        ending.set()
        thread.join(5)
        assert not lost, "the lease was lost"


def admin(sides: Sides) -> psycopg.Connection[Any]:
    """Connect as who looks after the database; what waits for more than ten seconds is ended."""
    url = Postgres(sides.stack.folder).url("stack", sides.database)
    options = "-c lock_timeout=10s -c search_path=contractor"
    return psycopg.connect(url, autocommit=True, options=options)


@MAINTENANCE
@pytest.mark.long
@pytest.mark.alone
def test_maintenance_of_the_whole_database_goes_through_while_a_worker_runs(sides: Sides) -> None:
    with working(sides) as lease, admin(sides) as connection:
        for statement in (
            "VACUUM ANALYZE",
            "VACUUM FREEZE",
            f"REINDEX DATABASE {sides.database}",
            "CLUSTER lease USING lease_pkey",
            "CLUSTER payment_request USING payment_request_pkey",
            "CLUSTER",
            "VACUUM FULL",
        ):
            connection.execute(statement)
        assert not PostgresLease(sides.url(sides.contractor), "contractor").take(), "a second holder is refused"
        assert lease.held
        # What made way for a moment keeps the version before out again.
        held = "SELECT FROM pg_locks WHERE relation = 'lease'::regclass AND mode = 'RowShareLock' AND granted"
        until(lambda: connection.execute(held).fetchone() is not None)
        url = sides.url(sides.contractor)
        with connect(url, "contractor") as old, pytest.raises(psycopg.errors.LockNotAvailable):
            old.execute(OLD_TAKE)


@MAINTENANCE
def test_the_holder_takes_no_transaction_id_and_keeps_no_row_from_being_cleaned(sides: Sides) -> None:
    with working(sides) as lease, admin(sides) as connection:
        read = "SELECT backend_xid IS NULL AND backend_xmin IS NULL FROM pg_stat_activity WHERE pid = %s"
        assert connection.execute(read, [int(lease.identity.split("/")[0])]).fetchone() == (True,)


@pytest.mark.long
@MAINTENANCE
def test_a_frozen_holder_still_loses_the_lease(sides: Sides) -> None:
    url = sides.url(sides.contractor)
    with closing(PostgresLease(url, "contractor")) as frozen, closing(PostgresLease(url, "contractor")) as other:
        assert frozen.take()
        assert not other.take()
        until(other.take, within_s=10)  # ``frozen`` says nothing, as a process that is stopped.
        assert not frozen.held
        assert not frozen.beat()
        assert LOST_AFTER_S < 3


@ALONE
def test_a_program_of_the_version_before_stands_by_while_one_of_this_version_works(sides: Sides) -> None:
    url = sides.url(sides.contractor)
    with working(sides), connect(url, "contractor") as old, pytest.raises(psycopg.errors.LockNotAvailable):
        old.execute(OLD_TAKE)


@ALONE
def test_a_program_of_this_version_stands_by_while_one_of_the_version_before_works(sides: Sides) -> None:
    url = sides.url(sides.contractor)
    with connect(url, "contractor") as old, closing(PostgresLease(url, "contractor")) as lease:
        old.execute(OLD_TAKE)
        assert not lease.take()
        assert not lease.take(), "nor by waiting for it"
        old.rollback()
        assert lease.take()


@ALONE
def test_one_of_the_version_before_that_took_the_table_while_it_was_free_is_left_the_work(sides: Sides) -> None:
    url = sides.url(sides.contractor)
    with connect(url, "contractor") as old, closing(PostgresLease(url, "contractor")) as lease:
        assert lease.take()
        with lease._connection.cursor() as cursor:
            lease._let_go(cursor)  # As for maintenance.
        old.execute(OLD_TAKE)
        until(lambda: not lease.beat())
        assert not lease.held
        assert not lease.take()


@pytest.mark.long
@ALONE
@pytest.mark.parametrize("statement", [OLD_TAKE, "LOCK TABLE lease_lock IN EXCLUSIVE MODE"])
def test_a_schema_is_checked_by_whoever_works_of_either_version(sides: Sides, statement: str) -> None:
    url = sides.url(sides.contractor)
    with closing(Store(url, sides.contractor)) as store, connect(url, "contractor") as holder:
        holder.execute(statement)
        (identity,) = holder.execute(
            "SELECT pid || '/' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        ).fetchone() or ("",)
        with connect(url, "contractor") as connection:
            connection.execute("INSERT INTO meta (partition, topic_id) VALUES (0, 'a topic')")
        with store.transaction() as transaction:
            assert not transaction.schema.checked()
            transaction.schema.note_checked(identity)
        with store.transaction() as transaction:
            assert transaction.schema.checked()
        seen = {finding.name: finding.seen for finding in check_role(sides.contractor, sides.endpoints("contractor"))}
        assert "a worker is at work" in seen["contractor PostgreSQL"]
        with pytest.raises(NotNow):
            rebuilding.empty(url, sides.contractor)


@pytest.mark.fault(
    kind="What doctor proposes can be done where it is read, and helps with what was found.",
    mended="infra/diagnostics/checkup.py",
)
@pytest.mark.parametrize(("at_work", "todo"), [(False, "Open a desk"), (True, "They go out by the worker")])
def test_where_a_worker_is_at_work_nobody_is_sent_to_open_a_desk(sides: Sides, at_work: bool, todo: str) -> None:
    url = sides.url(sides.contractor)
    with closing(Store(url, sides.contractor)) as store:
        execute(store, uuid4(), RequestPayment(uuid4(), "ada", checked_terms("5", "EUR", "Logo")))
    with connect(url, "contractor") as connection:
        connection.execute("UPDATE outbox SET said_at = said_at - interval '1 min'")
    with working(sides) if at_work else nullcontext():
        findings = check_role(sides.contractor, replace(sides.endpoints("contractor"), kafka=None, redis_url=None))
    (outbox,) = (finding for finding in findings if finding.name == "contractor outbox")
    assert not outbox.ok and outbox.seen.startswith("1 unsent") and outbox.todo.startswith(todo)


@pytest.mark.long
@pytest.mark.fault(
    kind="What doctor proposes can be done where it is read, and helps with what was found.",
    mended="infra/diagnostics/checkup.py",
)
@pytest.mark.parametrize(("embedded", "named"), [(True, "log/kafka.log"), (False, "PAYDESK_KAFKA_BOOTSTRAP_SERVERS")])
def test_where_kafka_does_not_answer_the_settings_are_named_of_configured_servers_alone(
    sides: Sides, embedded: bool, named: str
) -> None:
    away = replace(sides.endpoints("contractor"), database_url="", redis_url=None)
    away = replace(away, kafka=dict(away.kafka or {}) | {"bootstrap.servers": "127.0.0.1:1"})
    finding = next(
        candidate for candidate in check_role(sides.contractor, away, coming=embedded) if "Kafka" in candidate.name
    )
    assert not finding.ok and named in finding.todo
    assert ("BOOTSTRAP" in finding.todo) is not embedded


@pytest.mark.fault(
    kind="What doctor proposes can be done where it is read, and helps with what was found.",
    mended="infra/diagnostics/checkup.py",
)
@pytest.mark.parametrize(("embedded", "named"), [(True, "log/valkey.log"), (False, "the Redis URL")])
@pytest.mark.parametrize("url", ["redis://u:x@127.0.0.1:1/0", "nonsense"])
def test_where_redis_does_not_answer_its_url_is_named_of_configured_servers_alone(
    sides: Sides, embedded: bool, named: str, url: str
) -> None:
    away = replace(sides.endpoints("contractor"), database_url="", kafka=None, redis_url=url)
    finding = next(
        candidate for candidate in check_role(sides.contractor, away, coming=embedded) if "Redis" in candidate.name
    )
    named = named if embedded or "nonsense" not in url else "PAYDESK_CONTRACTOR_REDIS_URL"
    assert not finding.ok and named in finding.todo
    assert ("URL" in finding.todo) is not embedded
