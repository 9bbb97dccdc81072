"""Whose database it is: a schema that is found in another one than it was made in reads, and never speaks."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from paydesk.cli.main import run
from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.health import Duty
from paydesk.infra.core.origin import CopiedSchema, Mark
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.adopting import adopt
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.storage import Store
from paydesk.infra.recovery import reconcile
from paydesk.infra.worker.context import Use
from paydesk.infra.worker.worker import Worker
from paydesk.manager import commands as decides
from paydesk.manager.service import ManagerService
from paydesk.stack.servers import Postgres
from tests.conftest import Sides, until
from tests.worker.test_worker import ask, count

COPY = pytest.mark.fault(
    kind="A schema that is found in another database than it was made in only reads, until it is adopted.",
    mended="infra/core/origin.py",
)
READS = pytest.mark.fault(kind="A read never publishes.", mended="infra/engine/relay.py")
TERMS = checked_terms("5", "EUR", "once")
SENT = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"


@pytest.fixture
def clone(sides: Sides) -> Iterator[Sides]:
    """Both sides as they were, and later the same in a copy of their database: call ``copy`` once it is to be made."""
    name = f"t{secrets.token_hex(6)}"
    yield replace(sides, database=name)
    with psycopg.connect(Postgres(sides.stack.folder).url("stack", "postgres"), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def copy(sides: Sides, clone: Sides) -> None:
    """Make the copy, as ``createdb --template`` does; a dump that is restored elsewhere has the same rows."""
    server = Postgres(sides.stack.folder)
    with psycopg.connect(server.url("stack", "postgres"), autocommit=True) as admin:

        def copied() -> bool:
            try:
                admin.execute(f"CREATE DATABASE {clone.database} TEMPLATE {sides.database}")
            except psycopg.errors.ObjectInUse:
                return False  # A connection that was just closed takes a moment to end.
            return True

        until(copied)
    server.provision_database(clone.database)


def hold(sides: Sides) -> None:
    """Have the manager's side hear of a request, and hold a decision about it."""
    (request_id,) = ask(sides)
    workers = Worker(sides.contractor, sides), Worker(sides.manager, sides)
    for worker in workers:
        worker.start()
    until(lambda: count(sides, sides.manager) == 1)
    for worker in workers:
        worker.stop()
    with closing(Store(sides.url(sides.manager), sides.manager)) as store:
        from tests.worker.test_worker import TERMS as ASKED

        decides.execute(store, uuid4(), Approve(request_id, "bo", 1, ASKED.hash), hold_s=3600)


@COPY
def test_a_copy_takes_no_command_sends_nothing_and_opens_no_desk_until_it_is_adopted(
    sides: Sides, clone: Sides
) -> None:
    hold(sides)
    ask(sides)
    copy(sides, clone)
    url = clone.url(clone.contractor)
    assert migrate(url, "contractor"), "the copy is known for one"
    assert not migrate(sides.url(sides.contractor), "contractor"), "and the one that it was copied from goes on"
    before = count(clone, clone.contractor, SENT)
    worker = Worker(clone.contractor, clone)
    worker.start()
    try:
        with closing(Store(url, clone.contractor)) as store:
            with pytest.raises(CopiedSchema, match="copy"):
                asks.execute(store, uuid4(), RequestPayment(uuid4(), "ada", TERMS))
            until(lambda: "copy" in worker.health().trouble)
    finally:
        worker.stop()
    assert count(clone, clone.contractor) == 2, "it can be read"
    assert count(clone, clone.contractor, SENT) == before, "what it holds unsent is not its to send"
    with pytest.raises(CopiedSchema):
        ManagerService(clone, "bo", 8, clone.manager).open()
    with closing(Store(clone.url(clone.manager), clone.manager)) as store, pytest.raises(CopiedSchema):
        decides.send_now(store, None, "bo")
    findings = {finding.name: finding for finding in check_role(clone.contractor, clone.endpoints("contractor"))}
    assert (
        not findings["contractor origin"].ok and "paydesk stack adopt contractor" in findings["contractor origin"].todo
    )
    assert "contractor origin" not in {
        finding.name for finding in check_role(sides.contractor, sides.endpoints("contractor"))
    }
    for role in (clone.contractor, clone.manager):
        done = adopt(clone.url(role), role.name)
        assert done.changed and done.asked_again == (role is clone.manager), "what was held is asked again"
        assert not adopt(clone.url(role), role.name).changed
    worker = Worker(clone.contractor, clone)
    worker.start()
    until(lambda: count(clone, clone.contractor, SENT) == before + 1)
    worker.stop()
    with connect(clone.url(clone.manager), "manager") as connection:
        assert len(queries.overdue(connection)) == 1


@COPY
def test_an_empty_schema_is_new_or_lost_and_takes_the_mark_of_where_it_is(sides: Sides, clone: Sides) -> None:
    copy(sides, clone)
    assert not migrate(clone.url(clone.contractor), "contractor")
    ask(clone)
    assert not migrate(clone.url(clone.contractor), "contractor")
    with connect(clone.url(clone.contractor), "contractor", autocommit=True) as connection:
        connection.execute("TRUNCATE origin")
    assert not migrate(clone.url(clone.contractor), "contractor"), "one without a mark takes it where it is"
    assert count(clone, clone.contractor, "SELECT count(*) FROM origin") == 1


