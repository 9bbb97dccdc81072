"""What both desks do to their list alike: which rows are shown, and in which order."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from paydesk.domain.filter_text import FilterError, parse_filter
from paydesk.domain.filters import EVERYTHING, Filter
from paydesk.infra.core.query import Sort
from paydesk.tui.counting_pane import D
from paydesk.tui.filter_line import FilterLine
from paydesk.tui.kept_view import KeptView
from paydesk.tui.last_filters import LastFilters
from paydesk.tui.lines import Line
from paydesk.tui.messages import DeskOpened
from paydesk.tui.named_keys import key_named
from paydesk.tui.reading_pane import ReadingPane
from paydesk.tui.summary import Summary

AS_LEFT = "The list is as you left it"
NOTHING_FITS = "Nothing fits this filter.\nPress {} to change it, esc to take it away."


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
        self.kept = KeptView()
        self._filtered = False
        self._sort: Sort | None = None

    @property
    def sorts(self) -> Sequence[Sort]:
        """The orders of the list that is shown."""
        raise NotImplementedError

    @property
    def sort(self) -> Sort:
        """The order of the list."""
        return self._sort if self._sort in self.sorts else self.sorts[0]  # type: ignore[return-value]

    def key(self, name: str, usual: str) -> str:
        """Return the key by which something is done, for words that name it."""
        return key_named(self.app, name, usual)

    def nothing_fits(self) -> str:
        """Return what an empty list says because of its filter."""
        return NOTHING_FITS.format(self.key("desk.filter", "/"))

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
            self.filter, self._filtered = found, True
            self.keep(filter=str(found))
            self.begin_anew()
        self.summed_up()
        self.tell()

    def begin_anew(self) -> None:
        """Read other rows; what they come to may take fewer lines."""
        for each in self.query(Summary):
            each.forget()
        self._no_longer_as_left()
        super().begin_anew()

    def keep(self, **chosen: object) -> None:
        """Keep how the list is shown, for the next start on these servers."""
        if self.desk is not None and self.desk.stack:
            self.kept.keep(self.desk.stack, **chosen)

    @on(DeskOpened)
    def _as_it_was_left(self) -> None:
        if self.desk is not None:
            self.restore(self.kept.of(self.desk.stack))

    def restore(self, kept: Mapping[str, object]) -> None:
        """Show the list as it was left, but for what was chosen meanwhile; what cannot be read is not taken."""
        try:
            if self._sort is None and kept.get("sort"):
                self._sort = Sort(str(kept["sort"]))
            found = parse_filter(str(kept["filter"])) if "filter" in kept else self.filter
        except (ValueError, FilterError) as error:
            logging.getLogger("paydesk.screen").warning("the list is not shown as it was left: %s", error)
            return
        if found != self.filter and not self._filtered:
            self.filter = found
            self.notice(f"{AS_LEFT}: {str(found) or 'all requests'}.")

    def _no_longer_as_left(self) -> None:
        """Take back that the list is as it was left, where that is still said."""
        if self.query_one("#notice", Line).text.startswith(AS_LEFT):
            self.notice("", "", 0)

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
        self.keep(sort=self.sort.value)
        self.begin_anew()
        self.summed_up()
