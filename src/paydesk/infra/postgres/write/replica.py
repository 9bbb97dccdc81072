"""The copy: what the other side said replaces what is older, set-based, one statement a batch."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.records import Half, Head, Heard, Row
from paydesk.infra.postgres.columns import DECISION_COLUMNS, REQUEST_COLUMNS, decision_columns, request_columns
from paydesk.infra.postgres.schema import SettlementRow
from paydesk.infra.postgres.write.commands import row_of

_COLUMNS = {"request": REQUEST_COLUMNS, "decision": DECISION_COLUMNS}
# A withdrawal asked of the same revision is no new arrival of that revision.
_ARRIVAL = (
    ", revision_received_at = CASE WHEN payment_request.revision IS DISTINCT FROM excluded.revision"
    " THEN excluded.revision_received_at ELSE payment_request.revision_received_at END"
)
_LOCK = """
INSERT INTO payment_request AS p (id, locked, locked_at, locked_why, changed_at)
SELECT id, true, :now, why, :now FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS a(id uuid, why text)
ON CONFLICT (id) DO UPDATE SET locked = true, changed_at = excluded.changed_at,
    locked_at = coalesce(p.locked_at, excluded.locked_at), locked_why = coalesce(p.locked_why, excluded.locked_why)
"""


class Copy:
    """Part of ``paydesk.infra.core.ports.Transaction``."""

    session: Session

    def heads(self, ids: Sequence[UUID], half: Half) -> Mapping[UUID, Head]:
        """Return what the copy holds of these requests; rows are locked in the order of ids."""
        read = sa.text(
            f"SELECT id, {half}_version, {half}_hash, outcome FROM payment_request"
            " WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"
        )
        return {row[0]: Head(row[1], row[2], row[3]) for row in self.session.execute(read, {"ids": sorted(ids)})}

    def replace(self, newest: Sequence[Heard], half: Half, now: datetime) -> None:
        """Replace one half of each request where the event is newer."""
        names = _COLUMNS[half]
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name != "revision_received_at")
        columns = ", ".join(names)
        version = f"{half}_version"
        statement = sa.text(
            f"INSERT INTO payment_request (id, {columns}, changed_at) SELECT id, {columns}, changed_at"
            " FROM jsonb_populate_recordset(NULL::payment_request, CAST(:rows AS jsonb))"
            f" ON CONFLICT (id) DO UPDATE SET {sets}{_ARRIVAL if half == 'request' else ''},"
            " changed_at = excluded.changed_at"
            f" WHERE payment_request.{version} IS NULL OR payment_request.{version} < excluded.{version}"
        )
        self.session.execute(statement, {"rows": json.dumps([_row(one, now) for one in newest], default=plain)})

    def lock_requests(self, reasons: Mapping[UUID, str], now: datetime) -> None:
        """Mark requests that only a person can settle, known here or not, and why; the first reason stays."""
        rows = [{"id": str(each), "why": reasons[each]} for each in sorted(reasons)]
        self.session.execute(sa.text(_LOCK), {"rows": json.dumps(rows), "now": now})

    def note_settled(self, key: UUID, request_id: UUID, note: str, actor: str) -> None:
        """Keep this side's word on how a locked request was settled."""
        values = {"id": key, "request_id": request_id, "note": note, "actor": actor}
        self.session.execute(insert(SettlementRow).values(values))
        changed = sa.text("UPDATE payment_request SET changed_at = clock_timestamp() WHERE id = :id")
        self.session.execute(changed, {"id": request_id})

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        """Return which of these are open with a withdrawal known, locked, in the order of ids."""
        owed = sa.text(
            "SELECT * FROM payment_request WHERE id = ANY(:ids) AND status = 'withdrawing' AND NOT locked"
            " ORDER BY id FOR UPDATE"
        )
        return [row_of(dict(row)) for row in self.session.execute(owed, {"ids": sorted(ids)}).mappings()]


def _row(one: Heard, now: datetime) -> dict[str, Any]:
    register = one.event.register
    row: dict[str, Any]
    if isinstance(register, RequestRegister):
        row = request_columns(register) | {"request_hash": one.content_hash, "revision_received_at": one.heard_at}
    else:
        row = decision_columns(register) | {"decision_hash": one.content_hash}
    return row | {"id": register.id, "changed_at": now}


def plain(value: object) -> str:
    """Return a value of a column as the text that JSON takes it as; for ``json.dumps``."""
    return value.isoformat() if isinstance(value, date) else str(value)
