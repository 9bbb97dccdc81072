"""The outbox of the storage port in memory, and what anti-entropy reads of a side."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from paydesk.domain.events import REQUEST_TYPES, Requested
from paydesk.domain.text import same_person
from paydesk.infra.core.digest import Line
from paydesk.infra.core.messages import RequestMessage
from paydesk.infra.core.records import Ack, Brought, Claim, Known, Locks, Outgoing, OwnRow, Verified
from tests.simulation.tables import Sent, Tables


@lru_cache(maxsize=4096)
def _request(value: bytes) -> RequestMessage:
    """Return what a value says; both sides and the checker ask for the same ones again and again."""
    return RequestMessage.model_validate_json(value)


class MemoryOutbox:
    """Part of ``paydesk.infra.core.ports.Transaction``."""

    def __init__(self, tables: Tables, now: Callable[[], datetime]) -> None:
        self.tables = tables
        self.now = now

    def add(self, event: Outgoing) -> None:
        self._insert(Sent(event, self.tables.counted + 1))

    def _insert(self, fresh: Sent) -> None:
        event = fresh.event
        twin = any(
            (sent.event.request_id, sent.event.version) == (event.request_id, event.version) and not sent.beaten
            for sent in self.tables.outbox.values()
        )
        assert not twin or fresh.beaten, "two events of one version"
        assert event.id not in self.tables.outbox
        self.tables.counted += 1
        self.tables.outbox[event.id] = fresh

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
        def meant(sent: Sent) -> bool:
            return not sent.overdue if ids is None else sent.event.request_id in ids

        return len(self._release(lambda sent: meant(sent) and (actor is None or same_person(actor, sent.event.actor))))

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

    def unsent(self, most: int, without: Collection[UUID] = ()) -> list[Outgoing]:
        waiting = [sent for sent in self.tables.outbox.values() if not sent.published and not sent.beaten]
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
                event = replace(sent.event, hold_until=None)
                self.tables.outbox[ack.id] = replace(
                    sent, event=event, published=True, ever_acked=True, ack=ack, topic_id=topic_id
                )

    def forget_other_topics(self, topic_id: str) -> None:
        self._change(
            lambda sent: sent.ever_acked and sent.topic_id != topic_id and not sent.beaten,
            lambda sent: replace(sent, published=False),
        )
        self.tables.meta = {key: known for key, known in self.tables.meta.items() if known.topic_id == topic_id}

    def known_events(self, ids: Collection[str]) -> Mapping[str, Known]:
        return {
            text: Known(
                sent.event.key,
                sent.event.headers,
                sent.event.content_hash,
                sent.published,
                sent.ack.offset if sent.ack else None,
            )
            for key, sent in self.tables.outbox.items()
            if (text := str(key)) in ids
        }

    def unsend_missing(self, topic_id: str, partition: int, after: int, found: Collection[str]) -> int:
        def gone(sent: Sent) -> bool:
            here = sent.published and sent.topic_id == topic_id and not sent.beaten and sent.ack is not None
            return here and sent.ack.offset > after and str(sent.event.id) not in found  # type: ignore[union-attr]

        assert partition == 0
        return len(self._change(gone, lambda sent: replace(sent, published=False)))

    def own_rows(self, ids: Collection[UUID]) -> list[OwnRow]:
        return [
            OwnRow(e.id, e.request_id, e.version, e.type, e.content_hash, e.value, sent.ever_acked, e.said_at)
            for sent in self.tables.outbox.values()
            if (e := sent.event).request_id in ids and not sent.beaten
        ]

    def beat(self, ids: Collection[UUID]) -> None:
        for event_id in ids:
            sent = self.tables.outbox[event_id]
            if sent.event.command_id:
                self.tables.commands.pop(UUID(sent.event.command_id), None)
            self.tables.outbox[event_id] = replace(sent, beaten=True, event=replace(sent.event, hold_until=None))

    def bring_back(self, topic_id: str, brought: Sequence[Brought]) -> None:
        for each in brought:
            event, ack = each.event, each.ack
            if ack is None:
                self.add(event)
                continue
            self._insert(Sent(event, 0, True, True, ack, topic_id, not each.stands))
            if each.stands and event.command_id:
                done = Claim(each.command_hash, event.request_id, True)
                self.tables.commands.setdefault(UUID(event.command_id), done)

    def holds_ran_out(self) -> bool:
        now = self.now()
        return any(s.event.hold_until is not None and s.event.hold_until <= now for s in self.tables.outbox.values())

    def keep_overdue(self) -> set[UUID]:
        now, later = self.now(), self.now() + timedelta(days=36500)
        return {
            sent.event.request_id
            for sent in self._change(
                lambda sent: sent.event.hold_until is not None and sent.event.hold_until <= now,
                lambda sent: replace(sent, overdue=True, event=replace(sent.event, hold_until=later)),
            )
        }

    def verified(self, partition: int) -> Verified | None:
        return self.tables.meta.get(partition)

    def set_verified(self, partition: int, verified: Verified) -> None:
        self.tables.meta[partition] = verified

    def set_amiss(self, sentence: str) -> None:
        self.tables.amiss = sentence

    def released(self) -> list[tuple[Line, UUID]]:
        newest: dict[UUID, Outgoing] = {}
        for sent in self.tables.outbox.values():
            event = sent.event
            if sent.published and not sent.beaten:
                known = newest.get(event.request_id)
                if known is None or known.version < event.version:
                    newest[event.request_id] = event
        return [(Line(e.request_id, e.version, e.content_hash), e.id) for e in newest.values()]

    def refused(self) -> list[tuple[UUID, str]]:
        return [
            (one.request_id, hashlib.sha256(one.record.value or b"").hexdigest())
            for one in self.tables.inbox.values()
            if one.became in ("quarantined", "parked") and one.request_id is not None
        ]

    def said_hashes(self, hashes: Collection[str]) -> set[str]:
        return {sent.event.content_hash for sent in self.tables.outbox.values()} & set(hashes)

    def locked_ids(self) -> list[UUID]:
        return sorted(key for key, kept in self.tables.copy.items() if kept.row.locked)

    def mirror_locks(self, locks: Locks, now: datetime) -> set[UUID]:
        del now
        changed = set()
        for request_id, kept in self.tables.copy.items():
            fresh = request_id in locks.ids or (kept.peer_locked and not locks.whole)
            if fresh != kept.peer_locked:
                self.tables.copy[request_id] = replace(kept, peer_locked=fresh)
                changed.add(request_id)
        return changed

    def send_again(self, events: Iterable[UUID]) -> int:
        now, count = self.now(), 0
        for event_id in events:
            sent = self.tables.outbox[event_id]
            if sent.beaten or (sent.again_at is not None and sent.again_at > now):
                continue
            fresh = sent.again_at is None or sent.again_at < now - timedelta(days=1)
            wait_s = 30 if fresh else min(sent.again_s * 2, 3600)
            again_at = now + timedelta(seconds=wait_s)
            self.tables.outbox[event_id] = replace(sent, published=False, again_at=again_at, again_s=wait_s)
            count += 1
        return count

    def resting(self, lines: Sequence[Line]) -> list[Line]:
        now, nothing = self.now(), (None, None, 0)
        known = [(line, self.tables.unknown.get(line.id, nothing)) for line in lines]
        return [line for line, (held, until, _) in known if held == line and until is not None and until > now]

    def note_unknown(self, lines: Sequence[Line]) -> None:
        for line in lines:
            wait_s = min(self.tables.unknown[line.id][2] * 2, 3600) if line.id in self.tables.unknown else 60
            self.tables.unknown[line.id] = line, self.now() + timedelta(seconds=wait_s), wait_s

    def forget_unknown(self, ids: Collection[UUID]) -> None:
        for request_id in ids:
            self.tables.unknown.pop(request_id, None)

    def requested(self, ids: Sequence[UUID]) -> Mapping[UUID, Requested]:
        heard = [
            (one.request_id, one.type, one.record.value)
            for one in self.tables.inbox.values()
            if one.became in ("applied", "stale")
        ]
        said = [(sent.event.request_id, sent.event.type, sent.event.value) for sent in self.tables.outbox.values()]
        found: dict[UUID, list[RequestMessage]] = {}
        for request_id, kind, value in [*heard, *said]:
            if request_id in ids and kind in REQUEST_TYPES:
                found.setdefault(request_id, []).append(_request(value or b""))
        return {
            request_id: Requested(
                frozenset(each.contractor for each in told),
                frozenset((each.revision, each.terms_hash) for each in told),
                any(each.withdrawal_asked for each in told),
            )
            for request_id, told in found.items()
        }

    def was_lost(self) -> bool:
        return self.tables.imported
