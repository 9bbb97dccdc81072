"""The inbox of the storage port in memory, and the messages of it that were not applied."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from paydesk.infra.core.records import UNSAID, Incoming, Place, Position, Refused
from paydesk.infra.recovery.redrive import OPEN
from tests.simulation.tables import Tables


@dataclass(slots=True)
class MemoryInbox:
    """Meets ``paydesk.infra.core.transaction.Inbox``."""

    tables: Tables

    def record(self, messages: Sequence[Incoming]) -> None:
        for one in messages:
            key = one.source, one.event_id
            if key not in self.tables.inbox and one.became in OPEN:
                self.tables.own("refused")[len(self.tables.refused) + 1] = key
            self.tables.own("inbox").setdefault(key, one)

    def values(self, request_id: UUID) -> Iterator[bytes]:
        for one in reversed(self.tables.inbox.values()):
            if one.request_id == request_id and one.became in ("applied", "stale") and one.record.value is not None:
                yield one.record.value

    def positions(self) -> Mapping[Place, Position]:
        return dict(self.tables.positions)

    def move(self, place: Place, known: Position | None, to: Position) -> bool:
        if self.tables.positions.get(place) != known:
            return False
        self.tables.own("positions")[place] = to
        return True


@dataclass(slots=True)
class MemoryQuarantine:
    """Meets ``paydesk.infra.core.transaction.Quarantine``."""

    tables: Tables

    def messages(self, numbers: Collection[int]) -> list[Refused]:
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
        self.tables.own("refused")[number] = fresh

    def discard(self, number: int, why: str, actor: str) -> None:
        del why, actor
        self.tables.discarded |= {number}
