"""What ``doctor`` tells of messages that somebody else may have written with a role's login."""

from datetime import datetime
from uuid import UUID

from paydesk.domain.payment_request import NUMBER_STEP_MOST, called
from paydesk.domain.status import WAITING
from paydesk.domain.text import counted
from paydesk.infra.core.role import Role
from paydesk.infra.diagnostics.finding import Finding
from paydesk.infra.postgres.filter_sql import status_in
from paydesk.infra.postgres.read.queries import Connection
from paydesk.libpq import FIRST_MOMENT, LAST_MOMENT

_FIRST_NUMBER = 1001
_MOST = 5
# Numbers that stand farther above the one before them than counting ever follows at once.
_FAR = f"""
SELECT number, waits FROM (
    SELECT number, {status_in(WAITING)} AS waits, counted,
        lag(counted, 1, CAST(%(first)s AS bigint)) OVER (ORDER BY counted) AS before
    FROM (
        SELECT number, status, CAST(substring(number FROM 4) AS bigint) AS counted
        FROM payment_request WHERE number ~ '^PR-[0-9]{{1,12}}$') n) m
WHERE counted - before > %(step)s ORDER BY counted LIMIT 100
"""
# What this side published since in a higher version, or knows by now, needs nobody any more.
_UNKNOWN = """
SELECT u.request_id, p.number, u.version, u.first_at FROM unknown_version u
LEFT JOIN payment_request p ON p.id = u.request_id
WHERE u.last_at > clock_timestamp() - interval '7 days' AND NOT EXISTS (
    SELECT 1 FROM outbox o WHERE o.request_id = u.request_id AND (o.content_hash = u.content_hash
        OR NOT o.beaten AND o.version > u.version AND o.published_at > u.last_at))
ORDER BY p.number IS NULL, u.last_at DESC LIMIT 100
"""


# What Python has no day for is shown as the nearest one that it has.
_NO_DAYS = """
SELECT id, number FROM payment_request
WHERE requested_at NOT BETWEEN %(first)s AND %(last)s OR decided_at NOT BETWEEN %(first)s AND %(last)s
    OR received_at NOT BETWEEN %(first)s AND %(last)s OR due_date NOT BETWEEN '0001-01-01' AND '9999-12-31'
    OR decided_due_date NOT BETWEEN '0001-01-01' AND '9999-12-31'
ORDER BY number, id LIMIT 100
"""


def doubts(role: Role, connection: Connection) -> list[Finding]:
    """Return what a side should know of numbers far from its counting, and of versions that it never published."""
    return [*_far_numbers(role, connection), *_unknown_versions(role, connection), *_no_days(role, connection)]


def _no_days(role: Role, connection: Connection) -> list[Finding]:
    rows = connection.execute(_NO_DAYS, {"first": FIRST_MOMENT, "last": LAST_MOMENT}).fetchall()
    if not rows:
        return []
    names = _joined([called(number, request_id) for request_id, number in rows])
    shown = f"shown as {FIRST_MOMENT:%Y-%m-%d} or {LAST_MOMENT:%Y-%m-%d}"
    seen = f"{names}: a day or a time that cannot be, such as infinity, {shown}; paydesk never writes one"
    return [Finding(f"{role.name} days", False, seen, "Put the right one there, as a superuser, or ask anew.")]


def _far_numbers(role: Role, connection: Connection) -> list[Finding]:
    far = connection.execute(_FAR, {"first": _FIRST_NUMBER, "step": NUMBER_STEP_MOST}).fetchall()
    if not far:
        return []
    names = _joined([number for number, _ in far])
    seen = f"{names}: far above all other numbers; counting follows it by {NUMBER_STEP_MOST:,} at most"
    todo = "Did your side ask for it? If not, somebody else writes with the contractor's Kafka login: change it."
    return [Finding(f"{role.name} numbers", not any(waits for _, waits in far), seen, todo)]


def _unknown_versions(role: Role, connection: Connection) -> list[Finding]:
    rows: list[tuple[UUID, str | None, int, datetime]] = connection.execute(_UNKNOWN).fetchall()
    if not rows:
        return []
    names = _joined([f"{called(number, request_id)} version {version}" for request_id, number, version, _ in rows])
    first = min(row[3] for row in rows)
    seen = (
        f"the other side says that it holds {counted(len(rows), 'version')} that this side never said,"
        f" since {first:%Y-%m-%d %H:%M} UTC: {names}"
    )
    return [
        Finding(f"{role.name} claims", False, seen, "Compare these with the other side; where they differ, ask anew.")
    ]


def _joined(names: list[str]) -> str:
    return ", ".join(names[:_MOST]) + (" …" if len(names) > _MOST else "")
