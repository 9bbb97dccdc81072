"""The schema's history, and how it is brought up to date: by itself, at start, by one process at a time."""

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from paydesk.infra.core import origin
from paydesk.infra.core.errors import SchemaMissing, SchemaTooNew, ServerDown
from paydesk.infra.postgres.connection import connect, engine, is_transient, unreachable
from paydesk.infra.postgres.filter_sql import TEXT, UNSORTED_KB, bare
from paydesk.settings import Servers

HEAD = "0014"
"""The newest revision this program knows; a test compares it with the scripts."""

_WAIT_FOR_OTHERS = "10min"
"""Another process may migrate a million rows meanwhile."""


def migrate(database_url: str, role_name: str) -> bool:
    """Bring the role's schema to ``HEAD``; returns whether it is a copy of one that was made in another database.

    Costs some reads when it is there already, and no import of Alembic.

    Raises ``ServerDown``, or ``SchemaTooNew`` when a newer program wrote the schema.
    """
    try:
        with connect(database_url, role_name, autocommit=True) as connection:
            if not _schema_is_there(connection):
                raise SchemaMissing(
                    f"The schema {role_name} is not there: it was dropped, or never made.",
                    "Run `paydesk stack provision`; what was sent is then read back from Kafka.",
                )
            if current_revision(connection) != HEAD or _text_index_owed(connection):
                _make_lock_table(connection)
                _upgrade(database_url, role_name)
            return origin.mark(lambda statement: connection.execute(statement).fetchone(), connection.execute)
    except psycopg.Error as error:
        if is_transient(error):
            raise unreachable(error) from error
        raise ServerDown(
            f"The schema {role_name} could not be prepared: {str(error).splitlines()[0]}.",
            "`paydesk doctor` tells which login and schema are configured.",
        ) from error


def prepare(servers: Servers, role_name: str) -> bool:
    """Bring a role's schema to ``HEAD`` as ``migrate`` does; returns whether it is a copy.

    What is gone of login, rights and schema is made anew first, where these servers are this program's own.
    """
    try:
        return migrate(servers.endpoints(role_name).database_url, role_name)
    except (SchemaMissing, ServerDown):
        if not servers.mend():
            raise
    return migrate(servers.endpoints(role_name).database_url, role_name)


def _schema_is_there(connection: psycopg.Connection[TupleRow]) -> bool:
    row = connection.execute("SELECT current_schema() IS NOT NULL").fetchone()
    return row == (True,)


def current_revision(connection: psycopg.Connection[TupleRow]) -> str | None:
    """Return the revision of the schema on the search path, or None when there is none yet."""
    there = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if not there or not there[0]:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return row[0] if row else None


def _text_index_owed(connection: psycopg.Connection[TupleRow]) -> str:
    """Return the schema whose operators the index of the text needs, while it is not made; else an empty string.

    The extension is made by whoever made the login, perhaps after this schema: lists are whole without it, but slow.
    """
    row = connection.execute(
        "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
        " WHERE e.extname = 'pg_trgm' AND has_schema_privilege(n.oid, 'USAGE')"
        " AND to_regclass('payment_request_text') IS NULL"
    ).fetchone()
    return row[0] if row else ""


def _make_text_index(connection: psycopg.Connection[TupleRow]) -> None:
    if schema := _text_index_owed(connection):
        operators = sql.SQL("{}.gin_trgm_ops").format(sql.Identifier(schema))
        make = sql.SQL("CREATE INDEX payment_request_text ON payment_request USING gin ({} {}) WITH ({} = {})")
        unsorted = (sql.SQL("gin_pending_list_limit"), sql.SQL(str(UNSORTED_KB)))
        connection.execute(make.format(sql.SQL(bare(TEXT)), operators, *unsorted))


def _make_lock_table(connection: psycopg.Connection[TupleRow]) -> None:
    """Make the table whose lock lets one process migrate; eight first starts may all try at once."""
    for _ in range(20):
        try:
            connection.execute("CREATE TABLE IF NOT EXISTS migration_lock ()")
            return
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject):
            continue
    raise ServerDown("The schema is being prepared by many programs at once.", "Try again in a moment.")


def _upgrade(database_url: str, role_name: str) -> None:
    """Run Alembic in one transaction with the lock, so that both end together; the others find it done."""
    from alembic import command, script
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "paydesk.infra:migrations")
    config.attributes["schema"] = role_name
    known = {revision.revision for revision in script.ScriptDirectory.from_config(config).walk_revisions()}
    store = engine(database_url, role_name, {"lock_timeout": _WAIT_FOR_OTHERS})
    try:
        with store.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE migration_lock IN EXCLUSIVE MODE")
            revision = current_revision(connection.connection.dbapi_connection)  # type: ignore[arg-type]
            if revision is not None and revision not in known:
                raise SchemaTooNew(
                    f"The schema {role_name} was written by a newer paydesk (revision {revision}).",
                    "Update this program; your data is untouched.",
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            _make_text_index(connection.connection.dbapi_connection)  # type: ignore[arg-type]
    finally:
        store.dispose()
