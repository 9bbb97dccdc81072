"""What the requests of a view come to: per status a count, and a sum per currency, never added across currencies."""

from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Digits, Static

from paydesk.domain.copy import StatusTotal
from paydesk.domain.money import Money
from paydesk.domain.status import Status
from paydesk.tui.widgets.lines import put

_SHOWN = 3
"""Sums of a status that are listed, a line each; the others are counted."""
_LARGE = 3
"""Lines of the large digits."""
_PLAIN = set("0123456789")
UNCOUNTED = "…"
"""Stands where a count will stand: before the first one nothing is known, not even that there is nothing."""


class Total(Vertical):
    """One status: its count, the first sum in large digits where there is room for them, and the others."""

    def __init__(self, status: Status) -> None:
        super().__init__(id=f"total-{status}", classes="total")
        self._status = status
        self._count: int | None = None
        self._sums: tuple[Money, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out count, digits with their currency, and the sums that follow."""
        yield Static(classes="total-count", markup=False)
        with Horizontal(classes="total-large"):
            yield Digits()
            yield Static(classes="total-currency", markup=False)
        yield Static(classes="total-sums", markup=False)

    def show(self, total: StatusTotal | None) -> None:
        """Show what a status comes to."""
        self._count, self._sums = (total.count, total.sums) if total else (0, ())
        self._paint()

    def on_resize(self) -> None:
        """Paint large or plain, as there is room."""
        self._paint()

    def _paint(self) -> None:
        large = self.app.has_class("-ascii") is False and self.screen.has_class("-tall") and self._fits()
        self.query_one(".total-large").display = large
        text = Content.styled(
            f"{self._status}  {UNCOUNTED if self._count is None else format(self._count, ',')}", "$secondary"
        )
        put(self.query_one(".total-count", Static), text)
        if large:
            self.query_one(Digits).update(self._sums[0].grouped)
            put(self.query_one(".total-currency", Static), Content(self._sums[0].currency))
        sums = self._sums[1:] if large else self._sums
        put(self.query_one(".total-sums", Static), Content("\n").join(self._lines(sums)))
        self.query_one(".total-sums", Static).display = bool(sums)

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        large = self.query_one(".total-large").display
        plain = len(self._sums) - (1 if large else 0)
        return 1 + (_LARGE if large else 0) + min(plain, _SHOWN)

    def _fits(self) -> bool:
        if not self._sums:
            return False
        cells = sum(3 if char in _PLAIN else 1 for char in self._sums[0].grouped)
        return cells + 5 <= self.content_size.width

    def _lines(self, sums: Sequence[Money]) -> Iterator[Content]:
        more = len(sums) - _SHOWN
        for money in sums if more <= 0 else sums[: _SHOWN - 1]:
            yield Content(str(money))
        if more > 0:
            yield Content.styled(f"and {more + 1} more currencies", "$secondary")


class Totals(Horizontal):
    """The totals of some statuses, side by side."""

    def __init__(self, statuses: Sequence[Status]) -> None:
        super().__init__(id="totals")
        self._statuses = statuses

    def compose(self) -> ComposeResult:
        """Lay them out."""
        for status in self._statuses:
            yield Total(status)

    @property
    def lines(self) -> int:
        """How many lines they take."""
        return max(total.lines for total in self.query(Total))

    def show(self, totals: Sequence[StatusTotal]) -> None:
        """Show them; a status without requests comes to nothing."""
        by_status = {total.status: total for total in totals}
        for status in self._statuses:
            self.query_one(f"#total-{status}", Total).show(by_status.get(status))
