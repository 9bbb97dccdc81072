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
        for message in messages:
            key = message.source, message.event_id
            if key not in self.tables.inbox and message.became in OPEN:
                self.tables.own("refused")[len(self.tables.refused) + 1] = key
            self.tables.own("inbox").setdefault(key, message)

    def values(self, request_id: UUID) -> Iterator[bytes]:
        for message in reversed(self.tables.inbox.values()):
            if (
                message.request_id == request_id
                and message.became in ("applied", "stale")
                and message.record.value is not None
            ):
                yield message.record.value

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
        return [message for message in waiting if message.became == "parked" and not message.discarded][:most]

    def unsaid(self, after: int, most: int) -> list[Refused]:
        waiting = [self._refused(number) for number in self.tables.refused if number > after]
        open_ = [message for message in waiting if message.became in OPEN and not message.discarded]
        return [message for message in open_ if message.reason.startswith(UNSAID)][:most]

    def _refused(self, number: int) -> Refused:
        message = self.tables.inbox[self.tables.refused[number]]
        gone = number in self.tables.discarded
        return Refused(
            number, message.record, message.topic_id, message.became, message.reason, message.request_id, gone
        )

    def retake(self, number: int, taken: Incoming, actor: str) -> None:
        del actor
        key, fresh = self.tables.refused[number], (taken.source, taken.event_id)
        kept = self.tables.inbox[key]
        row = replace(taken, record=kept.record, topic_id=kept.topic_id, heard_at=kept.heard_at)
        if fresh != key and fresh in self.tables.inbox:
            fresh, row = key, replace(row, source=key[0], event_id=key[1])
        rows = self.tables.inbox.items()
        self.tables.inbox = {
            fresh if known == key else known: row if known == key else message for known, message in rows
        }
        self.tables.own("refused")[number] = fresh

    def discard(self, number: int, why: str, actor: str) -> None:
        del why, actor
        self.tables.discarded |= {number}
