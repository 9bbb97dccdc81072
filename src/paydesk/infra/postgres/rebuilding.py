"""Emptying a schema, so that the next worker reads it anew from both topics; only while nobody of its role is there."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from paydesk.infra.core.errors import NotNow
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect, is_transient, unreachable
from paydesk.infra.postgres.read.queries import Connection

# What persons noted of locked requests stands nowhere else, so it stays; numbers that were given are not given again.
_TABLES = "payment_request, outbox, inbox, position, command, meta, unknown_version"
_OTHERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s
    AND pid <> pg_backend_pid()
"""
_UNSENT = """
SELECT count(*), count(*) FILTER (WHERE hold_until IS NOT NULL) FROM outbox
WHERE published_at IS NULL AND NOT beaten
"""
_GO_S = 3.0
"""So long connections of this process that were just closed may take to end."""
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Filled:
    """What is in a schema."""

    requests: int
    locked: int
    own_events: int
    """Events of this side, as the own topic holds them."""
    heard: int
    """Messages of the other side, whatever became of them."""
    bad: int
    """Of these, in quarantine or parked."""


def filled(connection: Connection) -> Filled:
    """Return what is in the schema."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM payment_request),"
        " (SELECT count(*) FROM payment_request WHERE locked OR peer_locked_at IS NOT NULL),"
        " (SELECT count(*) FROM outbox), (SELECT count(*) FROM inbox),"
        " (SELECT count(*) FROM inbox WHERE became IN ('quarantined', 'parked'))"
    ).fetchone()
    assert row is not None
    return Filled(*row)


def doubt_all(database_url: str, role: Role) -> None:
    """Forget what is verified of the own topic: the next check reads all of it, and what is missing is sent again."""
    with connect(database_url, role.name) as connection:
        connection.execute("UPDATE meta SET verified_offset = NULL, verified_event_id = NULL, checked_by = NULL")


def refuse_company(database_url: str, role: Role) -> None:
    """Raise ``NotNow`` when a desk, a worker or a command of this role is there."""
    with _alone(database_url, role):
        pass


def empty(database_url: str, role: Role, *, lose_unsent: bool = False) -> None:
    """Empty the schema in one transaction, during which no worker of the role can take the lease.

    Raises ``NotNow`` when somebody of the role is there, or when something was written and has not left yet.
    """
    with _alone(database_url, role) as connection:
        row = connection.execute(_UNSENT).fetchone()
        if row is not None and row[0] and not lose_unsent:
            held = f", {row[1]} of them held" if row[1] else ""
            raise NotNow(
                f"Said and not sent yet: {row[0]} event{'' if row[0] == 1 else 's'}{held}; that would be lost.",
                "Send what is held or undo it; a desk sends the rest. --lose-unsent gives it up.",
            )
        connection.execute(f"TRUNCATE {_TABLES}")
        connection.execute("UPDATE origin SET whole_at = NULL")


@contextmanager
def _alone(database_url: str, role: Role) -> Iterator[Connection]:
    """Open a transaction that holds the lease of a role of which nobody else is connected."""
    until = time.monotonic() + _GO_S
    try:
        with connect(database_url, role.name) as connection:
            connection.execute(f"SET LOCAL lock_timeout = '{_GO_S:.0f}s'")
            connection.execute("LOCK TABLE lease_lock, lease IN EXCLUSIVE MODE")
            while _others(connection, role):
                if time.monotonic() > until:
                    raise _company(role)
                time.sleep(_LOOK_S)
            yield connection
    except psycopg.errors.LockNotAvailable as error:
        raise _company(role) from error
    except psycopg.Error as error:
        if is_transient(error):
            raise unreachable(error) from error
        raise


def _others(connection: Connection, role: Role) -> int:
    row = connection.execute(_OTHERS, [f"paydesk-{role.name}"]).fetchone()
    assert row is not None
    return int(row[0])


def _company(role: Role) -> NotNow:
    return NotNow(
        f"The {role.name}'s side is at work: a desk, a worker or a command of it is there.",
        "Close them all, then say it again. Nothing was emptied.",
    )
