"""Which of the rows look like other requests: read beside them, so that they never wait for it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.message import Message

from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.payment_request import Terms
from paydesk.domain.status_facts import DECIDABLE
from paydesk.manager.deciding_marked import DecidingMarked
from paydesk.manager.port import ManagerDesk

REST_S = 5.0
"""New rows are looked at at once; that others went, and may no longer be what a row looks like, so much later."""


@dataclass
class AlikeRead(Message):
    """It is known which rows look like others; None where it could not be read."""

    found: Mapping[UUID, tuple[Alike, ...]] | None


class Likening(DecidingMarked, inherit_bindings=False):
    """A row that looks like another says so before it is decided."""

    BINDINGS: ClassVar[list[BindingType]] = DecidingMarked.BINDINGS

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self._alike: Mapping[UUID, tuple[Alike, ...]] = {}
        self._alike_of: frozenset[tuple[UUID, Terms]] = frozenset()
        self._alike_from = 0.0

    def alike_to(self, request_id: UUID) -> tuple[Alike, ...]:
        """Return which requests this one looks like, as far as is known."""
        return self._alike.get(request_id, ())

    def doubt(self, copy: RequestCopy) -> str:
        """Return which other request this one looks like, and why."""
        alike = self.alike_to(copy.id) if copy.status in DECIDABLE else ()
        more = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
        return f"{copy.number} looks like {alike[0]}{more}" if alike else ""

    def noticed(self, rows: Sequence[RequestCopy]) -> None:
        """Note what the rows that were read mean for the marks, and read what they look like when they are others."""
        self.keep_marks(rows)
        asked = [each for row in rows if row.status in DECIDABLE and (each := Asking.of(row)) is not None]
        of = frozenset((each.id, each.terms) for each in asked)
        rested = time.monotonic() > self._alike_from
        if self.desk is not None and (not of <= self._alike_of or (of != self._alike_of and rested)):
            self._alike_of, self._alike_from = of, time.monotonic() + REST_S
            work = partial(self._read_alike, self.desk, asked)
            self.run_worker(work, thread=True, group="alike", exclusive=True, exit_on_error=False)

    def _read_alike(self, desk: ManagerDesk, asked: Sequence[Asking]) -> None:
        try:
            self.post_message(AlikeRead(desk.alike(asked)))
        except Exception:
            self.post_message(AlikeRead(None))  # The rows themselves tell what is the matter with the database.

    @on(AlikeRead)
    def _alike_read(self, message: AlikeRead) -> None:
        message.stop()
        if message.found is None:
            self._alike_of = frozenset()
            return
        before, self._alike = self._alike, message.found
        changed = {each for each in before.keys() | message.found.keys() if before.get(each) != message.found.get(each)}
        self.table.tick(lambda row: row.id in changed)
