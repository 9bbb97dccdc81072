"""What a transaction asks at its beginning, asked in one round trip."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args
from uuid import UUID

from psycopg.rows import TupleRow

from paydesk.domain.events import REQUEST_TYPES
from paydesk.infra.core.origin import MADE_IN
from paydesk.infra.core.records import ExpectedArrival, ExpectedCommand, ExpectedRelay, Half
from paydesk.infra.postgres.schema import HOLDERS, CommandRow, PaymentRequestRow
from paydesk.infra.postgres.write.session import WritingSession

T = TypeVar("T")
CHECKED = f"""
SELECT EXISTS (
    SELECT 1 FROM meta m JOIN pg_stat_activity a ON m.checked_by = a.pid || '/' || extract(epoch FROM a.backend_start)
    JOIN pg_locks l ON l.pid = a.pid
    WHERE {HOLDERS})
"""
"""Return whether whoever holds the lease now has done its first check of this schema, in SQL."""
CLAIM = f"""
INSERT INTO {CommandRow.__tablename__} (id, content_hash, request_id, changed)
VALUES (%(key)s, %(content_hash)s, %(request_id)s, false) ON CONFLICT DO NOTHING RETURNING 1
"""
RELEASE_DUE = "UPDATE outbox SET hold_until = NULL WHERE hold_until <= clock_timestamp() RETURNING request_id"
# A row waits while an earlier version of its request is held: rows of one request leave in version order. What is
# asked waits until it has its number.
UNSENT = """
SELECT id, request_id, version, type, topic, key, headers, value, content_hash, actor, command_id, said_at
FROM outbox o
WHERE published_at IS NULL AND hold_until IS NULL AND NOT beaten AND NOT EXISTS (
    SELECT 1 FROM outbox e WHERE e.request_id = o.request_id AND e.version < o.version
    AND e.published_at IS NULL AND e.hold_until IS NOT NULL AND NOT e.beaten)
AND NOT EXISTS (
    SELECT 1 FROM payment_request p WHERE p.id = o.request_id AND p.number IS NULL AND o.type = ANY(%(asking)s))
AND NOT o.request_id = ANY(CAST(%(without)s AS uuid[]))
ORDER BY position LIMIT %(most)s
"""
_COLUMNS = tuple(PaymentRequestRow.model_fields)
ROW = f"SELECT {', '.join(_COLUMNS)} FROM {PaymentRequestRow.__tablename__} WHERE id = %(request_id)s FOR UPDATE"
OWING = f"""
SELECT {", ".join(_COLUMNS)} FROM {PaymentRequestRow.__tablename__}
WHERE id = ANY(%(ids)s) AND status = 'withdrawing' AND NOT locked ORDER BY id FOR UPDATE
"""
_STATE = f"SELECT clock_timestamp(), m.cluster, m.database FROM (SELECT) x LEFT JOIN ({MADE_IN}) m ON true"
_RELAY = f"""
SELECT ({CHECKED}), EXISTS (SELECT FROM payment_request WHERE number IS NULL AND request_version IS NOT NULL)
"""
# What a contractor's side published stands in its outbox, and in the inbox of the manager's.
REQUESTED = """
SELECT request_id, said->>'contractor', CAST(said->>'revision' AS int), said->>'terms_hash',
    coalesce(CAST(said->>'withdrawal_asked' AS boolean), false)
