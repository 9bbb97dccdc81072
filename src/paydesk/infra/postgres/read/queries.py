"""Reading the own schema, through psycopg alone: a desk shows its first rows before SQLModel is imported."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow, dict_row

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.events import REQUEST_TYPES
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import called
from paydesk.domain.status import WAITING, Status
from paydesk.infra.core.health import BroughtBack
from paydesk.infra.core.records import PEER_LOCKED
from paydesk.infra.postgres.columns import DECISION_COLUMNS, FOLDED, REQUEST_COLUMNS, decision_of, request_of
from paydesk.infra.postgres.filter_sql import like

Connection = psycopg.Connection[TupleRow]

SETTLED = "EXISTS (SELECT 1 FROM settlement s WHERE s.request_id = p.id)"
"""Whether this side has noted how the request ``p`` was settled, in SQL."""
_READ = [name for name in (*REQUEST_COLUMNS, *DECISION_COLUMNS) if name not in FOLDED]
_COLUMNS = ", ".join(f"p.{name}" for name in ("id", *_READ))
_LOCKED = "(p.locked OR p.peer_locked_at IS NOT NULL)"
LOCKED_WHY = f"coalesce(p.locked_why, CASE WHEN NOT p.locked THEN '{PEER_LOCKED}' END)"
"""Why the request ``p`` is locked, in SQL."""
COPIES = f"""
SELECT {_COLUMNS}, {_LOCKED} AS locked, {LOCKED_WHY} AS locked_why, o.type AS said,
    o.published_at AS said_published_at, o.hold_until AS said_hold_until,
    o.overdue AND o.hold_until IS NOT NULL AS overdue,
    {_LOCKED} AND {SETTLED} AS settled
FROM {{rows}} p
LEFT JOIN LATERAL (
    SELECT type, published_at, hold_until, overdue FROM outbox
    WHERE request_id = p.id AND NOT beaten ORDER BY version DESC LIMIT 1
) o ON true
"""
"""What ``copy_of`` reads of ``{rows}``, which is the table or some rows of it."""
HELD = "SELECT request_id FROM outbox WHERE published_at IS NULL AND hold_until IS NOT NULL AND NOT beaten"
"""The requests whose decision is held, in SQL."""
OVERDUE = f"{HELD} AND overdue"
"""The requests whose decision was held and ran out in a restored schema, in SQL."""
# What a person said and what does not stand, unless the same command stands by another event. Told until somebody
# says something newer of that request: on the health line for a day, by doctor for a week.
_LOST = """
SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(p.number, o.request_id, o.actor)), '[]')
FROM outbox o LEFT JOIN payment_request p ON p.id = o.request_id
WHERE o.beaten AND o.beaten_at > clock_timestamp() - interval '{days} days' AND o.command_id <> '' AND NOT EXISTS (
    SELECT 1 FROM outbox n WHERE n.request_id = o.request_id AND NOT n.beaten
    AND (n.said_at > o.beaten_at AND n.command_id <> '' OR n.command_id = o.command_id))
"""
_BROUGHT_BACK = """
SELECT ARRAY[imported, extract(epoch FROM imported_at), extract(epoch FROM last_said_at),
    extract(epoch FROM clock_timestamp() - imported_at)]::float8[]
