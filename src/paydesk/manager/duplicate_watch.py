"""Which of the rows look like other requests: read beside them, so that they never wait for it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.payment_request import Terms
from paydesk.domain.status import DECIDABLE
from paydesk.manager.port import ManagerDesk

REST_S = 5.0
"""New rows are looked at at once; that others went, and may no longer be what a row looks like, so much later."""


@dataclass
class DuplicatesRead(Message):
    """It is known which rows look like others; None where it could not be read."""

    alike: Mapping[UUID, tuple[Alike, ...]] | None


def read_duplicates(desk: ManagerDesk, asked: Sequence[Asking]) -> DuplicatesRead:
    """Read which of these look like other requests; called in a thread."""
    try:
        return DuplicatesRead(desk.alike(asked))
    except Exception:
        return DuplicatesRead(None)  # The rows themselves tell what is the matter with the database.


class DuplicateWatch:
    """A row that looks like another says so before it is decided."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._alike: Mapping[UUID, tuple[Alike, ...]] = {}
        self._looked_at: frozenset[tuple[UUID, Terms]] = frozenset()
        self._rests_until = 0.0

    def alike_to(self, request_id: UUID) -> tuple[Alike, ...]:
        """Return which requests this one looks like, as far as is known."""
        return self._alike.get(request_id, ())

    def doubt(self, copy: RequestCopy) -> str:
        """Return which other request this one looks like, and why; empty where it is none, or cannot be decided."""
        alike = self.alike_to(copy.id) if copy.status in DECIDABLE else ()
        more = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
        return f"{copy.number} looks like {alike[0]}{more}" if alike else ""

    def due(self, rows: Sequence[RequestCopy]) -> Sequence[Asking] | None:
        """Return which of the rows are to be looked at now; None where that is known already, or can wait."""
        asked = [asking for row in rows if row.status in DECIDABLE and (asking := Asking.of(row)) is not None]
        these = frozenset((asking.id, asking.terms) for asking in asked)
        rested = self._clock() > self._rests_until
        if these <= self._looked_at and (these == self._looked_at or not rested):
            return None
        self._looked_at, self._rests_until = these, self._clock() + REST_S
        return asked

    def take(self, read: DuplicatesRead) -> frozenset[UUID]:
        """Note what was read; returns of which requests something else is known now."""
        if read.alike is None:
            self._looked_at = frozenset()
            return frozenset()
        before, self._alike = self._alike, read.alike
        return frozenset(
            request_id
            for request_id in before.keys() | read.alike.keys()
            if before.get(request_id) != read.alike.get(request_id)
        )
