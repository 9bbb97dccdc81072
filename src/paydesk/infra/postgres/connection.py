"""Connections to a role's own schema, and what a PostgreSQL error means for who meets it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import TupleRow

from paydesk.infra.core.errors import OutcomeUnknown, ServerDown, SettingRefused
from paydesk.libpq import CONNECT_TIMEOUT_S, POOL_EMPTY, dial
from paydesk.secrecy import hide

if TYPE_CHECKING:
    from sqlalchemy import Engine

FROZEN_AFTER = "3s"
"""Who says nothing for so long amid a transaction is ended by the server, with the lease or without it."""

_POOL_WAIT_S = 10.0

_ASIDES = ("Is the server running", "Multiple connection attempts")
"""How the lines begin in which libpq says nothing of what happened."""
_TRANSIENT_CLASSES = ("08", "28", "53", "57", "40")
_CONTENT_CLASSES = ("21", "22", "23", "54")
READ_ONLY, _NO_RIGHT = "25006", "42501"
_LOCK_NOT_AVAILABLE = "55P03"
_ENDED_FROZEN = "25P03"
_TRANSIENT_STATES = (_LOCK_NOT_AVAILABLE, _ENDED_FROZEN, READ_ONLY, _NO_RIGHT)
POOLER_NEEDS = "Set `pool_mode = session` for this login there, or name PostgreSQL itself in the URL."


@dataclass(frozen=True, slots=True)
class _Known:
    """What PostgreSQL, libpq or a pooler says, by SQLSTATE or (where there is none) by its words, and ours for it."""

    message: str
    hint: str
    states: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


_KNOWN = (
    _Known(
        "PostgreSQL refused the password.",
        "Check the database URL of this role, then run `paydesk doctor`.",
        ("28P01",),
        ("password authentication failed", "no password supplied", "SASL authentication failed"),
    ),
    _Known(
        "The database only reads: it is a standby, or default_transaction_read_only is on.",
        "Nothing was written. Lists still work; name the primary in the URL, or wait until this one is it.",
        (READ_ONLY,),
        ("session is read-only", "server is in hot standby mode"),
    ),
    _Known(
        "PostgreSQL asks for another way of logging in than is safe on an unverified connection: {reason}.",
        "Verify the server with sslmode=verify-full in the URL, or name the way that you allow there: require_auth=…",
        (),
        ("authentication method requirement",),
    ),
    _Known("The database's disk is full.", "Make room there and try again; nothing was written.", ("53100",)),
    _Known(
        "PostgreSQL has no free connection.",
        "Close a desk of this role and try again.",
        ("53300",),
        ("too many clients", "too many connections", "remaining connection slots are reserved"),
    ),
    _Known(
        "A pooler stands between paydesk and PostgreSQL, and it gave no connection: {reason}.",
        "Raise its pool size for this login to at least 3 (8 for desks), or name PostgreSQL itself in the URL.",
        (),
        (POOL_EMPTY, "query_wait_timeout", "no more connections allowed", "client_login_timeout"),
    ),
    _Known(
        "A pooler stands between paydesk and PostgreSQL, and it refuses what the URL asks for: {reason}.",
        POOLER_NEEDS,
        (),
        ("unsupported startup parameter",),
    ),
    _Known(
        "PostgreSQL does not give this login a right that it needs: {reason}.",
        "`paydesk stack provision` gives each login its rights.",
        (_NO_RIGHT,),
    ),
)


def connect(
    database_url: str, role_name: str, *, autocommit: bool = False, within_s: int = CONNECT_TIMEOUT_S
) -> psycopg.Connection[TupleRow]:
    """Open a connection whose search path is the role's schema.

    Args:
        database_url: The libpq URL of the role's login.
        role_name: The role, which is also the name of its schema.
        autocommit: Whether each statement is a transaction of its own.
        within_s: The seconds that connecting may take, for each host of the URL.

    Raises:
        ServerDown: PostgreSQL cannot be reached, or refuses the login.
        SettingRefused: The URL cannot be read.
    """
    try:
        return _dial(database_url, role_name, {}, autocommit=autocommit, within_s=within_s)
    except psycopg.OperationalError as error:
        raise unreachable(error) from error


def _dial(
    database_url: str,
    role_name: str,
    session: Mapping[str, str],
    *,
    autocommit: bool = False,
    within_s: int = CONNECT_TIMEOUT_S,
) -> psycopg.Connection[TupleRow]:
    try:
        return dial(
            database_url,
            autocommit=autocommit,
            session={"search_path": role_name, **session},
            application_name=f"paydesk-{role_name}",
            connect_timeout=within_s,
        )
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        # What libpq says of a URL quotes it, password and all.
        raise SettingRefused(
            "The database URL cannot be read.", "Write postgresql://USER:PASSWORD@HOST/DATABASE."
        ) from None


@contextmanager
def without_transaction(connection: psycopg.Connection[TupleRow]) -> Iterator[None]:
    """Let each statement stand alone, for a look that is taken again and again: nothing is begun and ended for it."""
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = False


def engine(
    database_url: str, role_name: str, session: Mapping[str, str] | None = None, *, few: bool = False
) -> "Engine":
    """Return a small SQLAlchemy engine on the role's schema; the caller disposes of it.

    Args:
        database_url: The libpq URL of the role's login.
        role_name: The role, which is also the name of its schema.
        session: Further settings of each of its sessions.
        few: Whether it has at most two connections, for one command.
    """
    from sqlalchemy import create_engine

    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: _dial(database_url, role_name, session or {}),
        pool_size=2,
        max_overflow=0 if few else 3,
        pool_timeout=_POOL_WAIT_S,
        pool_pre_ping=True,
    )


ASK_DOCTOR = "Nothing was written. `paydesk doctor` tells what is wrong."
"""What a command says to do where it does not know why PostgreSQL cannot be had."""


def unreachable(error: BaseException) -> ServerDown:
    """Return the error for a person: why PostgreSQL could not be had, and what to do."""
    cause = getattr(error, "orig", None) or error
    message = getattr(cause, "message", None)
    if isinstance(message, str) and getattr(cause, "code", None) in ("server_down", "outcome_unknown"):
        return ServerDown(message, getattr(cause, "hint", ""))  # It was put into words where it was met.
    lines = [line.strip() for line in str(cause).splitlines() if not line.strip().startswith(_ASIDES)]
    reason = hide(lines[-1] if lines and lines[-1] else type(cause).__name__)
    where, attempt, why = reason.rpartition(" failed: ")
    reason = why.removeprefix("FATAL:").removeprefix("ERROR:").strip().rstrip(".")
    state = sqlstate(cause)
    by_words = state is None or state.startswith(
        "08"
    )  # A refused connection has no state, a pooler's refusal has 08P01.
    for known in _KNOWN:
        if state in known.states or (by_words and any(words in str(cause) for words in known.words)):
            return ServerDown(known.message.format(reason=reason), known.hint)
    return ServerDown(
        f"PostgreSQL does not answer{_place(where) if attempt else ''}: {reason}.",
        ASK_DOCTOR,
    )


def _place(attempt: str) -> str:
    """Return where libpq tried, in its own words, from the beginning of its sentence."""
    _, divider, place = attempt.rpartition("connection to server ")
    return f" {place}" if divider else ""


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE behind an error of psycopg or SQLAlchemy, or None."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlstate", None)


def is_transient(error: BaseException) -> bool:
    """Whether waiting helps: the connection, the server or a lock was in the way, not the message."""
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "code", None) == "server_down":
        return True  # The embedded stack, of which this layer knows nothing, says so too.
    state = sqlstate(error)
    if state is None:
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | ServerDown | OutcomeUnknown)
    return state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES


def is_content(error: BaseException) -> bool:
    """Whether the database refused the content itself: waiting would not help."""
    state = sqlstate(error)
    if state is None:
        # Refused before it was sent, such as a text with NUL.
        return isinstance(getattr(error, "orig", None) or error, psycopg.DataError)
    return state[:2] in _CONTENT_CLASSES
