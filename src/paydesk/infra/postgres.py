"""Connections to a role's own schema, and what a PostgreSQL error means for who meets it."""

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from paydesk.infra.errors import OutcomeUnknown, ServerDown

if TYPE_CHECKING:
    from sqlalchemy import Engine

CONNECT_TIMEOUT_S = 5
FROZEN_AFTER = "3s"
"""Who says nothing for so long amid a transaction is ended by the server, with the lease or without it."""

_ASIDES = ("Is the server running", "Multiple connection attempts")
"""How the lines begin in which libpq says nothing of what happened."""
_TRANSIENT_CLASSES = ("08", "53", "57", "40")
_CONTENT_CLASSES = ("21", "22", "23", "54")
_DISK_FULL = "53100"
_LOCK_NOT_AVAILABLE = "55P03"
_ENDED_FROZEN = "25P03"


def conninfo(database_url: str, role_name: str) -> str:
    """Return ``database_url`` with what every connection of a role has: its schema first in the search path."""
    return make_conninfo(
        database_url,
        application_name=f"paydesk-{role_name}",
        options=f"-c search_path={role_name} -c timezone=UTC -c jit=off",
        connect_timeout=CONNECT_TIMEOUT_S,
    )


def connect(database_url: str, role_name: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Open a connection whose search path is the role's schema. Raises ``ServerDown`` in words."""
    try:
        return psycopg.connect(conninfo(database_url, role_name), autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise unreachable(error) from error


def engine(database_url: str, role_name: str, *, ends_frozen: bool = False) -> "Engine":
    """Return a small SQLAlchemy engine on the role's schema; the caller disposes of it.

    ``ends_frozen``: the server ends a transaction in which nothing is said for ``FROZEN_AFTER``.
    """
    from sqlalchemy import create_engine

    dsn = conninfo(database_url, role_name)
    if ends_frozen:
        # A process that is stopped amid a transaction, as by a closed lid, would keep its locks for as long as it is.
        options = conninfo_to_dict(dsn)["options"]
        dsn = make_conninfo(dsn, options=f"{options} -c idle_in_transaction_session_timeout={FROZEN_AFTER}")
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn),
        pool_size=2,
        max_overflow=3,
        pool_pre_ping=True,
    )


def unreachable(error: BaseException) -> ServerDown:
    """Return the error for a person: why PostgreSQL could not be had, and what to do."""
    told = [line.strip() for line in str(error).splitlines() if not line.strip().startswith(_ASIDES)]
    reason = told[-1] if told and told[-1] else type(error).__name__
    where, attempt, why = reason.rpartition(" failed: ")
    reason = why.removeprefix("FATAL:").strip().rstrip(".")
    if "password authentication failed" in reason:
        return ServerDown(
            "PostgreSQL refused the password.",
            "Check the database URL of this role, then run `paydesk doctor`.",
        )
    if sqlstate(error) == _DISK_FULL:
        return ServerDown("The database's disk is full.", "Make room there and try again; nothing was written.")
    if "too many clients" in reason or "too many connections" in reason:
        return ServerDown("PostgreSQL has no free connection.", "Close a desk of this role and try again.")
    return ServerDown(
        f"PostgreSQL does not answer{_place(where) if attempt else ''}: {reason}.",
        "Nothing was written. `paydesk doctor` tells what is wrong.",
    )


def _place(attempt: str) -> str:
    """Return where libpq tried, in its own words, from the beginning of its sentence."""
    _, found, place = attempt.rpartition("connection to server ")
    return f" {place}" if found else ""


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE behind an error of psycopg or SQLAlchemy, or None."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlstate", None)


def is_transient(error: BaseException) -> bool:
    """Whether waiting helps: the connection, the server or a lock was in the way, not the message."""
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "code", None) == "server_down":
        return True  # The embedded stack, of which this floor knows nothing, says so too.
    state = sqlstate(error)
    if state is None:
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | ServerDown | OutcomeUnknown)
    return state[:2] in _TRANSIENT_CLASSES or state in (_LOCK_NOT_AVAILABLE, _ENDED_FROZEN)


def is_content(error: BaseException) -> bool:
    """Whether the database refused the content itself: waiting would not help."""
    state = sqlstate(error)
    if state is None:
        # Refused before it was sent, such as a text with NUL.
        return isinstance(getattr(error, "orig", None) or error, psycopg.DataError)
    return state[:2] in _CONTENT_CLASSES
