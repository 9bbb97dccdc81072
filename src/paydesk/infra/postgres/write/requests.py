"""The requests: rows under lock, the own register written, and what came replaces what is older, a batch at a time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.events import Requested
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.records import Half, Head, ReceivedEvent, Row
from paydesk.infra.core.transaction import Register
from paydesk.infra.postgres.columns import (
    DECISION_COLUMNS,
    REQUEST_COLUMNS,
    decision_columns,
    decision_of,
    request_columns,
    request_of,
)
from paydesk.infra.postgres.schema import PaymentRequestRow
from paydesk.infra.postgres.write import batch
from paydesk.infra.postgres.write.ahead import (
    HEADS,
    OWING,
    REQUESTED,
    ROW,
    Ahead,
    all_columns_of,
    columns_of,
    requested_values,
)
from paydesk.infra.postgres.write.commands import Claimed
from paydesk.infra.postgres.write.session import WritingSession

_COLUMNS = {"request": REQUEST_COLUMNS, "decision": DECISION_COLUMNS}
# A withdrawal asked of the same revision is no new arrival of that revision.
_ARRIVAL = (
    ", revision_received_at = CASE WHEN payment_request.revision IS DISTINCT FROM excluded.revision"
    " THEN excluded.revision_received_at ELSE payment_request.revision_received_at END"
)


def _replace(half: Half) -> str:
    columns = ", ".join(_COLUMNS[half])
    sets = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[half] if name != "revision_received_at")
    return (
        f"INSERT INTO payment_request (id, {columns}, changed_at) SELECT id, {columns}, changed_at FROM {{rows}}"
        f" ON CONFLICT (id) DO UPDATE SET {sets}{_ARRIVAL if half == 'request' else ''},"
        " changed_at = excluded.changed_at"
        f" WHERE payment_request.{half}_version IS NULL OR payment_request.{half}_version < excluded.{half}_version"
    )


_REPLACE: Mapping[Half, str] = {"request": _replace("request"), "decision": _replace("decision")}
_request = PaymentRequestRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SqlRequests:
    """Meets ``paydesk.infra.core.transaction.Requests``."""

    session: WritingSession
    claimed: Claimed
    ahead: Ahead

    def get(self, request_id: UUID) -> Row:
        """Return a request, locked until the transaction ends. Raises ``UnknownRequest``."""
        columns = self._locked(request_id)
        if columns is None:
            raise UnknownRequest("There is no such request here.", "`list` shows the ones that are.")
        return row_of(columns)

    def _locked(self, request_id: UUID) -> dict[str, Any] | None:
        """Return the columns of a request, which is locked, or None where there is none."""
        ahead = self.ahead.row.take()
        if ahead is not None and ahead[0][0] == request_id:
            return ahead[0][1]
        return columns_of(self.session.ask((ROW, {"request_id": request_id}))[0])

    def write(self, register: Register, content_hash: str, now: datetime) -> None:
        """Write this side's own register, of the request or of the decision."""
        if isinstance(register, RequestRegister):
            self.claimed.number = register.number
        values = own_columns(register, content_hash, now)
        self.session.queue(_upsert_of(tuple(values)), values)

    def write_all(self, registers: Sequence[tuple[Register, str]], now: datetime) -> None:
        """Write own registers, each of another request, with the hashes of their events."""
        for kind in (RequestRegister, DecisionRegister):
            own = [
                own_columns(register, content_hash, now)
                for register, content_hash in registers
                if isinstance(register, kind)
            ]
            if own:
                batch.execute(self.session, _upsert(own[0]), _request, own)

    def heads(self, ids: Collection[UUID], half: Half) -> Mapping[UUID, Head]:
        """Return what the replica holds of these requests, and lock their rows in the order of ids."""
        ahead = self.ahead.row.take()
        if ahead is not None and [*ids] == [ahead[0][0]]:
            row = ahead[0][1]
            return {row["id"]: Head(row[f"{half}_version"], row[f"{half}_hash"], row["outcome"])} if row else {}
        wanted = frozenset(ids)
        arrived = self.ahead.heads.take()
        if arrived is not None and arrived[0][:2] == (wanted, half):
            rows = arrived[0][2]
        else:
            rows = self.session.ask((HEADS[half], {"ids": list(wanted)}))[0]
        return {row[0]: Head(row[1], row[2], row[3]) for row in rows}

    def replace(self, newest: Sequence[ReceivedEvent], half: Half, now: datetime) -> None:
        """Replace one half of each request where the event is newer."""
        batch.execute(self.session, _REPLACE[half], _request, (_row(received, now) for received in newest))

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        """Return which of these are open with a withdrawal known, locked, in the order of ids."""
        return [row_of(columns) for columns in all_columns_of(self.session.ask((OWING, {"ids": list(ids)}))[0])]

    def history(self, ids: Collection[UUID]) -> Mapping[UUID, Requested]:
        """Return what was ever published of these requests by the contractor's side."""
        wanted = frozenset(ids)
        ahead = self.ahead.history.take()
        if ahead is not None and ahead[0][0] == wanted:
            requested = ahead[0][1]
        else:
            requested = self.session.ask((REQUESTED, requested_values(wanted)))[0]
        by_request: dict[UUID, list[tuple[str, int, str, bool]]] = defaultdict(list)
        for request_id, contractor, revision, terms_hash, withdrawal in requested:
            by_request[request_id].append((contractor, revision, terms_hash, withdrawal))
        return {
            request_id: Requested(
                frozenset(row[0] for row in rows),
                frozenset((row[1], row[2]) for row in rows),
                any(row[3] for row in rows),
            )
            for request_id, rows in by_request.items()
        }


def own_columns(register: Register, content_hash: str, now: datetime) -> dict[str, Any]:
    """Return the columns of ``payment_request`` that publishing a register writes, the id among them."""
    own = {"id": register.id, "changed_at": now}
    if isinstance(register, RequestRegister):
        return request_columns(register) | own | {"request_hash": content_hash, "revision_received_at": now}
    return decision_columns(register) | own | {"decision_hash": content_hash}


def row_of(columns: dict[str, Any]) -> Row:
    """Return the row that these columns of ``payment_request`` hold."""
    return Row(
        columns["id"],
        request_of(columns),
        decision_of(columns),
        columns["decision_hash"],
        columns["revision_received_at"],
        columns["locked"] or columns["peer_locked_at"] is not None,
    )


def _upsert(columns: Collection[str]) -> str:
    names = ", ".join(columns)
    return f"INSERT INTO payment_request ({names}) SELECT {names} FROM {{rows}} {_or_replace(columns)}"


@cache
def _upsert_of(columns: tuple[str, ...]) -> str:
    """Return what writes one row of these columns."""
    places = ", ".join(f"%({name})s" for name in columns)
    return f"INSERT INTO payment_request ({', '.join(columns)}) VALUES ({places}) {_or_replace(columns)}"


def _or_replace(columns: Collection[str]) -> str:
    return f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}"


def _row(received: ReceivedEvent, now: datetime) -> dict[str, Any]:
    register = received.event.register
    row: dict[str, Any]
    if isinstance(register, RequestRegister):
        row = request_columns(register) | {
            "request_hash": received.content_hash,
            "revision_received_at": received.heard_at,
        }
    else:
        row = decision_columns(register) | {"decision_hash": received.content_hash}
    return row | {"id": register.id, "changed_at": now}