@COPY
@pytest.mark.parametrize(
    ("kept", "asked", "same"),
    [
        (Mark("1", 5), Mark("1", 5), True),
        (Mark("1", 5), Mark("1", 6), False),
        (Mark("1", 5), Mark("2", 5), False),
        (Mark("", 5), Mark("2", 5), True),
        (Mark("1", 5), Mark("", 5), True),
        (Mark("", 5), Mark("", 6), False),
    ],
    ids=["standby", "database", "cluster", "not read then", "not read now", "another, never read"],
)
def test_a_database_is_told_by_its_cluster_where_that_may_be_read_and_by_its_oid(
    kept: Mark, asked: Mark, same: bool
) -> None:
    assert kept.same(asked) is same


@pytest.mark.long
@COPY
def test_commands_on_a_copy_end_with_the_code_of_what_is_not_allowed(
    sides: Sides, clone: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(sides)
    copy(sides, clone)
    monkeypatch.setenv("PAYDESK_CONTRACTOR_DATABASE_URL", clone.url(clone.contractor))
    monkeypatch.setenv("PAYDESK_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("PAYDESK_CONTRACTOR_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("PAYDESK_CONFIG", str(tmp_path / "none.toml"))
    (tmp_path / "none.toml").touch(mode=0o600)
    for words in (["request", "5", "EUR", "words"], ["worker"], ["withdraw", "…"], ["settle", "x", "--note", "words"]):
        assert run(["contractor", *words]) == 6, words
        assert "paydesk stack adopt contractor" in capsys.readouterr().err
    for words in (["list"], ["list", "--json"], ["insights"], ["quarantine", "list"]):
        assert run(["contractor", *words]) == 0, words
        assert "is a copy" in capsys.readouterr().err
    assert run(["stack", "adopt", "contractor", "--json"]) == 0
    assert '"changed": true' in capsys.readouterr().out
    assert run(["contractor", "list"]) == 0
    assert "is a copy" not in capsys.readouterr().err


@READS
def test_a_worker_that_only_reads_lets_the_other_sides_events_in_sends_nothing_and_makes_way(sides: Sides) -> None:
    ask(sides, 2)
    sending = Worker(sides.contractor, sides)
    sending.start()
    until(lambda: count(sides, sides.contractor, SENT) == 2)
    sending.stop()
    decided = decide_one(sides)
    reading = Worker(sides.manager, sides, use=Use(sends=False))
    reading.start()
    until(lambda: reading.caught_up and reading.health().duty is Duty.WORKING)
    assert count(sides, sides.manager) == 2, "what the other side said is here"
    # Longer than the outbound thread rests between two looks at the outbox.
    until(lambda: reading.health().unsent == decided)
    second = Worker(sides.manager, sides, use=Use(sends=False))
    second.start()
    until(lambda: second.health().duty is Duty.STANDBY and second.caught_up)
    assert reading.health().duty is Duty.WORKING, "one that reads does not make way for another that reads"
    assert count(sides, sides.manager, SENT) == 0
    real = Worker(sides.manager, sides)
    real.start()
    until(lambda: count(sides, sides.manager, SENT) == decided)
    until(lambda: real.health().duty is Duty.WORKING)
    for worker in (reading, second, real):
        worker.stop()


def decide_one(sides: Sides) -> int:
    """Have the manager's side hear everything and decide one request, with nobody at work who would send it."""
    hearing = Worker(sides.manager, sides, use=Use(sends=False))
    hearing.start()
    until(lambda: count(sides, sides.manager) == 2)
    hearing.stop()
    from tests.worker.test_worker import TERMS as ASKED

    with connect(sides.url(sides.manager), "manager") as connection:
        (request_id,) = connection.execute("SELECT id FROM payment_request LIMIT 1").fetchone() or (None,)
    with closing(Store(sides.url(sides.manager), sides.manager)) as store:
        decides.execute(store, uuid4(), Approve(request_id, "bo", 1, ASKED.hash))
    return 1


@READS
def test_whoever_only_reads_never_stands_in_the_queue_for_the_lease(sides: Sides) -> None:
    url = sides.url(sides.contractor)
    with (
        closing(PostgresLease(url, "contractor")) as sends,
        closing(PostgresLease(url, "contractor", gives_way=True)) as reads,
    ):
        assert sends.take()
        assert not reads.take() and not reads.take()
        assert not sends.wanted()


def own(role: Role, version: int, offset: int, content: str) -> reconcile.OwnEvent:
    from datetime import UTC, datetime

    return reconcile.OwnEvent(
        uuid4(), version, "paydesk.payment_revised.v1", content, datetime(2026, 1, 1, tzinfo=UTC), True, offset
    )


@READS
def test_two_events_of_one_version_are_said_again_once_and_not_by_everyone_who_reads_the_topic_anew(
    sides: Sides,
) -> None:
    twins = [own(sides.contractor, 1, 0, "a"), own(sides.contractor, 1, 1, "b")]
    first = reconcile.settle([], twins)
    assert first.say_again == 2
    settled = own(sides.contractor, 2, 2, "a")
    assert reconcile.settle([], [*twins, settled]).say_again is None
    assert reconcile.settle([], [*twins, settled]).standing == settled.id
