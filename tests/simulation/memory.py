"""The storage port in memory, for the simulation: transactions that are whole or nothing, without a database."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self
from uuid import UUID

from paydesk.domain.decision import DecisionRegister, Outcome
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.payment_request import RequestRegister, counter_after
from paydesk.domain.status import Status, status
from paydesk.infra.core.digest import Line
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.records import UNSAID, Claim, Half, Head, Heard, Incoming, Place, Position, Refused, Row
from paydesk.infra.core.role import Role
from paydesk.infra.recovery.redrive import OPEN
from tests.simulation.outbox import MemoryOutbox
from tests.simulation.tables import Kept, Tables


class MemoryStorage:
    """Meets ``paydesk.infra.core.storage.Storage``; one per role, shared by its processes as a database is."""

    def __init__(self, role: Role, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self.role = role
        self.tables = Tables()
        self.where = "the database"
        """Which database this is; a schema that was made in another is a copy."""
        self.down = False
        self.holder: Callable[[], str] = lambda: ""
        self.cut: Callable[[], bool] = lambda: False
        """Whether the connection of the process at work was ended, asked once."""
        self.now = now
        self.new_id = new_id

    def transaction(self, key: str = "") -> "MemoryTransaction":
        """Open one transaction; nothing of it is seen before its end."""
        del key
        if self.down or self.cut():
            raise ServerDown("PostgreSQL does not answer.")
        return MemoryTransaction(self)


class MemoryTransaction(MemoryOutbox):
    """Meets ``paydesk.infra.core.ports.Transaction``; a context manager of its own, as hundreds are opened in a run."""

    def __init__(self, storage: MemoryStorage) -> None:
        super().__init__(storage.tables.snapshot(), storage.now)
        self._storage = storage
        self.where = storage.where
        self.holder = storage.holder
        self.new_id = storage.new_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._storage.tables = self.tables

    # Commands.

    def claim(self, key: UUID, content_hash: str, request_id: UUID) -> Claim | None:
        known = self.known(key)
        if known is None:
            self.tables.commands[key] = Claim(content_hash, request_id, False)
        return known

    def known(self, key: UUID) -> Claim | None:
        found = self.tables.commands.get(key)
        if found is None:
            return None
        of_it = (str(key), found.request_id)
        said = (sent.event for sent in self.tables.outbox.values())
        return replace(found, actor=next((e.actor for e in said if (e.command_id, e.request_id) == of_it), None))

    def copied(self) -> bool:
        return self.tables.made_in != self.where

    def note_changed(self, key: UUID) -> None:
        self.tables.commands[key] = replace(self.tables.commands[key], changed=True)

    def next_number(self) -> str | None:
        if not self.checked():
            return None
        self.tables.numbers += 1
        while self.holders([f"PR-{self.tables.numbers}"]):
            self.tables.numbers += 1
        return f"PR-{self.tables.numbers}"

    def checked(self) -> bool:
        return bool(self.tables.checked_by) and self.tables.checked_by == self.holder()

    def note_checked(self, holder: str) -> None:
        self.tables.checked_by = holder

    def note_import(self, topic_id: str, count: int, last_said_at: datetime) -> None:
        del topic_id, count, last_said_at
        self.tables.imported = True

    def numberless(self) -> list[Row]:
        rows = [kept.row for kept in self.tables.copy.values() if kept.row.request and not kept.row.request.number]
        return sorted(rows, key=lambda row: row.id)

    def renew(self, event_id: UUID, fresh: UUID, value: bytes, content_hash: str) -> None:
        sent = self.tables.outbox.pop(event_id)
        assert not sent.ever_acked
        headers = [(name, str(fresh) if name == "ce_id" else told) for name, told in sent.event.headers]
        event = replace(sent.event, id=fresh, value=value, content_hash=content_hash, headers=headers)
        self.tables.outbox[fresh] = replace(sent, event=event)

    def holders(self, numbers: Collection[str]) -> Mapping[UUID, str]:
        asked = (kept.row.request for kept in self.tables.copy.values())
        return {each.id: each.number for each in asked if each is not None and each.number in numbers}

    def raise_numbers(self, numbers: Collection[str]) -> None:
        self.tables.numbers = counter_after(self.tables.numbers, numbers)

    def row(self, request_id: UUID) -> Row:
        kept = self.tables.copy.get(request_id)
        if kept is None:
            raise UnknownRequest("There is no such request here.")
        return replace(kept.row, locked=kept.row.locked or kept.peer_locked)

    def write_request(self, register: RequestRegister, content_hash: str, now: datetime) -> None:
        kept = self.tables.copy.get(register.id, Kept(Row(register.id, None, None)))
        row = replace(kept.row, request=register, revision_received_at=now)
        self.tables.copy[register.id] = replace(kept, row=row, request_hash=content_hash)

    def write_decision(self, register: DecisionRegister, content_hash: str, now: datetime) -> None:
        del now
        kept = self.tables.copy.get(register.id, Kept(Row(register.id, None, None)))
        self.tables.copy[register.id] = replace(
            kept, row=replace(kept.row, decision=register, decision_hash=content_hash)
        )

    def write_all(self, said: Sequence[tuple[RequestRegister | DecisionRegister, str]], now: datetime) -> None:
        for register, content_hash in said:
            if isinstance(register, RequestRegister):
                self.write_request(register, content_hash, now)
            else:
                self.write_decision(register, content_hash, now)

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
                row = replace(row, request=register, revision_received_at=at)
                kept = replace(kept, row=row, request_hash=one.content_hash)
            else:
                kept = replace(kept, row=replace(row, decision=register, decision_hash=one.content_hash))
            self.tables.copy[register.id] = kept
        assert half in ("request", "decision")

    def lock_requests(self, reasons: Mapping[UUID, str], now: datetime) -> None:
        del now
        for request_id in reasons:
            kept = self.tables.copy.get(request_id) or Kept(Row(request_id, None, None))
            self.tables.copy[request_id] = replace(kept, row=replace(kept.row, locked=True))

    def note_settled(self, key: UUID, request_id: UUID, note: str, actor: str) -> None:
        """Nothing: what persons agree on is no part of what is simulated."""

    def owing_withdrawal(self, ids: Collection[UUID]) -> list[Row]:
        rows = [self.tables.copy[request_id].row for request_id in sorted(ids) if request_id in self.tables.copy]
        return [row for row in rows if not row.locked and status(row.request, row.decision) is Status.WITHDRAWING]

    # The inbox.

    def record(self, messages: Sequence[Incoming]) -> None:
        for one in messages:
            key = one.source, one.event_id
            if key not in self.tables.inbox and one.became in OPEN:
                self.tables.refused[len(self.tables.refused) + 1] = key
            self.tables.inbox.setdefault(key, one)

    def refused_messages(self, numbers: Collection[int]) -> list[Refused]:
        return [self._refused(number) for number in sorted(numbers) if number in self.tables.refused]

    def parked(self, after: int, most: int) -> list[Refused]:
        waiting = [self._refused(number) for number in self.tables.refused if number > after]
        return [one for one in waiting if one.became == "parked" and not one.discarded][:most]

    def unsaid(self, after: int, most: int) -> list[Refused]:
        waiting = [self._refused(number) for number in self.tables.refused if number > after]
        open_ = [one for one in waiting if one.became in OPEN and not one.discarded]
        return [one for one in open_ if one.reason.startswith(UNSAID)][:most]

    def _refused(self, number: int) -> Refused:
        one = self.tables.inbox[self.tables.refused[number]]
        gone = number in self.tables.discarded
        return Refused(number, one.record, one.topic_id, one.became, one.reason, one.request_id, gone)

    def retake(self, number: int, taken: Incoming, actor: str) -> None:
        del actor
        key, fresh = self.tables.refused[number], (taken.source, taken.event_id)
        kept = self.tables.inbox[key]
        row = replace(taken, record=kept.record, topic_id=kept.topic_id, heard_at=kept.heard_at)
        if fresh != key and fresh in self.tables.inbox:
            fresh, row = key, replace(row, source=key[0], event_id=key[1])
        rows = self.tables.inbox.items()
        self.tables.inbox = {fresh if each == key else each: row if each == key else one for each, one in rows}
        self.tables.refused[number] = fresh

    def discard(self, number: int, why: str, actor: str) -> None:
        del why, actor
        self.tables.discarded.add(number)

    def heard_values(self, request_id: UUID) -> Iterator[bytes]:
        for one in reversed(self.tables.inbox.values()):
            if one.request_id == request_id and one.became in ("applied", "stale") and one.record.value is not None:
                yield one.record.value

    def held_lines(self, half: Half) -> list[Line]:
        heads = self.heads(list(self.tables.copy), half)
        return [Line(key, head.version, head.content_hash or "") for key, head in heads.items() if head.version]

    def positions(self) -> Mapping[Place, Position]:
        return dict(self.tables.positions)

    def move(self, place: Place, known: Position | None, to: Position) -> bool:
        if self.tables.positions.get(place) != known:
            return False
        self.tables.positions[place] = to
        return True
