"""What both desks do to their list alike: which rows are shown, and in which order."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from paydesk.domain.filters import EVERYTHING, Filter
from paydesk.infra.pages import Sort
from paydesk.tui.filter_line import FilterLine
from paydesk.tui.last_filters import LastFilters
from paydesk.tui.lines import Line
from paydesk.tui.reading_pane import D, ReadingPane

NOTHING_FITS = "Nothing fits this filter.\nPress / to change it, esc to take it away."


class FilteringPane(ReadingPane[D]):
    """A subclass says which orders there are (``sorts``, the usual one first) and puts ``filter_line()`` on top."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="desk.filter", key_display="/", tooltip="Filter the list"),
        Binding("s", "sort", "Sort", show=False, id="desk.sort", tooltip="Sort: the next order"),
    ]

    def __init__(self, make_desk: Callable[[], D], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self.filter = EVERYTHING
        self.last_filters = LastFilters()
        self._sort: Sort | None = None

    @property
    def sorts(self) -> Sequence[Sort]:
        """The orders of the list that is shown."""
        raise NotImplementedError

    @property
    def sort(self) -> Sort:
        """The order of the list."""
        return self._sort if self._sort in self.sorts else self.sorts[0]  # type: ignore[return-value]

    def summed_up(self) -> None:
        """Say in one line what is shown."""
        raise NotImplementedError

    def filter_line(self) -> FilterLine:
        """Return the line in which a filter is typed."""
        return FilterLine(self.last_filters, self._seen)

    def _seen(self) -> tuple[list[str], list[str]]:
        terms = [row.terms for row in self.table.rows if row.terms is not None]
        names = {row.contractor for row in self.table.rows if row.contractor}
        return list(names), list({each.money.currency for each in terms})

    def set_filter(self, found: Filter) -> None:
        """Show what fits a filter."""
        if found != self.filter:
            self.filter = found
            self.begin_anew()
        self.summed_up()
        self.tell()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave ``/`` out of the footer where it is typed."""
        return action != "filter" or not self.query_one(FilterLine).display

    def action_filter(self) -> None:
        """Open the line in which a filter is typed."""
        self.query_one("#filter", Line).display = False
        self.query_one(FilterLine).open(self.filter)

    @on(FilterLine.Closed)
    def _filter_closed(self, message: FilterLine.Closed) -> None:
        message.stop()
        self.query_one("#filter", Line).display = True
        self.table.focus()

    @on(FilterLine.Applied)
    def _filter_applied(self, message: FilterLine.Applied) -> None:
        message.stop()
        self.set_filter(message.found)

    def action_sort(self) -> None:
        """Show the list in the next order."""
        place = list(self.sorts).index(self.sort)
        self._sort = self.sorts[(place + 1) % len(self.sorts)]
        self.begin_anew()
        self.summed_up()
