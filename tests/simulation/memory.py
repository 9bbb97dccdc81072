"""The storage port in memory, for the simulation: transactions that are whole or nothing, without a database."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from paydesk.domain.decision import DecisionRegister, Outcome
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.status import Status, status
from paydesk.infra.errors import ServerDown
from paydesk.infra.records import Ack, Claim, Half, Head, Incoming, Outgoing, Place, Position, Row, Verified
from paydesk.infra.role import Heard, Role
from tests.simulation.tables import Kept, Sent, Tables


class MemoryStorage:
    """Meets ``paydesk.infra.ports.Storage``; one per role, shared by its processes as a database is."""

    def __init__(self, role: Role, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self.role = role
        self.tables = Tables()
        self.down = False
        self.now = now
        self._new_id = new_id

    @contextmanager
    def transaction(self, key: str = "") -> Iterator["MemoryTransaction"]:
        """Open one transaction; nothing of it is seen before its end."""
        del key
        if self.down:
            raise ServerDown("PostgreSQL does not answer.")
        work = self.tables.snapshot()
        yield MemoryTransaction(work, self.now, self._new_id)
        self.tables = work


class MemoryTransaction:
    """Meets ``paydesk.infra.ports.Transaction``."""

    def __init__(self, tables: Tables, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self.tables = tables
        self.now = now
        self.new_id = new_id

    # Commands.

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        known = self.tables.commands.get(key)
        if known is None:
            self.tables.commands[key] = Claim(content_hash, request_id, False)
        return known

    def note_changed(self, key: UUID) -> None:
        self.tables.commands[key] = replace(self.tables.commands[key], changed=True)

    def next_number(self) -> str:
        self.tables.numbers += 1
        return f"PR-{self.tables.numbers}"

    def row(self, request_id: UUID) -> Row:
        kept = self.tables.copy.get(request_id)
        if kept is None:
            raise UnknownRequest("There is no such request here.")
        return kept.row

    def write_request(self, register: RequestRegister, content_hash: str, now: datetime) -> None:
        kept = self.tables.copy.get(register.id, Kept(Row(register.id, None, None)))
        row = replace(kept.row, request=register, revision_received_at=now)
        self.tables.copy[register.id] = Kept(row, content_hash)

    def write_decision(self, register: DecisionRegister, content_hash: str, now: datetime) -> None:
        del now
        kept = self.tables.copy[register.id]
        self.tables.copy[register.id] = replace(
            kept, row=replace(kept.row, decision=register, decision_hash=content_hash)
        )

    # Outbox.

    def add(self, event: Outgoing) -> None:
        twin = any(
            sent.event.request_id == event.request_id and sent.event.version == event.version
            for sent in self.tables.outbox.values()
        )
        assert not twin, "two events of one version"
        self.tables.counted += 1
        self.tables.outbox[event.id] = Sent(event, self.tables.counted)

    def _change(self, wanted: Callable[[Sent], bool], change: Callable[[Sent], Sent]) -> list[Sent]:
        found = [sent for sent in self.tables.outbox.values() if wanted(sent)]
        for sent in found:
            self.tables.outbox[sent.event.id] = change(sent)
        return found

    def _release(self, wanted: Callable[[Sent], bool]) -> list[Sent]:
        return self._change(
            lambda sent: sent.event.hold_until is not None and wanted(sent),
            lambda sent: replace(sent, event=replace(sent.event, hold_until=None)),
        )

    def release(self, ids: Collection[UUID] | None, actor: str | None = None) -> int:
        return len(
            self._release(
                lambda sent: (ids is None or sent.event.request_id in ids) and actor in (None, sent.event.actor)
            )
        )

    def take_back(self, request_id: UUID, version: int) -> bool:
        for sent in list(self.tables.outbox.values()):
            event = sent.event
            if event.request_id == request_id and event.version == version and event.hold_until is not None:
                before, kept = event.previous, self.tables.copy[request_id]
                assert before is not None
                del self.tables.outbox[event.id]
                row = replace(kept.row, decision=before.decision, decision_hash=before.decision_hash)
                self.tables.copy[request_id] = replace(kept, row=row)
                return True
        return False

    def release_due(self) -> set[UUID]:
        now = self.now()
        due = self._release(lambda sent: sent.event.hold_until is not None and sent.event.hold_until <= now)
        return {sent.event.request_id for sent in due}

    def unsent(self, most: int) -> list[Outgoing]:
        waiting = [sent for sent in self.tables.outbox.values() if not sent.published]
        held = {(s.event.request_id, s.event.version) for s in waiting if s.event.hold_until is not None}
        free = [
            sent
            for sent in waiting
            if not any(sent.event.request_id == request and sent.event.version >= version for request, version in held)
        ]
        return [sent.event for sent in sorted(free, key=lambda sent: sent.position)][:most]

    def mark_sent(self, topic_id: str, acks: Sequence[Ack]) -> None:
        for ack in acks:
            sent = self.tables.outbox.get(ack.id)
            if sent is not None:
                event = replace(sent.event, hold_until=None)
                self.tables.outbox[ack.id] = replace(
                    sent, event=event, published=True, ever_acked=True, ack=ack, topic_id=topic_id
                )

    def forget_other_topics(self, topic_id: str) -> None:
        self._change(
            lambda sent: sent.ever_acked and sent.topic_id != topic_id, lambda sent: replace(sent, published=False)
        )
        self.tables.meta = {key: known for key, known in self.tables.meta.items() if known.topic_id == topic_id}

    def known_events(self, ids: Collection[str]) -> Mapping[str, bool]:
        return {str(key): sent.published for key, sent in self.tables.outbox.items() if str(key) in ids}

    def verified(self, partition: int) -> Verified | None:
        return self.tables.meta.get(partition)

    def set_verified(self, partition: int, verified: Verified) -> None:
        self.tables.meta[partition] = verified

    def set_amiss(self, sentence: str) -> None:
        self.tables.amiss = sentence

    # The copy.

    def heads(self, ids: Sequence[UUID], half: Half) -> Mapping[UUID, Head]:
        found = {}
        for request_id in ids:
            kept = self.tables.copy.get(request_id)
            if kept is None:
                continue
            row = kept.row
            register = row.request if half == "request" else row.decision
            content_hash = kept.request_hash if half == "request" else row.decision_hash
            outcome = row.decision.outcome if row.decision else Outcome.NONE
            found[request_id] = Head(register.version if register else None, content_hash, outcome.value)
        return found

    def replace(self, newest: Sequence[Heard], half: Half, now: datetime) -> None:
        del now
        for one in newest:
            register = one.event.register
            kept = self.tables.copy.get(register.id, Kept(Row(register.id, None, None)))
            row = kept.row
            if isinstance(register, RequestRegister):
                fresh = row.request is None or row.request.revision != register.revision
                at = one.heard_at if fresh else row.revision_received_at
                kept = Kept(replace(row, request=register, revision_received_at=at), one.content_hash)
            else:
                kept = replace(kept, row=replace(row, decision=register, decision_hash=one.content_hash))
            self.tables.copy[register.id] = kept
        assert half in ("request", "decision")

    def lock_requests(self, ids: Collection[UUID], now: datetime) -> None:
        del now
        for request_id in ids:
            kept = self.tables.copy.get(request_id)
            if kept is not None:
                self.tables.copy[request_id] = replace(kept, row=replace(kept.row, locked=True))

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        rows = [self.tables.copy[request_id].row for request_id in sorted(ids) if request_id in self.tables.copy]
        return [row for row in rows if not row.locked and status(row.request, row.decision) is Status.WITHDRAWING]

    # The inbox.

    def record(self, messages: Sequence[Incoming]) -> None:
        for one in messages:
            self.tables.inbox.setdefault((one.source, one.event_id), one)

    def heard_values(self, request_id: UUID) -> Iterator[bytes]:
        for one in reversed(self.tables.inbox.values()):
            if one.request_id == request_id and one.became in ("applied", "stale") and one.record.value is not None:
                yield one.record.value

    def positions(self) -> Mapping[Place, Position]:
        return dict(self.tables.positions)

    def move(self, place: Place, known: Position | None, to: Position) -> bool:
        if self.tables.positions.get(place) != known:
            return False
        self.tables.positions[place] = to
        return True
