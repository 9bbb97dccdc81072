"""Requests that only a person can settle: why, since when, and every version of them that was seen, with where."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import FINAL_TYPES, REQUEST_TYPES, EventType, event_type_of
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import RequestRegister, called
from paydesk.infra.core.codec import decode_own_value
from paydesk.infra.core.records import Half
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.read.queries import LOCKED_WHY, SETTLED, Connection

_LOCKED = f"""
SELECT id, number, {LOCKED_WHY} AS locked_why, coalesce(locked_at, peer_locked_at) AS locked_at, request_hash,
    decision_hash
FROM payment_request p WHERE (locked OR peer_locked_at IS NOT NULL) AND NOT {SETTLED} ORDER BY 4, id LIMIT 100
"""
_SAID = """
SELECT request_id, type, value, content_hash, topic, partition, kafka_offset, said_at AS at,
    CASE WHEN beaten THEN 'beaten' ELSE 'said' END AS became, ever_acked AS published
FROM outbox WHERE request_id = ANY(%(ids)s)
UNION ALL
SELECT request_id, type, value, encode(sha256(value), 'hex'), topic, partition, kafka_offset, heard_at, became, true
FROM inbox WHERE request_id = ANY(%(ids)s) AND became IN ('applied', 'stale', 'quarantined') AND value IS NOT NULL
ORDER BY at
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a request that was seen: what it says, and where each side has it from."""

    half: Half
    content_hash: str
    register: RequestRegister | DecisionRegister
    at: datetime
    seen: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        register, terms = self.register, self.register.terms
        by, cause = (
            (register.contractor, None)
            if isinstance(register, RequestRegister)
            else (register.decided_by, register.cause)
        )
        return {
            "says": _word(register),
            "by": shown_name(by) if by else None,
            "revision": register.revision,
            "amount": terms.money.amount if terms else None,
            "currency": terms.money.currency if terms else None,
            "due_date": terms.due_date.isoformat() if terms and terms.due_date else None,
            "cause": cause.text if cause and _word(register) == "rejected" else None,
            "time": self.at.isoformat(),
            "seen": list(self.seen),
        }


@dataclass(frozen=True, slots=True)
class LockedRequest:
    """A locked request that nobody of a side has settled yet."""

    id: UUID
    number: str | None
    why: tuple[str, ...]
    """Per side that holds it as locked, a sentence."""
    since: datetime | None
    versions: tuple[Version, ...]

    @property
    def name(self) -> str:
        """The number, or the end of the id."""
        return called(self.number, self.id)

    @property
    def contradicting(self) -> tuple[Version, ...]:
        """The versions that contradict each other; all of them where only one of each half was seen."""
        for half in ("decision", "request"):
            versions = tuple(version for version in self.versions if version.half == half)
            if len(versions) > 1:
                return versions
        return self.versions

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "id": str(self.id),
            "number": self.number,
            "why": list(self.why),
            "since": self.since.isoformat() if self.since else None,
            "versions": [version.document() for version in self.contradicting],
        }


def _word(register: RequestRegister | DecisionRegister) -> str:
    if isinstance(register, RequestRegister):
        return "withdrawal asked" if register.withdrawal_asked else "requested"
    return event_type_of(register).fact


def locked_requests(connection: Connection, role: Role) -> list[LockedRequest]:
    """Return a side's locked requests that it has not settled, the oldest first, at most 100."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_LOCKED).fetchall()
        events: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
        for event in cursor.execute(_SAID, {"ids": [row["id"] for row in rows]}):
            events[event["request_id"]].append(event)
    return [_locked(role, row, events[row["id"]]) for row in rows]


def _locked(role: Role, row: dict[str, Any], events: Sequence[dict[str, Any]]) -> LockedRequest:
    standing = {row["request_hash"], row["decision_hash"]}
    versions = []
    for event in events:
        stands = event["content_hash"] in standing
        contradicts = event["became"] in ("beaten", "quarantined") or event["type"] in FINAL_TYPES
        if not (stands or (contradicts and event["published"])):
            continue
        try:
            register = decode_own_value(event["type"], bytes(event["value"]))
        except ValueError:
            continue  # Its bytes are in the quarantine; they say nothing that could stand beside the other.
        half: Half = "request" if EventType(event["type"]) in REQUEST_TYPES else "decision"
        versions.append(
            Version(half, event["content_hash"], register, _happened_at(register, event), (_seen(role, event),))
        )
    why = f"{role.name}: {row['locked_why'] or 'both sides said different final things'}"
    return LockedRequest(row["id"], row["number"], (why,), row["locked_at"], _distinct(versions))


def _happened_at(register: RequestRegister | DecisionRegister, event: dict[str, Any]) -> datetime:
    decided_at = register.decided_at if isinstance(register, DecisionRegister) else None
    at: datetime = decided_at or event["at"]
    return at


def _seen(role: Role, event: dict[str, Any]) -> str:
    place = f"{event['topic']}/{event['partition']}/{event['kafka_offset']}"
    return f"{role.name}: {event['became']}, {place if event['kafka_offset'] is not None else 'not sent'}"


def _distinct(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Return each version once, with everywhere it was seen."""
    distinct: dict[tuple[Half, str], Version] = {}
    for version in versions:
        known = distinct.setdefault((version.half, version.content_hash), version)
        if known is not version:
            seen = tuple(dict.fromkeys(known.seen + version.seen))
            distinct[version.half, version.content_hash] = replace(known, seen=seen)
    return tuple(distinct.values())


def joined(of_sides: Iterable[LockedRequest]) -> list[LockedRequest]:
    """Return what several sides hold as locked, each request once with what all of them saw."""
    by_id: dict[UUID, LockedRequest] = {}
    for request in of_sides:
        known = by_id.get(request.id)
        if known is None:
            by_id[request.id] = request
            continue
        by_id[request.id] = replace(
            known,
            number=known.number or request.number,
            why=known.why + request.why,
            since=min(filter(None, (known.since, request.since)), default=None),
            versions=_distinct(known.versions + request.versions),
        )
    return list(by_id.values())
