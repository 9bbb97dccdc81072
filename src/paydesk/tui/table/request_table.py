"""A list of requests whose cursor stays on its request, held for the part that is looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp
from textual.strip import Strip

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import Start, Way
from paydesk.tui.table.columns import Column
from paydesk.tui.table.row_painter import ROW_LOOKS, Brush, ListFrame, RowPainter, looks_on
from paydesk.tui.table.window import Edges

_WHEEL = 3
_AHEAD = 25
"""So many rows beyond what is shown are asked for, at least: whoever moves on never waits."""


class RequestTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows by request id. ``show`` replaces those that are held, ``put`` changes one; the cursor stays on its own.

    Where a person turns it by wheel or scrollbar the cursor comes along, never on a request out of sight.

    Args:
        columns: The columns, from the left.
        now: Returns the time.
        empty: What is shown where there are no rows.
        id: The id of the widget.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Next row", show=False, id="table.down", key_display="j ↓"),
        Binding("up,k", "move(-1)", "Previous row", show=False, id="table.up", key_display="k ↑"),
        Binding("g,home", "go(0)", "First row", show=False, id="table.first", key_display="g"),
        Binding("G,end", "go(-1)", "Last row", show=False, id="table.last", key_display="G"),
        Binding("ctrl+d,pagedown", "page(1)", "Page down", show=False, id="table.page_down", key_display="^d"),
        Binding("ctrl+u,pageup", "page(-1)", "Page up", show=False, id="table.page_up", key_display="^u"),
        Binding("enter", "open", "Open", id="table.open", key_display="⏎"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"request-table--{look}" for look in ROW_LOOKS}

    @dataclass
    class Moved(Message):
        """The cursor left ``left`` for another request."""

        left: UUID | None

    @dataclass
    class Opened(Message):
        """A person wants to see this request."""

        copy: RequestCopy

    @dataclass
    class Further(Message):
        """More rows are wanted, on one side of those that are held."""

        down: bool

    @dataclass
    class Elsewhere(Message):
        """Rows are wanted from another place of the list."""

        start: Start

    def __init__(self, columns: Sequence[Column], now: Callable[[], datetime], empty: str, *, id: str) -> None:
        super().__init__(id=id)
        self.painter = RowPainter(columns, empty)
        self._now = now
        self._rows: list[RequestCopy] = []
        self._edges = Edges()
        self._cursor = 0
        self._loaded = False
        self._faded: frozenset[UUID] = frozenset()
        self._marked: frozenset[UUID] = frozenset()
        self._brush: Brush | None = None
        self._looks: tuple[object, tuple[Mapping[str, Style], Mapping[str, Style]]] | None = None
        self._total = 0
        self._aim: Way | None = None
        """Where the cursor goes once rows from elsewhere are here; until then it is on no request."""
        self._later = 0
        self._others = False
        self._asked: bool | None = None
        self._click_opened = False
        """Whether the last click, or the one before it that it doubles, opened a row."""

    # What is held.

    @property
    def rows(self) -> Sequence[RequestCopy]:
        """The rows that are held, as they are shown."""
        return self._rows

    @property
    def edges(self) -> Edges:
        """Where these rows lie in the list."""
        return self._edges

    @property
    def current(self) -> RequestCopy | None:
        """The request under the cursor; none while rows from elsewhere are on their way."""
        return self._rows[self._cursor] if self._rows and self._aim is None else None

    @property
    def cursor_is_seen(self) -> bool:
        """Whether the row under the cursor is on the screen."""
        height, line = self.size.height - 1, self._cursor + self._edges.before - round(self.scroll_y)
        return 0 <= line < height

    def show_cursor(self) -> str:
        """Show the row under the cursor where it was scrolled out of sight, and say so; else say nothing."""
        if self.current is None or self.cursor_is_seen:
            return ""
        self._keep_in_view()
        number = self.current.number
        if self.size.height > 1:
            return f"The cursor is on {number}: look, then press again."
        return f"Too few lines to show {number}: make the window higher."

    def clear(self) -> None:
        """Forget the rows, as others are on their way; keys typed until then count on those."""
        self._rows, self._loaded, self._cursor, self._later = [], False, 0, 0
        self._aim, self._asked, self._edges, self._total = None, None, Edges(), 0
        self._sized()
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def expect_others(self) -> None:
        """Take the rows that come next for those of another list: the cursor goes to its request, or to the first."""
        self._others, self._aim, self._later = True, None, 0

    def expect_first(self) -> None:
        """Put the cursor on the first of the rows that come next, from elsewhere; keys typed until then count on."""
        self._aim, self._later = Way.AT, 0

    def show(
        self, rows: Sequence[RequestCopy], faded: frozenset[UUID] = frozenset(), edges: Edges | None = None
    ) -> None:
        """Replace the rows; the cursor stays on its request and, where it can, on its line of the screen."""
        before, old, current = self._rows, self._edges, self._rows[self._cursor] if self._rows else None
        first, changed_looks, line = not self._loaded, faded ^ self._faded, self._cursor + old.before
        at = self._cursor
        self._rows, self._faded, self._loaded, self._asked = list(rows), faded, True, None
        self._edges = edges or old
        grown = self.painter.measure(self._rows, self._now())
        if current is not None:
            places = {row.id: place for place, row in enumerate(self._rows)}
            self._cursor = places.get(current.id, 0 if self._others else min(at, max(0, len(rows) - 1)))
            self._others = self._others and edges is None
        landed = self._land(first) if edges is not None else None
        self._sized()
        moved = self._cursor + self._edges.before - line
        if landed is Way.AT:
            self.scroll_to(y=self._edges.before, animate=False)
        elif moved and not first and landed is None and not (moved > 0 and self.scroll_y == 0):
            # At its top the list shows what arrives above the cursor.
            self.scroll_to(y=max(0, self.scroll_y + moved), animate=False)
        self._keep_in_view()
        self._load_ahead()
        if len(before) != len(self._rows) or first or grown or old != self._edges or landed:
            self.refresh()
            return
        for place, (was, new) in enumerate(zip(before, self._rows, strict=True)):
            if was != new or new.id in changed_looks or place in (at, self._cursor):
                self._refresh_row(place)

    def _land(self, first: bool) -> Way | None:
        """Put the cursor where it was sent, if these rows are those; then by what was typed meanwhile."""
        there = {Way.FIRST: not self._edges.above, Way.LAST: not self._edges.below, Way.AT: True}
        landed = self._aim if self._aim is not None and there[self._aim] else None
        if landed:
            self._aim = None
            self._cursor = max(0, len(self._rows) - 1) if landed is Way.LAST else 0
        if self._later and self._aim is None:
            place = self._cursor + self._later
            self._cursor = max(0, min(place, len(self._rows) - 1))
            more = self._edges.below if place > self._cursor else self._edges.above
            self._later = place - self._cursor if more and not first else 0
        return landed

    def put(self, copy: RequestCopy) -> None:
        """Change one row that is shown."""
        for place, row in enumerate(self._rows):
            if row.id == copy.id and row != copy:
                self._rows[place] = copy
                if self.painter.measure(self._rows, self._now()):
                    self.refresh()
                self._refresh_row(place)

    def tick(self, changes: Callable[[RequestCopy], bool]) -> None:
        """Paint the rows anew whose text depends on the time."""
        for place, row in enumerate(self._rows):
            if changes(row):
                self._refresh_row(place)

    def action_move(self, by: int) -> None:
        """Move by rows; what goes beyond the rows that are here is kept for those that come."""
        if not self._loaded or self._aim is not None or self._later:
            self._later = self._later + by if self._loaded or self._aim else max(0, self._later + by)
            return
        place = self._cursor + by
        beyond = place - max(0, min(place, len(self._rows) - 1))
        if beyond and (self._edges.below if beyond > 0 else self._edges.above):
            self._later += beyond
        self._go(place)

    def action_page(self, by: int) -> None:
        """Move by a screenful."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_go(self, place: int) -> None:
        """Go to the first row, or with -1 to the last."""
        way, missing = (Way.LAST, self._edges.below) if place < 0 else (Way.FIRST, self._edges.above)
        self._later = 0
        if self._loaded and not missing and self._aim is None:
            self._go(len(self._rows) - 1 if place < 0 else place)
        elif self._loaded or self._aim is not None or way is Way.LAST:
            self._aim = way
            self.post_message(self.Elsewhere(Start(way)))

    def go_to(self, request_id: UUID) -> bool:
        """Put the cursor on a request; returns whether it is among the rows that are held."""
        place = next((place for place, row in enumerate(self._rows) if row.id == request_id), None)
        if place is not None and self._aim is None:
            self._go(place)
        return place is not None

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Return whether a key does something now: there is something to open only under a cursor."""
        return self.current is not None if action == "open" else usual

    def action_open(self) -> None:
        """Ask to see the request under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def _go(self, place: int) -> None:
        place = max(0, min(place, len(self._rows) - 1))
        if place != self._cursor and self._rows:
            left, before = self._rows[self._cursor], self._cursor
            self._cursor = place
            self._refresh_row(before)
            self._refresh_row(place)
            self._keep_in_view()
            self.post_message(self.Moved(left.id))
        self._load_ahead()

    def _keep_in_view(self) -> None:
        height, line = self.size.height - 1, self._cursor + self._edges.before
        if height <= 0 or self._aim is not None:
            return
        top = round(self.scroll_y)
        if line < top:
            self.scroll_to(y=line, animate=False)
        elif line >= top + height:
            self.scroll_to(y=line - height + 1, animate=False)

    def _load_ahead(self) -> None:
        """Ask for more rows before whoever moves comes to the end of those that are held."""
        first, ahead = self._place_at(1), max(self.size.height, _AHEAD)
        wanted: bool | None = None
        if self._edges.below and first + self.size.height + ahead > len(self._rows):
            wanted = True
        elif self._edges.above and first - ahead < 0:
            wanted = False
        if wanted is not None and wanted is not self._asked and self._aim is None:
            self._asked = wanted
            self.post_message(self.Further(wanted))

    def on_resize(self, _: Resize) -> None:
        """Lay out anew."""
        self._sized()
        self._keep_in_view()
        self._load_ahead()

    def on_click(self, event: Click) -> None:
        """A click moves the cursor; on the row that it is on already, however late, it opens that. The rest of a
        double click that opened a row opens nothing more.
        """
        place = self._place_at(event.y)
        if event.y == 0 or not 0 <= place < len(self._rows) or self._aim is not None:
            return
        chosen = place == self._cursor
        self._go(place)
        if chosen and not (event.chain > 1 and self._click_opened):
            self._click_opened = True
            self.action_open()
        elif event.chain == 1:
            self._click_opened = False

    # Turned by wheel and scrollbar.

    def count(self, total: int) -> None:
        """Note how many rows there are in all, held or not."""
        self._total = total
        self._sized()

    def _sized(self) -> None:
        known = self._edges.before + len(self._rows)
        lines = max(self._total, known + 1) if self._edges.below else known
        self._be_long(lines + 1)

    def _turn_to(self, line: float) -> None:
        """Show the list from a line on, as a person turned there; the cursor comes along."""
        self.scroll_to(y=max(0, line), animate=False)
        first, last = self._place_at(1), self._place_at(self.size.height - 1)
        held = range(len(self._rows))
        if self._loaded and self._rows and first not in held and (first < 0 or self._edges.below):
            self._aim = Way.AT
            share = round(self.scroll_y) / max(1, self.virtual_size.height - 1)
            self.post_message(self.Elsewhere(Start(Way.AT, share=share)))
        elif self._aim is None:
            self._go(max(first, min(self._cursor, last)))

    def _on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self._turn_to(self.scroll_y + _WHEEL)

    def _on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self._turn_to(self.scroll_y - _WHEEL)

    def _on_scroll_to(self, message: ScrollTo) -> None:
        message.stop()
        message.prevent_default()
        if message.y is not None:
            self._turn_to(message.y)

    def _on_scroll_down(self, event: ScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self._turn_to(self.scroll_y + self.size.height - 1)

    def _on_scroll_up(self, event: ScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self._turn_to(self.scroll_y - self.size.height + 1)

    # Painted a line at a time, and only those that changed.

    def lay_out(self, columns: Sequence[Column]) -> None:
        """Show other columns from now on."""
        if columns != self.painter.columns:
            self.painter.columns = columns
            self.refresh()

    @property
    def marked(self) -> frozenset[UUID]:
        """The requests that carry a mark, by id: also those that are not shown now."""
        return self._marked

    def mark(self, ids: frozenset[UUID]) -> None:
        """Let exactly these requests carry a mark."""
        changed, self._marked = ids ^ self._marked, ids
        for place, row in enumerate(self._rows):
            if row.id in changed:
                self._refresh_row(place)

    def _be_long(self, lines: int) -> None:
        """Take so many lines, the header among them."""
        size = Size(self.size.width, lines)
        if self.show_vertical_scrollbar and self.virtual_size.height <= lines > self.size.height:
            # What arrives makes a long list longer: its bar stands already, and nothing has to be laid out anew.
            self.set_reactive(RequestTable.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = lines
        else:
            self.virtual_size = size

    def _place_at(self, y: int) -> int:
        """Return which of the rows is painted on a line; below 0 or beyond their number, it is not held."""
        return y - 1 + round(self.scroll_y) - self._edges.before

    def _refresh_row(self, place: int) -> None:
        line = place + self._edges.before + 1 - round(self.scroll_y)
        if 0 < line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some lines; a page of them changes at once while much arrives, and what they share is found once."""
        self._brush = self._dip()
        return super().render_lines(crop)

    def _dip(self) -> Brush:
        key = (self.rich_style, self.has_focus, self.app.theme)
        if self._looks is None or self._looks[0] != key:
            looks = {name: self.get_component_rich_style(f"request-table--{name}", partial=True) for name in ROW_LOOKS}
            self._looks = key, looks_on(self.rich_style, looks)
        return self.painter.brush(self._now(), self.scrollable_content_region.width, self._looks[1])

    def render_line(self, y: int) -> Strip:
        """Paint one line: the header, a row, or what to do where there are none."""
        lines, edges = self.virtual_size.height, self._edges
        frame = ListFrame(self._rows, edges, self._cursor, lines, self._loaded, self._faded, self._marked)
        return self.painter.line(y, self._place_at(y), self._brush or self._dip(), frame)

    def get_content_height(self, *_: Any) -> int:
        """Return the lines of everything, for a parent that sizes by content."""
        return self.virtual_size.height
