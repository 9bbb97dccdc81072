"""The timeline of a request: its outbox and inbox rows in order, and how it was settled; there is no second history."""

import json
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from paydesk.domain.copy import DECISION_STEPS, HELD_STEP, MANAGER_STEPS, RequestDetail, Step, in_order
from paydesk.domain.decision import Cause, CauseCode
from paydesk.domain.events import EventType
from paydesk.domain.money import Money
from paydesk.domain.payment_request import TERM_NAMES, Terms
from paydesk.domain.status import Outcome
from paydesk.infra.core.records import PEER_LOCKED
from paydesk.infra.postgres.columns import MONEY
from paydesk.infra.postgres.read.queries import Connection, get

_ROWS = """
SELECT said_at AS at, type, actor, value, 'said' AS became, NULL AS reason, hold_until, published_at AS delivered_at,
    NULL::timestamptz AS received_at, NULL::jsonb AS headers, NULL::timestamptz AS said_at
FROM outbox WHERE request_id = %(id)s
UNION ALL
SELECT heard_at, type, NULL, value, became, reason, NULL, NULL, heard_at, headers, said_at
FROM inbox WHERE request_id = %(id)s AND (source <> topic OR became IN ('quarantined', 'parked'))
UNION ALL
SELECT beaten_at, type, actor, value, 'lost', NULL, NULL, published_at, NULL, NULL, NULL
FROM outbox WHERE request_id = %(id)s AND beaten_at IS NOT NULL
UNION ALL
SELECT locked_at, NULL, NULL, NULL, 'locked', locked_why, NULL, NULL, NULL, NULL, NULL
FROM payment_request WHERE id = %(id)s AND locked_at IS NOT NULL
UNION ALL
SELECT peer_locked_at, NULL, NULL, NULL, 'locked', %(peers)s, NULL, NULL, NULL, NULL, NULL
FROM payment_request WHERE id = %(id)s AND NOT locked AND peer_locked_at IS NOT NULL
UNION ALL
SELECT settled_at, NULL, actor, NULL, 'settled', note, NULL, NULL, NULL, NULL, NULL
FROM settlement WHERE request_id = %(id)s
ORDER BY at
"""


def detail(connection: Connection, request_id: UUID) -> RequestDetail:
    """Return a request with its timeline, oldest first. Raises ``UnknownRequest``."""
    with connection.transaction():
        copy = get(connection, request_id)
        with connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(_ROWS, {"id": request_id, "peers": PEER_LOCKED})
            # Each event bears its writer's time, so one that was received late still stands at its own moment.
            return RequestDetail(copy, in_order(map(_step, cursor)))


def _step(row: dict[str, Any]) -> Step:
    if row["became"] in ("quarantined", "parked"):
        return Step(row["at"], row["became"], None, None, row["reason"] or "", received_at=row["at"])
    if row["became"] in ("locked", "settled"):
        return Step(row["at"], row["became"], row["actor"], None, row["reason"] or "")
    document = json.loads(bytes(row["value"]))
    if row["became"] == "lost":
        act = EventType(row["type"]).fact.replace("_", " ")
        sent = "sent, but another was published in its place" if row["delivered_at"] else "never sent"
        sentence = f"{act} by {row['actor']}: {sent}; what had been published stands"
        return Step(row["at"], "lost", row["actor"], document.get("revision"), sentence)
    kind = HELD_STEP if row["hold_until"] is not None else EventType(row["type"]).fact
    confirms = kind in DECISION_STEPS - MANAGER_STEPS
    # What confirms a withdrawal still carries the terms that were decided before it; they are no part of the step.
    terms = _terms(document["terms"]) if not confirms and document.get("terms") else None
    return Step(
        at=_happened_at(document, row),
        kind=kind,
        # A decision says itself who decided, and every screen tells that one, whoever its message says to be from.
        actor=document.get("decided_by") if kind in MANAGER_STEPS else document.get("actor"),
        revision=document.get("revision"),
        text="" if confirms else _text(document),
        money=terms.money if terms else None,
        delivered_at=row["delivered_at"],
        terms=terms,
        received_at=row["received_at"],
        version=document.get("version"),
    )


def _terms(document: dict[str, Any]) -> Terms:
    # It was checked when it was said, or taken in; the models of messages are for what nobody has looked at.
    due = document.get("due_date")
    values: dict[str, Any] = {name: document.get(name) for name in TERM_NAMES}
    values |= {"due_date": date.fromisoformat(due) if due else None}
    return Terms(Money(*(document[name] for name in MONEY)), **values)


def _happened_at(document: dict[str, Any], row: dict[str, Any]) -> datetime:
    """Return when the writer says it happened: a decision carries its own time, every event that of its saying."""
    text = document.get("decided_at") or next((text for name, text in row["headers"] or () if name == "ce_time"), None)
    moment: datetime = row["said_at"] or row["at"]
    with suppress(ValueError):
        moment = datetime.fromisoformat(text) if text else moment
    return moment if moment.tzinfo is not None else row["at"]


def _text(document: dict[str, Any]) -> str:
    if document.get("outcome") == Outcome.NONE:
        return Cause(CauseCode(document["cause_code"]), document.get("cause_note")).text
    return str((document.get("terms") or {}).get("description", ""))
