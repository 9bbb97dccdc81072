"""The outbox of the storage port in memory: own events, what is held of them, and what is known of their topic."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from paydesk.domain.events import REQUEST_TYPES
from paydesk.domain.text import same_person
from paydesk.infra.core.records import Ack, Brought, Claim, Known, Outgoing, OwnRow, Verified
from tests.simulation.tables import Sent, Tables

_text = lru_cache(maxsize=4096)(str)
"""An id as text: each check of a topic compares the ids of all there is."""


def _released(event: Outgoing) -> Outgoing:
    return event if event.hold_until is None else replace(event, hold_until=None)


@dataclass(slots=True)
class MemoryOutbox:
    """Meets ``paydesk.infra.core.transaction.Outbox``."""

    tables: Tables
    now: Callable[[], datetime]

    def add(self, event: Outgoing) -> None:
        self.tables.insert(Sent(event, self.tables.counted + 1))

    def unsent(self, most: int, without: Collection[UUID] = ()) -> list[Outgoing]:
        waiting = [sent for sent in self.tables.outbox.values() if not sent.published and not sent.beaten]
        if not waiting:
            return []
        held = {(s.event.request_id, s.event.version) for s in waiting if s.event.hold_until is not None}
        free = [
            sent
            for sent in waiting
            if self._has_number(sent.event)
            and sent.event.request_id not in without
            and not any(sent.event.request_id == request and sent.event.version >= version for request, version in held)
        ]
        return [sent.event for sent in sorted(free, key=lambda sent: sent.position)][:most]

    def _has_number(self, event: Outgoing) -> bool:
        kept = self.tables.copy.get(event.request_id)
        return event.type not in REQUEST_TYPES or kept is None or bool(kept.row.request and kept.row.request.number)

    def mark_sent(self, topic_id: str, acks: Sequence[Ack]) -> None:
        for ack in acks:
            sent = self.tables.outbox.get(ack.id)
            if sent is not None:
                event = _released(sent.event)
                self.tables.own("outbox")[ack.id] = replace(
                    sent, event=event, published=True, ever_acked=True, ack=ack, topic_id=topic_id
                )

    def send_again(self, events: Iterable[UUID]) -> int:
        now, count = self.now(), 0
        for event_id in events:
            sent = self.tables.outbox[event_id]
            if sent.beaten or (sent.again_at is not None and sent.again_at > now):
                continue
            fresh = sent.again_at is None or sent.again_at < now - timedelta(days=1)
            wait_s = 30 if fresh else min(sent.again_s * 2, 3600)
            again_at = now + timedelta(seconds=wait_s)
            self.tables.own("outbox")[event_id] = replace(sent, published=False, again_at=again_at, again_s=wait_s)
            count += 1
        return count

    def renew(self, event_id: UUID, fresh: UUID, value: bytes, content_hash: str) -> None:
        outbox = self.tables.own("outbox")
        sent = outbox.pop(event_id)
        assert not sent.ever_acked
        headers = [(name, str(fresh) if name == "ce_id" else text) for name, text in sent.event.headers]
        event = replace(sent.event, id=fresh, value=value, content_hash=content_hash, headers=headers)
        outbox[fresh] = replace(sent, event=event)

    def standing(self, ids: Collection[UUID]) -> list[OwnRow]:
        return [
            OwnRow(e.id, e.request_id, e.version, e.type, e.content_hash, e.value, sent.ever_acked, e.said_at)
            for sent in self.tables.outbox.values()
            if (e := sent.event).request_id in ids and not sent.beaten
        ]

    def known(self, ids: Collection[str]) -> Mapping[str, Known]:
        return {
            text: Known(
                sent.event.key,
                sent.event.headers,
                sent.event.content_hash,
                sent.published,
                sent.ack.offset if sent.ack else None,
            )
            for key, sent in self.tables.outbox.items()
            if (text := _text(key)) in ids
        }


@dataclass(slots=True)
class MemoryHolds:
    """Meets ``paydesk.infra.core.transaction.Holds``."""

    tables: Tables
    now: Callable[[], datetime]

    def release(self, ids: Collection[UUID] | None, actor: str | None = None) -> int:
        def meant(sent: Sent) -> bool:
            return not sent.overdue if ids is None else sent.event.request_id in ids

        return len(self._release(lambda sent: meant(sent) and (actor is None or same_person(actor, sent.event.actor))))

    def release_due(self) -> set[UUID]:
        if not self.ran_out():
            return set()
        now = self.now()
        due = self._release(lambda sent: sent.event.hold_until is not None and sent.event.hold_until <= now)
        return {sent.event.request_id for sent in due}

    def _release(self, wanted: Callable[[Sent], bool]) -> list[Sent]:
        return self.tables.change(
            lambda sent: sent.event.hold_until is not None and wanted(sent),
            lambda sent: replace(sent, event=_released(sent.event)),
        )

    def take_back(self, request_id: UUID, version: int) -> bool:
        for sent in self.tables.outbox.values():
            event = sent.event
            if event.request_id == request_id and event.version == version and event.hold_until is not None:
                before, kept = event.previous, self.tables.copy[request_id]
                assert before is not None
                del self.tables.own("outbox")[event.id]
                row = replace(kept.row, decision=before.decision, decision_hash=before.decision_hash)
                self.tables.own("copy")[request_id] = replace(kept, row=row)
                return True
        return False

    def ran_out(self) -> bool:
        now = self.now()
        held = [sent.event.hold_until for sent in self.tables.outbox.values() if sent.event.hold_until is not None]
        return any(until <= now for until in held)

    def keep_overdue(self) -> set[UUID]:
        now, later = self.now(), self.now() + timedelta(days=36500)
        return {
            sent.event.request_id
            for sent in self.tables.change(
                lambda sent: sent.event.hold_until is not None and sent.event.hold_until <= now,
                lambda sent: replace(sent, overdue=True, event=replace(sent.event, hold_until=later)),
            )
        }


@dataclass(slots=True)
class MemoryTopicState:
    """Meets ``paydesk.infra.core.transaction.TopicState``."""

    tables: Tables

    def verified(self, partition: int) -> Verified | None:
        return self.tables.meta.get(partition)

    def set_verified(self, partition: int, verified: Verified) -> None:
        self.tables.own("meta")[partition] = verified

    def note_unexplained(self, sentence: str) -> None:
        self.tables.warning = sentence

    def forget_others(self, topic_id: str) -> None:
        self.tables.change(
            lambda sent: sent.ever_acked and sent.topic_id != topic_id and not sent.beaten,
            lambda sent: replace(sent, published=False),
        )
        self.tables.meta = {key: known for key, known in self.tables.meta.items() if known.topic_id == topic_id}

    def unsend_missing(self, topic_id: str, partition: int, after: int, present: Collection[str]) -> int:
        def gone(sent: Sent) -> bool:
            stands = sent.published and sent.topic_id == topic_id and not sent.beaten and sent.ack is not None
            return stands and sent.ack.offset > after and str(sent.event.id) not in present  # type: ignore[union-attr]

        assert partition == 0
        return len(self.tables.change(gone, lambda sent: replace(sent, published=False)))


@dataclass(slots=True)
class MemoryReimport:
    """Meets ``paydesk.infra.core.transaction.Reimport``."""

    tables: Tables

    def supersede(self, ids: Collection[UUID]) -> None:
        for event_id in ids:
            sent = self.tables.outbox[event_id]
            if sent.event.command_id:
                self.tables.own("commands").pop(UUID(sent.event.command_id), None)
            self.tables.own("outbox")[event_id] = replace(sent, beaten=True, event=_released(sent.event))

    def bring_back(self, topic_id: str, brought: Sequence[Brought]) -> None:
        for entry in brought:
            event, ack = entry.event, entry.ack
            if ack is None:
                self.tables.insert(Sent(event, self.tables.counted + 1))
                continue
            self.tables.insert(Sent(event, 0, True, True, ack, topic_id, not entry.stands))
            if entry.stands and event.command_id:
                done = Claim(entry.command_hash, event.request_id, True)
                self.tables.own("commands").setdefault(UUID(event.command_id), done)

    def note(self, topic_id: str, count: int, last_said_at: datetime) -> None:
        del topic_id, count, last_said_at
        self.tables.imported = True