FROM meta WHERE partition = 0 AND imported_at > clock_timestamp() - interval '7 days'
"""
_SHORTEST_PART = 4
_MOST_NAMED = 5
"""So many of those that fit are told; the statements read one more, to tell that there are more."""
_PART = re.compile(r"[!-~]{1,64}")
"""What a number, or a part of it or of an id, is made of; whatever else is typed, no request is called so."""
_TAIL = re.compile(r"(?:…|\.{1,3})([0-9a-fA-F]{6})")
"""The name of a request without a number, as lists show it, with the mark of ASCII terminals too."""
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Counts:
    """What the health line and doctor count in one schema."""

    unsent: int
    oldest_unsent_s: float
    held: int
    quarantined: int
    parked: int
    locked: int
    unexplained: str
    lost: tuple[str, ...]
    """What people said in the last day and what does not stand, as another version was published: number and who."""
    brought_back: BroughtBack | None
    """What came back from the own topic in the last week."""


def copy_of(row: dict[str, Any]) -> RequestCopy:
    """Return the copy that a row of ``COPIES`` holds."""
    request, decision = request_of(row), decision_of(row)
    copy = RequestCopy(row["id"], request, decision, Delivery.RECEIVED, row["said_hold_until"], row["locked"])
    copy = replace(copy, locked_why=row["locked_why"] or "", settled=row["settled"], overdue=bool(row["overdue"]))
    return replace(copy, delivery=_delivery(row, copy.status))


def _delivery(row: dict[str, Any], current: Status) -> Delivery:
    """Return how far this side's last word has come."""
    asks = row["said"] in REQUEST_TYPES
    waiting = current in WAITING
    if row["said"] is None or (waiting and not asks and row["said_published_at"] is not None):
        return Delivery.RECEIVED
    if row["said_hold_until"] is not None:
        return Delivery.HELD
    if row["said_published_at"] is None:
        return Delivery.QUEUED
    return Delivery.DECIDED if asks and not waiting else Delivery.SENT


def get(connection: Connection, request_id: UUID) -> RequestCopy:
    """Return one request. Raises ``UnknownRequest``."""
    copies = some(connection, [request_id])
    if not copies:
        raise UnknownRequest("There is no such request here.", "`list` shows the ones that are.")
    return copies[0]


def some(connection: Connection, ids: Sequence[UUID]) -> list[RequestCopy]:
    """Return those of these requests that are known, in the order of the ids."""
    copies = {copy.id: copy for copy in _copies(connection, "WHERE p.id = ANY(%(ids)s)", {"ids": list(ids)})}
    return [copies[request_id] for request_id in ids if request_id in copies]


def named(connection: Connection, typed: str) -> RequestCopy:
    """Return the one request that a whole number (``1042`` is ``PR-1042``), a whole id, or a tail means.

    A tail is written as lists show it while there is no number: ``…`` and the last six of the id. What writes goes by
    this: a part of a number must never act on another request. Raises ``UnknownRequest`` with the nearest numbers.
    """
    name = typed.strip()
    copies = _named(connection, name)
    if len(copies) == 1:
        return copies[0]
    if copies:
        raise _several(copies)
    raise UnknownRequest("No request is called that.", _others(connection, name))


def find(connection: Connection, typed: str) -> RequestCopy:
    """Return what ``named`` does, else the request that a unique beginning or end (4 characters or more) means.

    For what reads alone. Raises ``UnknownRequest`` with the nearest or the newest numbers when none or several answer.
    """
    name = typed.strip()
    copies = _named(connection, name)
    if not copies and len(name) >= _SHORTEST_PART and _PART.fullmatch(name):
        part = like(name)
        parts = "WHERE p.number ILIKE ANY(%(parts)s) OR p.id::text ILIKE ANY(%(parts)s) LIMIT 6"
        copies = _copies(connection, parts, {"parts": [f"{part}%", f"%{part}"]})
    if len(copies) == 1:
        return copies[0]
    if copies:
        raise _several(copies)
    raise UnknownRequest("No request answers to that.", _others(connection, name))


def is_whole(typed: str, copy: RequestCopy) -> bool:
    """Whether a request was named by its whole number, id or tail."""
    name = typed.strip().upper()
    number = copy.request.number if copy.request is not None and copy.request.number else ""
    return name in (number, str(copy.id).upper()) or f"PR-{name}" == number or _TAIL.fullmatch(name) is not None


def _named(connection: Connection, name: str) -> list[RequestCopy]:
    """Return the requests whose whole number or id this is, or whose tail as lists show it."""
    if _ID.fullmatch(name):
        return _copies(connection, "WHERE p.id = %(id)s", {"id": name})
    if tail := _TAIL.fullmatch(name):
        where = "WHERE right(replace(p.id::text, '-', ''), 6) = %(tail)s ORDER BY p.number IS NOT NULL LIMIT 6"
        copies = _copies(connection, where, {"tail": tail[1].lower()})
        nameless = [copy for copy in copies if copy.request is None or copy.request.number is None]
        return nameless or copies
    if not _PART.fullmatch(name):
        return []
    number = f"PR-{name}" if name.isdigit() else name.upper()
    return _copies(connection, "WHERE p.number = ANY(%(names)s)", {"names": [name, number]})


