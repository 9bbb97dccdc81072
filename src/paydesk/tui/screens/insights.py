"""Insights: how requests come and go, as plots or as tables, of what the filter of the list shows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from paydesk.domain.insights import DAYS, Insights
from paydesk.domain.text import clean, counted
from paydesk.infra.core.query import News, PageQuery
from paydesk.role_names import role_facts
from paydesk.tui.port import Desk, PanePort
from paydesk.tui.screens.base import OwnScreen, sentence
from paydesk.tui.screens.health import HealthScreen
from paydesk.tui.text.insights import table_lines, tables
from paydesk.tui.text.insights_plot import plot
from paydesk.tui.text.wording import clock_text
from paydesk.tui.widgets.lines import Line

REST, REST_S = 10, 3.0
"""It is read again by itself after so many times as long as reading took, and after so many seconds at least."""
_FEW_DAYS = 7


@dataclass
class InsightsRead(Message):
    """All of it was read, or could not be; it took so many seconds."""

    query: PageQuery
    outcome: Insights | Exception
    took_s: float


class InsightsScreen(OwnScreen[None]):
    """Read in a thread, again when something changed, and painted with every reading.

    ``query`` returns what is asked for of all rows that the list shows; it is called when they are read.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "table", "Table, plots", id="insights.table", tooltip="The same as tables, or as plots"),
        Binding("r", "reload", "Reload", show=False, id="insights.reload"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="insights.down", key_display="j ↓"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="insights.up", key_display="k ↑"),
        Binding("3", "health", "Health", show=False, id="insights.health", tooltip="Health: every part, in words"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="insights.palette", key_display=": ^p"),
        Binding("question_mark", "app.help", "Keys", id="insights.help", key_display="?"),
        Binding("q,escape,1", "back", "Back", id="insights.back", key_display="q"),
    ]

    def __init__(self, pane: PanePort[Desk], query: Callable[[], PageQuery]) -> None:
        super().__init__()
        self.pane = pane
        self._query = query
        self._insights: Insights | None = None
        self._as_of: datetime | None = None
        self._tables = False
        self._owed, self._reading, self._rests_until = True, False, 0.0

    def body(self) -> ComposeResult:
        """Lay out one text."""
        with VerticalScroll(id="insights-body", can_focus=True):
            yield Static(id="insights-of", markup=False)
            yield Static("reading …", id="insights-text", markup=False)

    def on_mount(self) -> None:
        """Read, show how the servers are, and follow how much of it is seen."""
        self.pane.show_health()
        body = self.query_one("#insights-body")
        self.watch(body, "scroll_y", self._show_rest)
        self.watch(body, "virtual_size", self._show_rest)

    def where(self) -> str:
        """Return the name of this screen."""
        return "  insights"

    def read(self, news: News | None = None) -> None:
        """Read again, a moment later where it was read just now: any request may count."""
        del news
        self._owed = True
        self._read_if_due()

    def show_health(self) -> None:
        """Read what is owed; this is called twice a second."""
        self._read_if_due()

    def _read_if_due(self) -> None:
        desk = self.pane.desk
        if desk is None or self._reading or not self._owed or time.monotonic() < self._rests_until:
            return
        self._owed, self._reading = False, True
        query = replace(self._query(), statuses=frozenset(), held=False)
        self.run_worker(partial(self._read, desk, query), thread=True, group="insights", exit_on_error=False)

    def _read(self, desk: Desk, query: PageQuery) -> None:
        began = time.monotonic()
        outcome: Insights | Exception
        try:
            outcome = desk.insights(query)
        except Exception as error:
            outcome = error
        self.post_message(InsightsRead(query, outcome, time.monotonic() - began))

    @on(InsightsRead)
    def _was_read(self, message: InsightsRead) -> None:
        message.stop()
        self._reading = False
        self._rests_until = time.monotonic() + max(REST_S, REST * message.took_s)
        if isinstance(message.outcome, Exception):
            self.query_one("#notice", Line).say(sentence(message.outcome), "", "trouble")
            return
        self._insights, self._as_of = message.outcome, self.pane.now()
        which = str(message.query.filter)
        person = f" ({message.query.person})" if "from:me" in which else ""
        many = counted(self._insights.requests, "request")
        of = f"{many}   {which + person or 'everyone'}   as of {clock_text(self._as_of)}"
        self.query_one("#insights-of", Static).update(Content.styled(clean(of), "$secondary"))
        self._paint()

    def on_resize(self) -> None:
        """Fit them to the width."""
        self.call_after_refresh(self._paint)
        self.call_after_refresh(self._show_rest)

    def _show_rest(self) -> None:
        """Say how much is below what is seen."""
        body = self.query_one("#insights-body")
        lines = body.max_scroll_y - round(body.scroll_y)
        more = f"↓ {lines} more {'line' if lines == 1 else 'lines'} below: {self.pane.key('insights.down', 'j')}"
        self.query_one("#notice", Line).say_aside(more if lines > 0 else "")

    def _paint(self) -> None:
        if self._insights is None or self._as_of is None:
            return
        text = self.query_one("#insights-text", Static)
        width = max(40, text.content_size.width)
        if not self._insights.requests:
            text.update(Content(clean(self.pane.nothing(self._nothing()))))
        elif self._tables:
            text.update(Content("\n").join(_as_tables(self._insights, self._as_of)))
        else:
            days = _FEW_DAYS if self.has_class("-short") else DAYS
            text.update(plot(self._insights, self._as_of, width, days))

    def _nothing(self) -> str:
        if self.pane.filter.conditions:
            return "Nothing fits this filter.\nPress q, then / to change it or esc to take it away."
        return f"There are no requests yet: {role_facts(self.pane.role).first_request}."

    def action_table(self) -> None:
        """Show the same as tables, or as plots."""
        self._tables = not self._tables
        self._paint()

    def action_reload(self) -> None:
        """Read again at once."""
        self._rests_until = 0.0
        self.read()

    def action_health(self) -> None:
        """Go to the parts."""
        self.app.switch_screen(HealthScreen(self.pane))


def _as_tables(insights: Insights, now: datetime) -> Iterator[Content]:
    for table in tables(insights, now):
        yield Content.assemble((table.title, "bold"), "   ", (table.says, "$secondary"))
        heading, *lines = table_lines(table)
        yield Content.styled(heading, "$secondary")
        yield from map(Content, lines)
        yield Content("")
