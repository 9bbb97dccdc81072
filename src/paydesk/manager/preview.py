"""Beside the list: what helps to decide the request under the cursor, without opening it, a moment after it moved."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual import on, work
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.filters import AgeIs, Condition, Filter, FromIn, Op
from paydesk.domain.names import shown_name
from paydesk.domain.status import Status
from paydesk.domain.text import clean
from paydesk.infra.core.query import PageQuery
from paydesk.manager.port import ManagerDesk
from paydesk.tui.text.request import indented, rejected_before, warnings
from paydesk.tui.text.wording import age_text, status_text

DAYS = 90
MIN_CELLS = 100
"""A narrower desk has no room beside its list: the detail is opened in its place."""
WIDE_CELLS = 140
"""From here on it stands there by itself."""
REST_S = 0.15
"""So long the cursor rests on a request before it is read: who runs down the list reads nothing."""
RENEWED_S, RENEWED_REST = 1.0, 10
"""What changed behind the pane is read again after so many seconds at least, and so many times as long as it takes."""
AGAIN_S = 5.0
"""So long after a reading that failed it is tried again."""
_SHOWN = (Status.ACCEPTED, Status.REJECTED, Status.PENDING)


@dataclass(frozen=True, slots=True)
class Peeked:
    """What was read for one request."""

    copy: RequestCopy
    changes: Sequence[str]
    """What the newest revision changed."""
    since_rejection: Sequence[str] | None
    """What is otherwise than in the revision that was rejected; None where none was."""
    alike: Sequence[Alike]
    totals: Sequence[StatusTotal]
    """Of this contractor, in the last ``DAYS`` days."""


def read_peek(desk: ManagerDesk, copy: RequestCopy) -> Peeked:
    """Read what is worth knowing of a request; called in a thread."""
    detail = desk.detail(copy.id)
    changes = next((changed for step, changed in reversed(detail.changes()) if step.kind == "revised"), [])
    asking = Asking.of(detail.copy)
    alike = desk.alike([asking]).get(copy.id, ()) if asking is not None else ()
    recent = Filter((Condition(FromIn((copy.contractor,))), Condition(AgeIs(Op.LESS, DAYS, "d"))))
    return Peeked(detail.copy, changes, detail.changed_since_rejection(), alike, desk.totals(PageQuery(recent)))


class Preview(VerticalScroll, can_focus=False):
    """The pane beside the list. ``desk`` returns what to read from, or None while that is not open."""

    @dataclass
    class Read(Message):
        """What there is to know of a request was read, in so many seconds; None where it could not be."""

        peeked: Peeked | None
        took_s: float

    def __init__(self, now: Callable[[], datetime], desk: Callable[[], ManagerDesk | None]) -> None:
        super().__init__(id="peek")
        self._now = now
        self._desk = desk
        self.wanted: bool | None = None
        """As the person said; None: as wide as the terminal is."""
        self.peeked: Peeked | None = None
        """What was read last."""
        self._copy: RequestCopy | None = None
        self._asked_for: RequestCopy | None = None
        self._rests_from = 0.0
        self._is_old = False
        """Whether something changed since it was read: perhaps of this contractor."""
        self._renew_from = 0.0

    def compose(self) -> Iterator[Static]:
        """Lay out one text."""
        yield Static(id="peek-text", markup=False)

    def stands(self, cells: int) -> bool:
        """Return whether it stands beside a list in so many cells of terminal."""
        return cells >= MIN_CELLS and (cells >= WIDE_CELLS if self.wanted is None else self.wanted)

    def restore(self, wanted: object) -> None:
        """Show or hide it as it was left, unless a person said otherwise meanwhile."""
        if self.wanted is None and isinstance(wanted, bool):
            self.wanted = wanted

    def follow(self, copy: RequestCopy | None, cells: int) -> None:
        """Show what is known of a request, and have the rest read when the cursor stays on it."""
        self.display = self.stands(cells)
        if not self.display:
            return
        self._copy = copy
        self.set_class(copy is None, "-empty")
        self._paint()
        renewed = self._is_old and time.monotonic() >= self._renew_from
        if copy != self._asked_for or renewed:
            self._is_old = False
            self._asked_for, self._rests_from = copy, time.monotonic()
            self.set_timer(REST_S, self._read_if_due)

    def grow_old(self) -> None:
        """Read it again in a moment: what changed may be of the contractor that it is about."""
        self._is_old = True

    def read_again(self) -> None:
        """Read it again as soon as it is shown."""
        self._asked_for = None

    def _read_if_due(self) -> None:
        copy, desk = self._asked_for, self._desk()
        if copy is not None and desk is not None and time.monotonic() - self._rests_from >= REST_S * 0.9:
            self._peek(desk, copy)

    @work(thread=True, group="peek", exclusive=True, exit_on_error=False, description="peek")
    def _peek(self, desk: ManagerDesk, copy: RequestCopy) -> None:
        began, peeked = time.monotonic(), None
        try:
            peeked = read_peek(desk, copy)
        except Exception:
            peeked = None  # The rows themselves tell what is the matter with the database.
        self.post_message(self.Read(peeked, time.monotonic() - began))

    @on(Read)
    def _was_read(self, message: Read) -> None:
        message.stop()
        if message.peeked is None:
            self.set_timer(AGAIN_S, self.read_again)
            return
        self._renew_from = time.monotonic() + max(RENEWED_S, RENEWED_REST * message.took_s)
        self.peeked = message.peeked
        self._paint()

    def _paint(self) -> None:
        text, copy, peeked = self.query_one("#peek-text", Static), self._copy, self.peeked
        width = text.content_size.width or 36
        known = peeked if peeked is not None and copy is not None and peeked.copy.id == copy.id else None
        lines = _lines(copy, known, self._now(), width) if copy is not None else ()
        text.update(Content("\n").join(lines) if copy is not None else "")


def _lines(copy: RequestCopy, peeked: Peeked | None, now: datetime, width: int) -> Iterator[Content]:
    terms = copy.terms
    yield Content.styled(clean(copy.number), "bold")
    yield Content.styled(clean(str(terms.money)) if terms else "(not arrived yet)", "bold $accent")
    since = age_text(copy.request.requested_at if copy.request else None, now)
    yield Content.styled(clean(f"{shown_name(copy.contractor)}, revision {copy.revision}, {since}"), "$secondary")
    if terms is not None:
        yield indented(Content(""), clean(terms.description, 600), width)
    yield from rejected_before(copy, peeked.since_rejection if peeked is not None else None, width)
    if peeked is None:
        yield Content.styled("reading …", "$secondary")
        return
    yield from warnings(peeked.alike)
    if peeked.changes and copy.rejected_before is None:
        yield Content("")
        yield Content.styled("The last revision changed", "$secondary")
        yield from (indented(Content("  "), clean(change, 600), width) for change in peeked.changes)
    yield Content("")
    yield Content.styled(clean(f"{shown_name(copy.contractor)}, last {DAYS} days"), "$secondary")
    totals = {total.status: total for total in peeked.totals}
    for status in _SHOWN:
        total = totals.get(status)
        count, sums = (total.count, total.sums) if total else (0, ())
        yield Content(f"{status_text(status):<11} {count:>5,}")
        yield from (Content.styled(f"  {clean(str(money)):>{max(10, width - 4)}}", "$secondary") for money in sums)
