"""Applying what the other side said: newer replaces, everything else is ignored; one statement per batch."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from paydesk.domain.events import newer
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.registers import DECISION_COLUMNS, REQUEST_COLUMNS, decision_columns, request_columns
from paydesk.infra.role import Applied, Heard

_FINAL = ("accepted", "withdrawn")


def apply_registers(session: Session, heard: Sequence[Heard], now: datetime) -> Applied:
    """Apply a batch of one kind of register to the copy, set-based; rows are locked in the order of their ids.

    An event of the version the copy holds with other content is ``forked``; one that would replace a published
    final outcome is ``flipping``. Both lock their request and are for the inbox to quarantine.
    """
    if not heard:
        return Applied(frozenset())
    is_request = isinstance(heard[0].event.register, RequestRegister)
    version, digest = ("request_version", "request_hash") if is_request else ("decision_version", "decision_hash")
    ids = sorted({one.event.request_id for one in heard})
    known = _known(session, ids, version, digest)
    newest: dict[UUID, Heard] = {}
    forked, flipping = set(), set()
    for one in heard:
        request_id = one.event.request_id
        at, content, outcome = known.get(request_id, (None, None, None))
        if newer(one.event.version, at):
            register = one.event.register
            flips = outcome in _FINAL and not isinstance(register, RequestRegister) and register.outcome != outcome
            if flips:
                flipping.add(one)
                continue
            newest[request_id] = one
            final = outcome if isinstance(register, RequestRegister) else register.outcome.value
            known[request_id] = (one.event.version, one.content_hash, final)
        elif one.event.version == at and one.content_hash != content:
            forked.add(one)
    if newest:
        _upsert(session, [newest[key] for key in sorted(newest)], is_request, now)
    bad = {one.event.request_id for one in forked | flipping}
    if bad:
        lock = sa.text("UPDATE payment_request SET locked = true, changed_at = :now WHERE id = ANY(:ids)")
        session.execute(lock, {"ids": sorted(bad), "now": now})
    return Applied(
        newer=frozenset(one.event.id for one in newest.values()),
        forked=frozenset(one.event.id for one in forked),
        flipping=frozenset(one.event.id for one in flipping),
        changed=frozenset(newest) | frozenset(bad),
    )


def _known(
    session: Session, ids: list[UUID], version: str, digest: str
) -> dict[UUID, tuple[int | None, str | None, str | None]]:
    """Return version, content hash and outcome of what the copy holds, its rows locked."""
    read = sa.text(
        f"SELECT id, {version}, {digest}, outcome FROM payment_request WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"
    )
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(read, {"ids": ids})}


def _upsert(session: Session, newest: list[Heard], is_request: bool, now: datetime) -> None:
    names = REQUEST_COLUMNS if is_request else DECISION_COLUMNS
    version = names[0]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name != "revision_received_at")
    if is_request:
        # A withdrawal asked of the same revision is no new arrival of that revision.
        sets += (
            ", revision_received_at = CASE WHEN payment_request.revision IS DISTINCT FROM excluded.revision"
            " THEN excluded.revision_received_at ELSE payment_request.revision_received_at END"
        )
    columns = ", ".join(names)
    statement = sa.text(
        f"INSERT INTO payment_request (id, {columns}, changed_at) "
        f"SELECT id, {columns}, changed_at FROM jsonb_populate_recordset(NULL::payment_request, CAST(:rows AS jsonb)) "
        f"ON CONFLICT (id) DO UPDATE SET {sets}, changed_at = excluded.changed_at "
        f"WHERE payment_request.{version} IS NULL OR payment_request.{version} < excluded.{version}"
    )
    session.execute(statement, {"rows": json.dumps([_row(one, now) for one in newest], default=_plain)})


def _row(one: Heard, now: datetime) -> dict[str, Any]:
    register = one.event.register
    row: dict[str, Any]
    if isinstance(register, RequestRegister):
        row = request_columns(register) | {
            "request_hash": one.content_hash,
            "revision_received_at": one.heard_at,
        }
    else:
        row = decision_columns(register) | {"decision_hash": one.content_hash}
    return row | {"id": register.id, "changed_at": now}


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
