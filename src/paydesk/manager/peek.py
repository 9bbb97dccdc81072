"""Beside the list: what helps to decide the request under the cursor, without opening it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from paydesk.domain.copy import RequestCopy, StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.filters import AgeIs, Filter, FromIn, Op, Term
from paydesk.domain.names import shown_name
from paydesk.domain.status import Status
from paydesk.domain.text import clean
from paydesk.infra.core.query import PageQuery
from paydesk.manager.port import ManagerDesk
from paydesk.tui.request_text import indented, rejected_before, warnings
from paydesk.tui.wording import age_text, status_text

DAYS = 90
LEAST_CELLS = 100
"""A narrower desk has no room beside its list: the detail is opened in its place."""
WIDE_CELLS = 140
"""From here on it stands there by itself."""
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
    changes = next((found for step, found in reversed(detail.changes()) if step.kind == "revised"), [])
    asking = Asking.of(detail.copy)
    alike = desk.alike([asking]).get(copy.id, ()) if asking is not None else ()
    recent = Filter((Term(FromIn((copy.contractor,))), Term(AgeIs(Op.LESS, DAYS, "d"))))
    return Peeked(detail.copy, changes, detail.changed_since_rejection(), alike, desk.totals(PageQuery(recent)))


class Peek(VerticalScroll, can_focus=False):
    """The pane beside the list."""

    def __init__(self) -> None:
        super().__init__(id="peek")
        self._peeked: Peeked | None = None

    def compose(self) -> Iterator[Static]:
        """Lay out one text."""
        yield Static(id="peek-text", markup=False)

    def show(self, copy: RequestCopy | None, peeked: Peeked | None, now: datetime) -> None:
        """Show a request, and what was read of it as soon as it was."""
        text = self.query_one("#peek-text", Static)
        width = text.content_size.width or 36
        known = peeked if peeked is not None and copy is not None and peeked.copy.id == copy.id else None
        text.update(Content("\n").join(_lines(copy, known, now, width)) if copy is not None else "")


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
