"""Settings of role, database and shell are their owners': sessions of paydesk set what they need themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import pq, sql

from paydesk import libpq
from paydesk.contractor import commands as asks
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.query import PageQuery
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.connection import connect, is_transient, unreachable
from paydesk.infra.postgres.read import queries, request_list
from paydesk.infra.postgres.read.insights import insights
from paydesk.infra.postgres.read.timeline import detail
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.worker import Worker
from paydesk.stack.servers import Postgres
from paydesk.tui.text.wording import health_words
from tests.conftest import Sides, until

TERMS = checked_terms("1234.50", "EUR", "Über 10 % — ſ 日本語", due_date="2026-12-31", reference="it's \\ 5")


@contextmanager
def set_on_the_role(sides: Sides, name: str, value: str) -> Iterator[None]:
    """Have the company's administrator set something for the contractor, in this test's database alone."""
    role, database = sql.Identifier("contractor"), sql.Identifier(sides.database)
    text = sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}")
    with psycopg.connect(Postgres(sides.stack.folder).url("stack", "postgres"), autocommit=True) as admin:
        admin.execute(text.format(role, database, sql.SQL(name), sql.Literal(value)))
        try:
            yield
        finally:
            admin.execute(sql.SQL("ALTER ROLE {} IN DATABASE {} RESET ALL").format(role, database))


def ask_and_look(sides: Sides) -> None:
    """Ask for a payment and read it in every way: the values come back as they were said."""
    role, url = sides.contractor, sides.url(sides.contractor)
    request_id, store = uuid4(), Store(url, role)
    try:
        asks.execute(store, uuid4(), RequestPayment(request_id, "ada", TERMS))
    finally:
        store.close()
    with connect(url, role.name) as connection:
        copy = queries.get(connection, request_id)
        assert copy.terms == TERMS and copy.request is not None and copy.request.requested_at is not None
        assert [row.id for row in request_list.page(connection, PageQuery()).rows] == [request_id]
        assert detail(connection, request_id).timeline
    with connect(url, role.name) as connection:
        assert insights(connection, PageQuery())


@pytest.mark.fault(
    kind="A session sets itself what reading and writing rest on, whatever role, database and shell say.",
    mended="libpq.py",
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DateStyle", "German"),
        ("DateStyle", "SQL, DMY"),
        ("DateStyle", "Postgres, MDY"),
        ("IntervalStyle", "sql_standard"),
        ("client_encoding", "SQL_ASCII"),
        ("client_encoding", "LATIN1"),
        ("client_encoding", "EUC_JP"),
        ("TimeZone", "America/Santiago"),
        ("standard_conforming_strings", "off"),
        ("bytea_output", "escape"),
        ("extra_float_digits", "-15"),
        ("array_nulls", "off"),
        ("search_path", "nowhere"),
        ("transform_null_equals", "on"),
        ("gin_fuzzy_search_limit", "1"),
        ("default_transaction_isolation", "serializable"),
        ("synchronous_commit", "off"),
        ("statement_timeout", "300ms"),
        ("lock_timeout", "1ms"),
        ("transaction_timeout", "300ms"),
        ("idle_in_transaction_session_timeout", "300ms"),
        ("idle_session_timeout", "300ms"),
        ("enable_seqscan", "off"),
        ("lc_numeric", "C"),
        ("plan_cache_mode", "force_generic_plan"),
    ],
)
def test_a_setting_of_the_role_changes_nothing_that_is_read_or_written(shared: Sides, name: str, value: str) -> None:
    with set_on_the_role(shared, name, value):
        with connect(shared.url(shared.contractor), "contractor", autocommit=True) as connection:
            connection.execute("DELETE FROM outbox; DELETE FROM payment_request; DELETE FROM command")
            for wanted, expected in libpq.SESSION.items():
                row = connection.execute("SELECT current_setting(%s)", [wanted]).fetchone()
                assert row is not None and row[0].replace("1min", "60s") == expected, wanted
            row = connection.execute("SHOW synchronous_commit").fetchone()
            assert row == ("on",)
        ask_and_look(shared)


@pytest.fixture(scope="module")
def shared(stack: object, request: pytest.FixtureRequest) -> Iterator[Sides]:
    """Both roles on schemas and topics that this file alone uses."""
    from tests.conftest import fresh_sides

    with fresh_sides(stack) as sides:  # type: ignore[arg-type]
        yield sides


POISON = {
    "PGHOST": "192.0.2.1",
    "PGHOSTADDR": "127.0.0.1",
    "PGPORT": "1",
    "PGUSER": "postgres",
    "PGPASSWORD": "of another project",
    "PGDATABASE": "other",
    "PGSERVICE": "nowhere",
    "PGSERVICEFILE": "/nowhere",
    "PGSYSCONFDIR": "/nowhere",
    "PGPASSFILE": "/nowhere",
    "PGOPTIONS": "-c search_path=nowhere",
    "PGCONNECT_TIMEOUT": "x",
    "PGTARGETSESSIONATTRS": "standby",
    "PGLOADBALANCEHOSTS": "random",
    "PGCHANNELBINDING": "require",
    "PGREQUIREAUTH": "none",
    "PGREQUIREPEER": "nobody",
    "PGSSLMODE": "verify-full",
    "PGSSLCERT": "/nowhere",
    "PGSSLNEGOTIATION": "direct",
    "PGGSSENCMODE": "require",
    "PGCLIENTENCODING": "SQL_ASCII",
    "PGDATESTYLE": "German",
    "PGTZ": "America/Santiago",
    "PGGEQO": "x",
    "PGMINPROTOCOLVERSION": "3.2",
}


@pytest.mark.fault(
    kind="A session sets itself what reading and writing rest on, whatever role, database and shell say.",
    mended="libpq.py",
)
def test_every_variable_of_libpq_is_tried_here_or_changes_no_connection() -> None:
    known = {(option.envvar or b"").decode() for option in pq.Conninfo.get_defaults()} - {""}
    beside = {"PGAPPNAME", "PGKRBSRVNAME", "PGGSSLIB", "PGGSSDELEGATION", "PGMAXPROTOCOLVERSION"}
    assert {name for name in known - beside if not name.startswith("PGSSL")} <= set(POISON)


@pytest.mark.fault(
    kind="A session sets itself what reading and writing rest on, whatever role, database and shell say.",
    mended="libpq.py",
)
@pytest.mark.parametrize("name", [*POISON, "all of them"])
def test_no_variable_of_the_shell_steers_a_connection(
    shared: Sides, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in POISON.items():
        if name in (variable, "all of them"):
            monkeypatch.setenv(variable, value)
    with connect(shared.url(shared.contractor), "contractor") as connection:
        row = connection.execute("SELECT current_user, current_setting('client_encoding'), current_schema()").fetchone()
        assert row == ("contractor", "UTF8", "contractor") and connection.info.host.startswith("/")


@pytest.mark.fault(
    kind="A database that only reads is told as that, and what wrote comes back when it writes again.",
    mended="infra/postgres/connection.py",
)
def test_a_database_that_only_reads_is_told_and_lists_still_work(shared: Sides) -> None:
    url = shared.url(shared.contractor)
    with set_on_the_role(shared, "default_transaction_read_only", "on"):
        migrate(url, "contractor")
        store = Store(url, shared.contractor)
        with pytest.raises(ServerDown, match="The database only reads"):
            asks.execute(store, uuid4(), RequestPayment(uuid4(), "ada", TERMS))
        store.close()
        findings = {finding.name: finding for finding in check_role(shared.contractor, shared.endpoints("contractor"))}
        database = findings["contractor PostgreSQL"]
        assert not database.ok and "only reads" in database.seen and "primary" in database.todo
        assert findings["contractor Redis"].ok, "the rest is checked"
        with connect(url, "contractor") as connection:
            request_list.page(connection, PageQuery())


@pytest.mark.fault(
    kind="A database that only reads is told as that, and what wrote comes back when it writes again.",
    mended="infra/postgres/connection.py",
)
def test_a_worker_says_that_the_database_only_reads_and_comes_back_by_itself(shared: Sides) -> None:
    worker = Worker(shared.contractor, shared)
    with set_on_the_role(shared, "default_transaction_read_only", "on"):
        worker.start()
        try:
            until(lambda: "only reads" in worker.health().postgres.error)
            assert "✗ The database only reads: nothing can be saved" in health_words(worker.health(), "contractor").text
        except BaseException:
            worker.stop()
            raise
    try:
        until(lambda: worker.health().postgres.error == "" and worker.health().postgres.ms is not None)
    finally:
        worker.stop()


@pytest.mark.fault(kind="What a server refuses is told as that, not as silence.", mended="infra/postgres/connection.py")
def test_a_password_that_was_changed_while_a_worker_runs_is_told_as_that(shared: Sides) -> None:
    @contextmanager
    def changed() -> Iterator[None]:
        with psycopg.connect(Postgres(shared.stack.folder).url("stack", "postgres"), autocommit=True) as admin:
            admin.execute("CREATE ROLE turncoat LOGIN PASSWORD 'before' IN ROLE contractor")
            admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO turncoat").format(sql.Identifier(shared.database)))
            try:
                yield
            finally:
                admin.execute("ALTER ROLE turncoat PASSWORD 'after'")

    from dataclasses import replace
    from urllib.parse import urlsplit, urlunsplit

    real = shared.endpoints("contractor")
    parts = urlsplit(real.database_url)
    _, _, place = parts.netloc.rpartition("@")
    other = urlunsplit(parts._replace(netloc=f"turncoat:before@{place}"))

    class Turned:
        """The same servers, by a login whose password changes."""

        def endpoints(self, role: str) -> object:
            return replace(shared.endpoints(role), database_url=other)

        def mend(self) -> bool:
            return False

        def notice(self) -> str:
            return ""

        def leave(self) -> str:
            return ""

    worker = Worker(shared.contractor, Turned())  # type: ignore[arg-type]
    try:
        with changed():
            worker.start()
            until(lambda: worker.health().postgres.ms is not None)
        with psycopg.connect(Postgres(shared.stack.folder).url("stack", "postgres"), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'turncoat'")
        until(lambda: worker.health().postgres.error == "PostgreSQL refused the password.")
        assert "✗ PostgreSQL refused the password:" in health_words(worker.health(), "contractor").text
    finally:
        worker.stop()
        with psycopg.connect(Postgres(shared.stack.folder).url("stack", "postgres"), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'turncoat'")
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM turncoat").format(sql.Identifier(shared.database)))
            admin.execute("DROP ROLE turncoat")


@pytest.mark.fault(kind="What a server refuses is told as that, not as silence.", mended="infra/postgres/connection.py")
@pytest.mark.parametrize(
    ("raised", "sentence", "hint"),
    [
        (
            'connection failed: connection to server at "h" (10.0.0.1), port 5432 failed: authentication method'
            ' requirement "scram-sha-256,gss,oauth" failed: server requested a cleartext password',
            "server requested a cleartext password",
            "require_auth",
        ),
        (
            'connection failed: connection to server at "h" (10.0.0.1), port 6432 failed: FATAL:  unsupported startup'
            " parameter: options",
            "A pooler stands between",
            "pool_mode = session",
        ),
        ("no statement was answered within 5 s", "A pooler stands between", "pool size"),
        ('connection to server at "h", port 1 failed: session is read-only', "The database only reads", "primary"),
        ('connection to server at "h", port 1 failed: FATAL:  sorry, too many clients already', "no free", "Close"),
    ],
)
def test_what_libpq_says_becomes_a_sentence_and_what_to_do(raised: str, sentence: str, hint: str) -> None:
    error = unreachable(psycopg.OperationalError(raised))
    assert sentence in error.message and hint in error.hint and is_transient(error)
