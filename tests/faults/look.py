"""A look into both schemas by plain SQL while servers and processes die: what is unsent, and what has arrived."""

import time
from collections.abc import Callable
from typing import Any

import psycopg

ROLES = ("contractor", "manager")
_LOOK_S = 0.004
_UNSENT = (
    "SELECT count(*) FROM {0}.outbox"
    " WHERE published_at IS NULL AND hold_until IS NULL AND NOT beaten AND position <= %s"
)
_HEARD = "SELECT coalesce(max(position), 0) FROM {0}.inbox"
_LEASE = "relation IN ('{0}.lease_lock'::regclass, '{0}.lease'::regclass)"
_WAITING = f"SELECT count(*) FROM pg_locks WHERE {_LEASE} AND NOT granted"
_HOLDER = "SELECT pid FROM pg_locks WHERE relation = '{0}.lease_lock'::regclass AND mode = 'ExclusiveLock' AND granted"
_AMID = (
    "SELECT count(*) FROM pg_stat_activity WHERE usename = '{0}' AND state LIKE 'idle in transaction%%'"
    " AND state_change < clock_timestamp() - interval '10 ms' AND pid NOT IN"
    f" (SELECT pid FROM pg_locks WHERE {_LEASE})"
)
_NOT_THERE = """
SELECT count(*) FROM {0}.outbox o WHERE position > %(least)s AND position <= %(most)s
AND hold_until IS NULL AND NOT beaten AND (published_at IS NULL OR NOT EXISTS (
    SELECT 1 FROM {1}.inbox i WHERE i.source = '/paydesk/{0}' AND i.event_id = o.id::text))
"""
_REGISTERS = """
SELECT id, request_version, number, contractor, revision, terms_hash, withdrawal_asked, request_hash, decision_version,
outcome, rejected_upto, decided_revision, decided_terms_hash, decided_by, decision_hash, status,
locked OR peer_locked_at IS NOT NULL AS locked
FROM {0}.payment_request
"""


class NotSeen(AssertionError):
    """Something that a fault must not keep from happening did not happen in time."""


def until(look: Callable[[], Any], expected: str, within_s: float = 60, every_s: float = _LOOK_S) -> Any:
    """Look until something true is seen, and return it."""
    end = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() > end:
            raise NotSeen(f"not seen within {within_s:.0f} s: {expected}")
        time.sleep(every_s)
    return seen


class Look:
    """An administrator's connection to the database, made anew whenever it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._admin: psycopg.Connection[Any] | None = None

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection."""
        if self._admin is None or self._admin.closed or self._admin.broken:
            self._admin = psycopg.connect(self._url, autocommit=True, connect_timeout=3)
        return self._admin

    def close(self) -> None:
        """Close it."""
        if self._admin is not None:
            self._admin.close()

    def sql(self, query: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Run a query as the administrator of the database; a connection that died meanwhile is made anew once."""
        try:
            cursor = self.connection.execute(query, values)
        except psycopg.OperationalError:
            cursor = self.connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []

    def scalar(self, query: str, values: Any = None) -> Any:
        """Return the one value that a query finds."""
        return self.sql(query, values)[0][0]

    def calm(self, query: str, values: Any = None) -> Any:
        """The same, or None while there is no row, no table or no database."""
        try:
            return self.scalar(query, values)
        except (psycopg.Error, IndexError):
            return None

    def unsent(self, role: str, most: int = 1 << 60) -> int:
        """Return how many commands of a role are committed, not held, and not acknowledged."""
        return int(self.scalar(_UNSENT.format(role), [most]))

    def heard(self, role: str) -> int:
        """Return the number of the last message that a role recorded."""
        return int(self.scalar(_HEARD.format(role)))

    def published(self, role: str) -> int:
        """Return the number of the last event that a role committed."""
        return int(self.scalar(f"SELECT coalesce(max(position), 0) FROM {role}.outbox"))

    def checked_by(self, role: str) -> str:
        """Return which holder of the lease was the last to do its first check."""
        return str(self.calm(f"SELECT checked_by FROM {role}.meta ORDER BY partition LIMIT 1"))

    def standbys(self, role: str) -> int:
        """Return how many wait for the lease of a role."""
        return int(self.calm(_WAITING.format(role)) or 0)

    def amid(self, role: str) -> int:
        """Return how many transactions of a role stand still, besides those that hold or want the lease."""
        return int(self.calm(_AMID.format(role), ()) or 0)

    def holder_backend(self, role: str) -> int | None:
        """Return the server's process for whoever holds the lease."""
        answer: int | None = self.calm(_HOLDER.format(role))
        return answer

    def arrived(self, since: dict[str, int], marks: dict[str, int]) -> bool:
        """Whether all that both roles had committed is acknowledged, and recorded on the other side."""
        for role, other in (ROLES, ROLES[::-1]):
            values = {"least": since[role], "most": marks[role]}
            answer = self.calm(_NOT_THERE.format(role, other), values)
            if answer is None or answer:
                return False
        return True

    def settled(self) -> bool:
        """Whether nothing is unsent or held, and both copies are equal."""
        try:
            for role in ROLES:
                if self.scalar(f"SELECT count(*) FROM {role}.outbox WHERE published_at IS NULL AND NOT beaten"):
                    return False
            mine, theirs = (_REGISTERS.format(role) for role in ROLES)
            query = f"SELECT NOT EXISTS ({mine} EXCEPT {theirs}) AND NOT EXISTS ({theirs} EXCEPT {mine})"
            return bool(self.scalar(query))
        except psycopg.Error:
            return False
