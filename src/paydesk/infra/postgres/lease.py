"""The lease: one worker at work per role. The lock on the view ``lease_lock`` is it, and it dies with its connection.

A lock on a view is in nobody's way: maintenance of the whole database locks tables and indexes alone. Programs of the
version before lock the table ``lease``. While they may be open, the holder keeps them out by a weak lock on it, which
it lets go of for a moment when maintenance asks for that table.
"""

from contextlib import suppress

import psycopg
from psycopg.rows import TupleRow

from paydesk.infra.core.clock import boot_time
from paydesk.infra.postgres.connection import FROZEN_AFTER, connect

BEAT_S = 1.0
"""How often the holder shows the server that it lives."""
LOST_AFTER_S = 2.5
"""A holder that has not shown anything for so long must not act: the server may have ended it."""
_IDENTITY = "SELECT pid || '/' || extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_WAIT_FOR_LOCK = "400ms"
_WANTED = """
SELECT count(*) FROM pg_locks
WHERE relation IN ('lease_lock'::regclass, 'lease'::regclass) AND mode = 'ExclusiveLock' AND NOT granted
"""
_ASKED_FOR = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks WHERE relation = 'lease'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted)
"""
_HELD_BESIDE = """
SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'lease'::regclass AND mode = 'ExclusiveLock' AND granted)
"""
_BESIDE = "beside"
"""The savepoint before the lock on the old table: rolled back to, it lets go of that lock and of no other."""


class PostgresLease:
    """One contender; owned by one thread, but ``held`` may be read by any."""

    def __init__(self, database_url: str, role_name: str, *, gives_way: bool = False) -> None:
        """``gives_way``: for whoever only reads, who never stands in the queue: whoever sends goes first."""
        self.gives_way = gives_way
        self._connection: psycopg.Connection[TupleRow] = connect(database_url, role_name)
        self._beaten_at: float | None = None
        self._identity = ""
        self._refused = False
        self._beside_kept = False
        """Whether the old table is locked, too."""

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
                how = "" if self._refused and not self.gives_way else "NOWAIT"
                cursor.execute(f"LOCK TABLE lease_lock IN EXCLUSIVE MODE {how}")
                self._keep_out(cursor, how)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
            self._refused = True
            self._connection.rollback()
            return False
        row = self._connection.execute(_IDENTITY).fetchone()
        assert row is not None
        self._identity = row[0]
        self._beaten_at = max(asked_at, boot_time() - 0.1)
        return True

    def _keep_out(self, cursor: psycopg.Cursor[TupleRow], how: str = "NOWAIT") -> None:
        """Keep programs of the version before from the lease. Raises ``LockNotAvailable`` where one of them holds it.

        Maintenance that has the table now is over soon, and nobody else gets it meanwhile: the next beat tries again.
        """
        cursor.execute(f"SAVEPOINT {_BESIDE}")
        try:
            cursor.execute(f"LOCK TABLE lease IN ROW SHARE MODE {how}")
            self._beside_kept = True
        except psycopg.errors.LockNotAvailable:
            self._let_go(cursor)
            if cursor.execute(_HELD_BESIDE).fetchone() == (True,):
                raise

    def _make_way(self) -> None:
        """Let maintenance have the old table when it waits for it, and take it back once that is over."""
        with self._connection.cursor() as cursor:
            if self._beside_kept and cursor.execute(_ASKED_FOR).fetchone() == (True,):
                self._let_go(cursor)
            elif not self._beside_kept:
                self._keep_out(cursor)

    def _let_go(self, cursor: psycopg.Cursor[TupleRow]) -> None:
        cursor.execute(f"ROLLBACK TO {_BESIDE}")
        cursor.execute(f"RELEASE {_BESIDE}")
        self._beside_kept = False

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
            self._make_way()
        except psycopg.errors.LockNotAvailable:
            # A program of the version before took the old table while it was free: the work is that one's now.
            self._beaten_at = None
            self._connection.rollback()
            return False
        except psycopg.Error:
            self._beaten_at = None
            raise
        self._beaten_at = now
        return True

    def wanted(self) -> bool:
        """Whether another process waits for it."""
        row = self._connection.execute(_WANTED).fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Give it up."""
        self._beaten_at = None
        self._connection.close()
