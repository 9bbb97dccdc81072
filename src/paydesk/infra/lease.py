"""The lease: one worker at work per role. The lock on the table ``lease`` is it, and it dies with its connection."""

import time
from contextlib import suppress
from typing import Any

import psycopg

from paydesk.infra.postgres import FROZEN_AFTER, connect

BEAT_S = 1.0
"""How often the holder shows the server that it lives."""
LOST_AFTER_S = 2.5
"""A holder that has not shown anything for so long must not act: the server may have ended it."""
_IDENTITY = "SELECT pid || '/' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_WAIT_FOR_LOCK = "400ms"


def boot_time() -> float:
    """Return seconds that go on while the machine sleeps, where there is such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """One contender; owned by one thread, but ``held`` may be read by any."""

    def __init__(self, database_url: str, role_name: str) -> None:
        self._connection: psycopg.Connection[Any] = connect(database_url, role_name)
        self._beaten_at: float | None = None
        self._identity = ""
        self._refused = False

    @property
    def identity(self) -> str:
        """The server's name for this connection: no later one has the same."""
        return self._identity

    @property
    def held(self) -> bool:
        """Whether this process may act for its role right now."""
        return self._beaten_at is not None and boot_time() - self._beaten_at < LOST_AFTER_S

    def take(self) -> bool:
        """Try to take the lease. The first time without waiting, so that it is known at once whether another works;
        then standing in the queue for a moment, so that a dead holder's is granted at once.
        """
        asked_at = boot_time()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_AFTER}'")
                cursor.execute(f"SET LOCAL lock_timeout = '{_WAIT_FOR_LOCK}'")
                cursor.execute(f"LOCK TABLE lease IN EXCLUSIVE MODE{'' if self._refused else ' NOWAIT'}")
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
            self._refused = True
            self._connection.rollback()
            return False
        row = self._connection.execute(_IDENTITY).fetchone()
        assert row is not None
        self._identity = row[0]
        self._beaten_at = max(asked_at, boot_time() - 0.1)
        return True

    def wait_no_more(self) -> None:
        """End a waiting ``take``; for another thread, when this process ends."""
        with suppress(psycopg.Error):  # It is closed, so nobody waits.
            self._connection.cancel()

    def beat(self) -> bool:
        """Show the server that the holder lives, when it is time; returns whether the lease is still held."""
        now = boot_time()
        if self._beaten_at is None or now - self._beaten_at < BEAT_S:
            return self.held
        if not self.held:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self._beaten_at = None
            raise
        self._beaten_at = now
        return True

    def wanted(self) -> bool:
        """Whether another process waits for it."""
        row = self._connection.execute(
            "SELECT count(*) FROM pg_locks WHERE relation = 'lease'::regclass AND NOT granted"
        ).fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Give it up."""
        self._beaten_at = None
        self._connection.close()