FROM (
    SELECT request_id, CAST(convert_from(value, 'UTF8') AS jsonb) AS said
    FROM outbox WHERE request_id = ANY(%(ids)s) AND NOT beaten AND type = ANY(%(asking)s)
    UNION ALL
    SELECT request_id, CAST(convert_from(value, 'UTF8') AS jsonb)
    FROM outbox WHERE request_id = ANY(%(ids)s) AND beaten AND type = ANY(%(asking)s)
    UNION ALL
    SELECT request_id, CAST(convert_from(value, 'UTF8') AS jsonb)
    FROM inbox WHERE request_id = ANY(%(ids)s) AND type = ANY(%(asking)s) AND became IN ('applied', 'stale')
) a
"""
HEADS: Mapping[Half, str] = {
    half: f"SELECT id, {half}_version, {half}_hash, outcome FROM payment_request"
    " WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
    for half in get_args(Half)
}
LOST = "SELECT EXISTS (SELECT 1 FROM meta WHERE imported IS NOT NULL)"
_ASKING = sorted(REQUEST_TYPES)


class Answer(Generic[T]):
    """An answer that came before it was asked for. It is taken once, as what is asked later may have changed."""

    def __init__(self) -> None:
        self._came: list[T] = []

    def put(self, answer: T) -> None:
        """Note the answer."""
        self._came = [answer]

    def forget(self) -> None:
        """Forget it: what it is about was changed."""
        self._came = []

    def take(self) -> tuple[T] | None:
        """Return the answer in a tuple, or None where it is to be asked for."""
        came, self._came = self._came, []
        return (came[0],) if came else None


@dataclass(frozen=True, slots=True)
class Ahead:
    """The answers of a transaction that were asked for at its beginning."""

    moment: Answer[datetime] = field(default_factory=Answer)
    made_in: Answer[tuple[str, int] | None] = field(default_factory=Answer)
    claimed: Answer[tuple[UUID, bool]] = field(default_factory=Answer)
    """The id of a command, and whether it was new and is registered now."""
    row: Answer[tuple[UUID, dict[str, Any] | None]] = field(default_factory=Answer)
    """A request that is locked now, and its columns."""
    checked: Answer[bool] = field(default_factory=Answer)
    numbered: Answer[bool] = field(default_factory=Answer)
    """Whether every request has its number."""
    released: Answer[set[UUID]] = field(default_factory=Answer)
    unsent: Answer[list[TupleRow]] = field(default_factory=Answer)

    lost: Answer[bool] = field(default_factory=Answer)
    history: Answer[tuple[frozenset[UUID], list[TupleRow]]] = field(default_factory=Answer)
    heads: Answer[tuple[frozenset[UUID], Half, list[TupleRow]]] = field(default_factory=Answer)
    """What the replica holds of one half of requests that are locked now."""

    def read_command(self, session: WritingSession, command: ExpectedCommand) -> None:
        """Ask for the state of the schema, register the id of a command and lock its request. Raises ``DBAPIError``."""
        values = {"key": command.key, "content_hash": command.content_hash, "request_id": command.request_id}
        statements = [(_STATE, {}), *([(CLAIM, values)] if command.key else []), (ROW, values)]
        ((moment, cluster, database),), *claims, rows = session.ask(*statements)
        self.moment.put(moment)
        self.made_in.put((cluster, database) if cluster is not None else None)
        if command.key is not None:
            self.claimed.put((command.key, bool(claims[0])))
        self.row.put((command.request_id, columns_of(rows)))

    def read_relay(self, session: WritingSession, relay: ExpectedRelay) -> None:
        """Release the holds that ran out, and read what may leave. Raises ``DBAPIError``."""
        state, released, unsent = session.ask(
            (_RELAY, {}), (RELEASE_DUE, {}), (UNSENT, unsent_values(relay.most, relay.without))
        )
        self.checked.put(state[0][0])
        self.numbered.put(not state[0][1])
        self.released.put({row[0] for row in released})
        self.unsent.put(unsent)

    def read_arrival(self, session: WritingSession, arrival: ExpectedArrival) -> None:
        """Read what an event is compared with, and lock its request. Raises ``DBAPIError``."""
        ids = arrival.ids
        answers = arrival.half == "decision"  # Which is compared with what was asked for.
        asked = [(REQUESTED, requested_values(ids)), (LOST, {})] if answers else []
        checked, *read, heads = session.ask((CHECKED, {}), *asked, (HEADS[arrival.half], {"ids": list(ids)}))
        self.checked.put(checked[0][0])
        if answers:
            self.history.put((ids, read[0]))
            self.lost.put(read[1][0][0])
        self.heads.put((ids, arrival.half, heads))


def requested_values(ids: Collection[UUID]) -> dict[str, Any]:
    """Return the values of ``REQUESTED``."""
    return {"ids": list(ids), "asking": _ASKING}


def unsent_values(most: int, without: Sequence[UUID]) -> dict[str, Any]:
    """Return the values of ``UNSENT``."""
    return {"most": most, "asking": _ASKING, "without": list(without)}


def columns_of(rows: Sequence[TupleRow]) -> dict[str, Any] | None:
    """Return what ``ROW`` returned as columns."""
    return next(iter(all_columns_of(rows)), None)


def all_columns_of(rows: Sequence[TupleRow]) -> list[dict[str, Any]]:
    """Return what ``ROW`` or ``OWING`` returned, as columns of each row."""
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
