"""What a list comes to, in few lines: per status the count and the sums, and how long what waits has waited."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import zip_longest

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from paydesk.domain.ageing import AGES, Ageing
from paydesk.domain.copy import StatusTotal
from paydesk.domain.status import TAKEN_BACK, Status
from paydesk.domain.text import counted
from paydesk.tui.text.wording import age_text, status_text
from paydesk.tui.widgets.lines import put

_GAP = "   "
RARE = tuple(status for status in Status if status in TAKEN_BACK)
"""Statuses that few requests ever have."""
USUAL = tuple(status for status in Status if status not in TAKEN_BACK)


def ageing_of(totals: Sequence[StatusTotal]) -> Ageing:
    """Return the ages of all that waits."""
    return sum((total.ageing for total in totals), Ageing())


def flowed(parts: Sequence[Content], width: int) -> Content:
    """Return parts one after the other, on as few lines as hold them; none is ever cut in two."""
    lines: list[Content] = []
    for part in parts:
        if lines and lines[-1].cell_length + len(_GAP) + part.cell_length <= width:
            lines[-1] = Content.assemble(lines[-1], _GAP, part)
        else:
            lines.append(part)
    return Content("\n").join(lines)


def ageing_parts(ageing: Ageing, now: datetime) -> Iterator[Content]:
    """Yield the count of every age, then the oldest."""
    for age, count in zip(AGES, ageing.counts, strict=True):
        yield Content.assemble((f"{age}: ", "$secondary"), f"{count:,}")
    yield Content.assemble(("oldest ", "$secondary"), (age_text(ageing.oldest, now), "$accent"))


def status_lines(totals: Sequence[StatusTotal], width: int) -> Content:
    """Return a line a status, their counts and sums one below the other."""
    digits = max((len(f"{total.count:,}") for total in totals), default=0)
    columns = zip_longest(*(map(str, total.sums) for total in totals), fillvalue="")
    widths = [max(map(len, column)) for column in columns]
    return Content("\n").join(status_line(total, digits, widths, width) for total in totals)


def status_line(total: StatusTotal, digits: int, widths: Sequence[int], width: int) -> Content:
    """Return a status, its count, and as many of its sums as fit, with how many more currencies there are.

    Args:
        total: The status with its count and sums.
        digits: The digits of the largest count, to which this one is aligned.
        widths: The cells of each column of sums.
        width: The most cells of the line.
    """
    head = Content.assemble((f"{status_text(total.status):<13} ", "$secondary"), f"{total.count:>{digits},}")
    for shown in range(len(total.sums), -1, -1):
        more = len(total.sums) - shown
        sums = [Content(str(money).rjust(cells)) for money, cells in zip(total.sums[:shown], widths, strict=False)]
        others = f"and {counted(more, 'more currency', 'more currencies')}" if shown else f"in {_currencies(more)}"
        rest = [Content.styled(others, "$secondary")] if more else []
        line = Content(_GAP).join([head, *sums, *rest])
        if line.cell_length <= width:
            return line
    return head


def _currencies(count: int) -> str:
    return counted(count, "currency", "currencies")


class Summary(Vertical):
    """The statuses it is told of that have any requests, a line each, and the ages of what waits; else nothing."""

    def __init__(self, statuses: Sequence[Status], classes: str = "") -> None:
        super().__init__(id="summary", classes=classes)
        self._statuses = statuses
        self._totals: Sequence[StatusTotal] = ()
        self._now: datetime | None = None
        self._width = 0
        self._most = 0
        """So many lines it had: it keeps them, as the list below may not jump under the hand."""

    def compose(self) -> ComposeResult:
        """Lay out the sums and the ages."""
        yield Static(id="summary-sums", markup=False)
        yield Static(id="summary-ages", markup=False)

    def show(self, totals: Sequence[StatusTotal], now: datetime) -> None:
        """Show totals."""
        self._totals, self._now = totals, now
        self._paint()

    def forget(self) -> None:
        """Make room anew: another list is shown."""
        self._most = 0

    def on_resize(self) -> None:
        """Fit them to the width; of another one it may take fewer lines."""
        if self.size.width != self._width:
            self._width = self.size.width
            self.forget()
        self._paint()

    def _paint(self) -> None:
        width = max(20, self.content_size.width or self.app.size.width - 2)
        mine = [total for total in self._totals if total.status in self._statuses]
        sums, ages = self.query_one("#summary-sums", Static), self.query_one("#summary-ages", Static)
        put(sums, status_lines(mine, width))
        ageing = ageing_of(self._totals)
        waits = list(ageing_parts(ageing, self._now)) if self._now and ageing.oldest else []
        ages_text = flowed(waits, width)
        put(ages, ages_text)
        sums.display, ages.display = bool(mine), bool(waits)
        self._most = max(self._most, len(mine) + len(ages_text.plain.splitlines()))
        self.styles.min_height = self._most

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        return self._most