def _several(copies: Sequence[RequestCopy]) -> UnknownRequest:
    names = ", ".join(sorted(copy.number for copy in copies[:_MOST_NAMED]))
    more = " and more" if len(copies) > _MOST_NAMED else ""
    return UnknownRequest(f"More than one request answers to that: {names}{more}.", "Write the whole number.")


def _copies(connection: Connection, where: str, values: dict[str, Any]) -> list[RequestCopy]:
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(f"{COPIES.format(rows='payment_request')} {where}", values)
        return [copy_of(row) for row in cursor]


def _others(connection: Connection, name: str) -> str:
    """Return which requests a person may have meant: by a number the nearest, else the newest."""
    digits = re.sub(r"[^0-9]", "", name)[:15]
    order = "abs(substring(number FROM '[0-9]+')::numeric - %(digits)s)" if digits else "requested_at DESC"
    read = f"SELECT number FROM payment_request WHERE number ~ '[0-9]' ORDER BY {order} LIMIT 3"
    rows = connection.execute(read, {"digits": int(digits or 0)})
    names = ", ".join(sorted(row[0] for row in rows))
    if not names:
        return "There are no requests here yet."
    return f"The nearest are {names}." if digits else f"The newest are {names}."


def was_read_whole(connection: Connection) -> bool:
    """Return whether all that both topics held was read once; until then there may be more than is here."""
    row = connection.execute("SELECT whole_at IS NOT NULL FROM origin").fetchone()
    return row is not None and bool(row[0])


def overdue(connection: Connection) -> list[RequestCopy]:
    """Return the requests whose decision was held and ran out in a restored schema."""
    return _copies(connection, f"WHERE p.id IN ({OVERDUE}) ORDER BY p.id LIMIT 100", {})


def counts(connection: Connection) -> Counts:
    """Return what the health line tells of this schema, in one round trip."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL AND hold_until IS NULL AND NOT beaten),"
        " (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(said_at)), 0)::float8 FROM outbox"
        "  WHERE published_at IS NULL AND hold_until IS NULL AND NOT beaten),"
        " (SELECT count(*) FROM outbox WHERE published_at IS NULL AND hold_until IS NOT NULL),"
        " (SELECT count(*) FROM inbox WHERE became = 'quarantined' AND discarded_at IS NULL),"
        " (SELECT count(*) FROM inbox WHERE became = 'parked' AND discarded_at IS NULL),"
        f" (SELECT count(*) FROM payment_request p WHERE locked AND NOT {SETTLED})"
        " + (SELECT count(*) FROM payment_request p"
        f"  WHERE peer_locked_at IS NOT NULL AND NOT locked AND NOT {SETTLED}),"
        " (SELECT coalesce(string_agg(amiss, ' '), '') FROM meta),"
        f" ({_LOST.format(days=1)}), ({_BROUGHT_BACK})"
    ).fetchone()
    assert row is not None
    numbers = Counts(*row)
    return replace(numbers, lost=_names(row[-2]), brought_back=_brought_back(row[-1]))


def lost(connection: Connection) -> tuple[str, ...]:
    """Return what people said in the last week and what does not stand: number and who."""
    row = connection.execute(_LOST.format(days=7)).fetchone()
    return _names(row[0] if row is not None else ())


def _names(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(f"{called(number, UUID(request_id))} ({shown_name(actor)})" for number, request_id, actor in rows)


def _brought_back(row: Sequence[float] | None) -> BroughtBack | None:
    if row is None:
        return None
    events, at, last_said_at, age_s = row
    return BroughtBack(int(events), datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(last_said_at, UTC), age_s)


def numbers(connection: Connection, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the numbers of these requests, where they have one."""
    rows = connection.execute(
        "SELECT id, number FROM payment_request WHERE id = ANY(%s) AND number IS NOT NULL", [list(ids)]
    )
    return {row[0]: row[1] for row in rows}
