"""What anti-entropy compares, of the storage port in memory."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from paydesk.infra.core.digest import Line
from paydesk.infra.core.records import Half, Outgoing
from tests.simulation.requests import MemoryRequests
from tests.simulation.tables import Tables


@dataclass(slots=True)
class MemoryDigests:
    """Meets ``paydesk.infra.core.transaction.Digests``."""

    tables: Tables
    now: Callable[[], datetime]

    def released(self) -> list[tuple[Line, UUID]]:
        newest: dict[UUID, Outgoing] = {}
        for sent in self.tables.outbox.values():
            event = sent.event
            if sent.published and not sent.beaten:
                known = newest.get(event.request_id)
                if known is None or known.version < event.version:
                    newest[event.request_id] = event
        return [(Line(e.request_id, e.version, e.content_hash), e.id) for e in newest.values()]

    def held(self, half: Half) -> list[Line]:
        heads = MemoryRequests(self.tables).heads(self.tables.copy, half)
        return [Line(key, head.version, head.content_hash or "") for key, head in heads.items() if head.version]

    def refused(self) -> list[tuple[UUID, str]]:
        return [
            (message.request_id, hashlib.sha256(message.record.value or b"").hexdigest())
            for message in self.tables.inbox.values()
            if message.became in ("quarantined", "parked") and message.request_id is not None
        ]

    def known_hashes(self, hashes: Collection[str]) -> set[str]:
        return {sent.event.content_hash for sent in self.tables.outbox.values()} & set(hashes)

    def note_unknown(self, lines: Sequence[Line]) -> None:
        for line in lines:
            wait_s = min(self.tables.unknown[line.id][2] * 2, 3600) if line.id in self.tables.unknown else 60
            self.tables.own("unknown")[line.id] = line, self.now() + timedelta(seconds=wait_s), wait_s

    def resting(self, lines: Sequence[Line]) -> list[Line]:
        now, nothing = self.now(), (None, None, 0)
        known = [(line, self.tables.unknown.get(line.id, nothing)) for line in lines]
        return [line for line, (held, until, _) in known if held == line and until is not None and until > now]

    def forget_unknown(self, ids: Collection[UUID]) -> None:
        for request_id in ids:
            self.tables.own("unknown").pop(request_id, None)
