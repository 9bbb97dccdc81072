"""The requests of the storage port in memory, and which of them only a person can settle."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from paydesk.domain.errors import UnknownRequest
from paydesk.domain.events import REQUEST_TYPES, Requested
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.standing import status
from paydesk.domain.status import Outcome, Status
from paydesk.infra.core.messages import RequestMessage
from paydesk.infra.core.records import Half, Head, Locks, ReceivedEvent, Row
from paydesk.infra.core.transaction import Register
from tests.simulation.tables import Kept, Tables


@lru_cache(maxsize=4096)
def _request(value: bytes) -> RequestMessage:
    """Return what a value says; both sides and the checker ask for the same ones again and again."""
    return RequestMessage.model_validate_json(value)


@dataclass(slots=True)
class MemoryRequests:
    """Meets ``paydesk.infra.core.transaction.Requests``."""

    tables: Tables

    def get(self, request_id: UUID) -> Row:
        kept = self.tables.copy.get(request_id)
        if kept is None:
            raise UnknownRequest("There is no such request here.")
        return replace(kept.row, locked=True) if kept.peer_locked else kept.row

    def write(self, register: Register, content_hash: str, now: datetime) -> None:
        kept = self.tables.copy.get(register.id, Kept(Row(register.id, None, None)))
        if isinstance(register, RequestRegister):
            row = replace(kept.row, request=register, revision_received_at=now)
            kept = replace(kept, row=row, request_hash=content_hash)
        else:
            kept = replace(kept, row=replace(kept.row, decision=register, decision_hash=content_hash))
        self.tables.own("copy")[register.id] = kept

    def write_all(self, registers: Sequence[tuple[Register, str]], now: datetime) -> None:
        for register, content_hash in registers:
            self.write(register, content_hash, now)

    def heads(self, ids: Collection[UUID], half: Half) -> Mapping[UUID, Head]:
        heads = {}
        for request_id in ids:
            kept = self.tables.copy.get(request_id)
            if kept is None:
                continue
            row = kept.row
            register = row.request if half == "request" else row.decision
            content_hash = kept.request_hash if half == "request" else row.decision_hash
            outcome = row.decision.outcome if row.decision else Outcome.NONE
            heads[request_id] = Head(register.version if register else None, content_hash, outcome.value)
        return heads

    def replace(self, newest: Sequence[ReceivedEvent], half: Half, now: datetime) -> None:
        del now
        for received in newest:
            register = received.event.register
            kept = self.tables.copy.get(register.id, Kept(Row(register.id, None, None)))
            row = kept.row
            if isinstance(register, RequestRegister):
                fresh = row.request is None or row.request.revision != register.revision
                at = received.heard_at if fresh else row.revision_received_at
                row = replace(row, request=register, revision_received_at=at)
                kept = replace(kept, row=row, request_hash=received.content_hash)
            else:
                kept = replace(kept, row=replace(row, decision=register, decision_hash=received.content_hash))
            self.tables.own("copy")[register.id] = kept
        assert half in ("request", "decision")

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        rows = [self.tables.copy[request_id].row for request_id in sorted(ids) if request_id in self.tables.copy]
        return [row for row in rows if not row.locked and status(row.request, row.decision) is Status.WITHDRAWING]

    def history(self, ids: Collection[UUID]) -> Mapping[UUID, Requested]:
        received_values = [
            (message.request_id, message.type, message.record.value)
            for message in self.tables.inbox.values()
            if message.became in ("applied", "stale")
        ]
        sent_values = [
            (sent.event.request_id, sent.event.type, sent.event.value) for sent in self.tables.outbox.values()
        ]
        by_request: dict[UUID, list[RequestMessage]] = {}
        for request_id, kind, value in [*received_values, *sent_values]:
            if request_id in ids and kind in REQUEST_TYPES:
                by_request.setdefault(request_id, []).append(_request(value or b""))
        return {
            request_id: Requested(
                frozenset(message.contractor for message in messages),
                frozenset((message.revision, message.terms_hash) for message in messages),
                any(message.withdrawal_asked for message in messages),
            )
            for request_id, messages in by_request.items()
        }


@dataclass(slots=True)
class MemoryRequestLocks:
    """Meets ``paydesk.infra.core.transaction.RequestLocks``."""

    tables: Tables

    def lock(self, reasons: Mapping[UUID, str], now: datetime) -> None:
        del now
        for request_id in reasons:
            kept = self.tables.copy.get(request_id) or Kept(Row(request_id, None, None))
            self.tables.own("copy")[request_id] = replace(kept, row=replace(kept.row, locked=True))

    def ids(self) -> list[UUID]:
        return sorted(key for key, kept in self.tables.copy.items() if kept.row.locked)

    def mirror(self, locks: Locks, now: datetime) -> set[UUID]:
        del now
        changed = set()
        for request_id, kept in self.tables.copy.items():
            fresh = request_id in locks.ids or (kept.peer_locked and not locks.whole)
            if fresh != kept.peer_locked:
                self.tables.own("copy")[request_id] = replace(kept, peer_locked=fresh)
                changed.add(request_id)
        return changed

    def note_settled(self, key: UUID, request_id: UUID, note: str, actor: str) -> None:
        """Nothing: what persons agree on is no part of what is simulated."""
