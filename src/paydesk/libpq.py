"""Every connection to PostgreSQL is opened here: by its URL alone, with all that paydesk relies on set for the session.

Settings of the role, of the database or of the shell are their owners'. What reading and writing rest on is therefore
said by each connection itself: in statements, not in the startup packet, as a pooler refuses ``options`` there.
"""

import os
import selectors
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import abc, pq
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import error_from_result
from psycopg.rows import TupleRow
from psycopg.types.datetime import DatetimeBinaryDumper

CONNECT_TIMEOUT_S = 5
_KEPT = ("PGPASSFILE",)
"""The one variable of libpq that is heeded: it names a file of passwords, for a URL without one."""
_VERIFIED = ("verify-ca", "verify-full")
_METHODS = "scram-sha-256,gss"
_OAUTH_SINCE, _REQUIRE_AUTH_SINCE = 180000, 160000
_TRANSACTION_TIMEOUT_SINCE = 170000

SESSION: Mapping[str, str] = {
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "gin_fuzzy_search_limit": "0",  # Else a search of words returns some of the rows.
    "jit": "off",
    "lock_timeout": "60s",  # Nobody waits for a lock without limit; who waits less says so in its transaction.
    "statement_timeout": "0",  # A million rows are counted, and migrated, for as long as it takes.
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
"""What reading, writing and waiting rest on. A later setting of the session or of a transaction overrides it."""


POOL_EMPTY = "no statement was answered"


class PoolerSilent(psycopg.OperationalError):
    """The login was taken and then no statement was answered: whoever stands between has no connection to give."""


def dial(
    url: str, *, autocommit: bool = False, session: Mapping[str, str] | None = None, **parameters: Any
) -> psycopg.Connection[TupleRow]:
    """Open a connection by a libpq URL; ``session``: further settings of the session, ``parameters``: of libpq.

    Raises ``psycopg.OperationalError``, within ``CONNECT_TIMEOUT_S`` or ``connect_timeout`` seconds for each host, and
    ``psycopg.ProgrammingError`` for a URL that libpq cannot read.
    """
    forget_shell()
    wanted: dict[str, Any] = (
        {"connect_timeout": CONNECT_TIMEOUT_S, "client_encoding": "UTF8"} | _demanded(url) | parameters
    )
    connection = psycopg.connect(make_conninfo(url, **wanted), autocommit=autocommit)
    try:
        _set(connection, {**SESSION, **(session or {})}, float(wanted["connect_timeout"]))
    except BaseException:
        connection.close()
        raise
    _read_every_day(connection)
    connection.adapters.register_dumper(datetime, _Moment)
    return connection


FIRST_MOMENT, LAST_MOMENT = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""What stands for a moment that Python does not have: a day from the ends of its calendar, so a time in every zone."""


def _read_every_day(connection: psycopg.Connection[TupleRow]) -> None:
    """Have what PostgreSQL knows as a time and Python does not, such as ``infinity``, read as the nearest there is.

    paydesk writes no such time; a row that was put in by hand must not keep all others from being read.
    """
    adapters = connection.adapters
    ends: Mapping[str, tuple[object, object]] = {
        "date": (FIRST_MOMENT.date(), LAST_MOMENT.date()),
        "timestamptz": (FIRST_MOMENT, LAST_MOMENT),
    }
    for name, (first, last) in ends.items():
        oid = adapters.types[name].oid
        usual = adapters.get_loader(oid, pq.Format.TEXT)
        assert usual is not None
        adapters.register_loader(oid, _nearest(usual, first, last))


def _nearest(usual: type[abc.Loader], first: object, last: object) -> type[Loader]:
    class Nearest(Loader):
        def __init__(self, oid: int, context: abc.AdaptContext | None = None) -> None:
            super().__init__(oid, context)
            self._load = usual(oid, context).load

        def load(self, data: abc.Buffer) -> object:
            try:
                return self._load(data)
            except psycopg.DataError:
                text = bytes(data)
                return first if text.startswith(b"-") or text.endswith(b"BC") else last

    return Nearest


_FARTHEST = timedelta(hours=16)


class _Moment(DatetimeBinaryDumper):
    """Refuses the time zones that PostgreSQL refuses as text: in its binary format no zone is told any more."""

    def dump(self, obj: datetime) -> abc.Buffer | None:
        """Return a moment as PostgreSQL takes it. Raises ``psycopg.DataError``."""
        if abs(obj.utcoffset() or timedelta()) >= _FARTHEST:
            far = f'time zone displacement out of range: "{obj.isoformat()}"'
            raise psycopg.errors.InvalidTimeZoneDisplacementValue(far)
        return super().dump(obj)


def forget_shell() -> None:
    """Forget what the shell says to libpq: the host, the service or the options of another project."""
    for name in [name for name in os.environ if name.startswith("PG") and name not in _KEPT]:
        os.environ.pop(name, None)


def _demanded(url: str) -> dict[str, str]:
    """Return which ways of showing the password are allowed, where anybody may stand between.

    Over TCP without a verified certificate a server may ask for the password in clear, and libpq would send it.
    """
    parameters = conninfo_to_dict(url)
    if "require_auth" in parameters or pq.version() < _REQUIRE_AUTH_SINCE or not _over_tcp(parameters):
        return {}
    if parameters.get("sslmode") in _VERIFIED or parameters.get("sslrootcert") == "system":
        return {}
    if parameters.get("sslcert"):
        return {"require_auth": "!password,!md5"}  # A certificate of one's own is shown without a question.
    return {"require_auth": _METHODS + (",oauth" if pq.version() >= _OAUTH_SINCE else "")}


def _over_tcp(parameters: Mapping[str, Any]) -> bool:
    hosts = str(parameters.get("host") or "").split(",")
    return bool(parameters.get("hostaddr")) or any(host and not host.startswith(("/", "@")) for host in hosts)


def _set(connection: psycopg.Connection[TupleRow], session: Mapping[str, str], within_s: float) -> None:
    """Set it in one round trip, within so many seconds."""
    wanted = dict(session)
    if connection.pgconn.server_version >= _TRANSACTION_TIMEOUT_SINCE:
        wanted.setdefault("transaction_timeout", "0")
    lines = [f"SET {name} = '{value}'" for name, value in wanted.items()]
    # A commit that a crash of the server may take back is none; stronger ones than "on" stay.
    lines.append(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    _run(connection.pgconn, "; ".join(lines), within_s)


def _run(pgconn: pq.abc.PGconn, statements: str, within_s: float) -> None:
    """Run statements without parameters; psycopg itself would wait for the answer without limit."""
    until = time.monotonic() + within_s
    pgconn.send_query(statements.encode())
    with selectors.DefaultSelector() as selector:
        selector.register(pgconn.socket, selectors.EVENT_READ)
        while True:
            pgconn.flush()
            pgconn.consume_input()
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    return
                if result.status == pq.ExecStatus.FATAL_ERROR:
                    raise error_from_result(result)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise PoolerSilent(f"{POOL_EMPTY} within {within_s:.0f} s")


def is_pooled(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether a pooler stands between: the server then knows its own process by another number than this side."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] != connection.pgconn.backend_pid
