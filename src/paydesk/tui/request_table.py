"""A list of requests that paints only the lines that changed, and whose cursor stays on its request."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from paydesk.domain.copy import RequestCopy
from paydesk.tui.columns import Column, fitted, laid_out

_LOOKS = ("header", "cursor", "muted", "accent", "good", "bad", "faded")


class RequestTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows by request id. ``show`` replaces all, ``put`` changes one; the cursor stays on its request."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"request-table--{look}" for look in _LOOKS}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Next row", show=False, id="table.down", key_display="j ↓"),
        Binding("up,k", "move(-1)", "Previous row", show=False, id="table.up", key_display="k ↑"),
        Binding("g,home", "go(0)", "First row", show=False, id="table.first", key_display="g"),
        Binding("G,end", "go(-1)", "Last row", show=False, id="table.last", key_display="G"),
        Binding("ctrl+d,pagedown", "page(1)", "Page down", show=False, id="table.page_down", key_display="^d"),
        Binding("ctrl+u,pageup", "page(-1)", "Page up", show=False, id="table.page_up", key_display="^u"),
        Binding("enter", "open", "Open", id="table.open", key_display="⏎"),
    ]

    class Moved(Message):
        """The cursor left ``left`` for another request."""

        def __init__(self, left: UUID | None) -> None:
            super().__init__()
            self.left = left

    class Opened(Message):
        """A person wants to see this request."""

        def __init__(self, copy: RequestCopy) -> None:
            super().__init__()
            self.copy = copy

    def __init__(self, columns: Sequence[Column], now: Callable[[], datetime], empty: str, *, id: str) -> None:
        super().__init__(id=id)
        self.columns = columns
        self.empty = empty
        self._now = now
        self._rows: list[RequestCopy] = []
        self._cursor = 0
        self._loaded = False
        self._later = 0
        self._faded: frozenset[UUID] = frozenset()
        self._marked: frozenset[UUID] = frozenset()
        self._needs: dict[str, int] = {}

    @property
    def rows(self) -> Sequence[RequestCopy]:
        """The rows, as they are shown."""
        return self._rows

    @property
    def current(self) -> RequestCopy | None:
        """The request under the cursor."""
        return self._rows[self._cursor] if self._rows else None

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

    def show(self, rows: Sequence[RequestCopy], faded: frozenset[UUID] = frozenset()) -> None:
        """Replace all rows; the cursor stays on its request and, where it can, on its line of the screen."""
        before, at, current = self._rows, self._cursor, self.current
        first, changed_looks = not self._loaded, faded ^ self._faded
        self._rows, self._faded, self._loaded = list(rows), faded, True
        grown = self._measure()
        if current is not None:
            places = {row.id: place for place, row in enumerate(self._rows)}
            self._cursor = places.get(current.id, min(at, max(0, len(rows) - 1)))
        if first:
            self._cursor = max(0, min(self._later, len(rows) - 1))
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        if self._cursor != at and not first:
            self.scroll_to(y=max(0, self.scroll_y + self._cursor - at), animate=False)
        self._keep_in_view()
        if len(before) != len(self._rows) or first or grown:
            self.refresh()
            return
        for place, (old, new) in enumerate(zip(before, self._rows, strict=True)):
            if old != new or new.id in changed_looks or place in (at, self._cursor):
                self._refresh_row(place)

    def put(self, copy: RequestCopy) -> None:
        """Change one row that is shown."""
        for place, row in enumerate(self._rows):
            if row.id == copy.id and row != copy:
                self._rows[place] = copy
                if self._measure():
                    self.refresh()
                self._refresh_row(place)

    def _measure(self) -> bool:
        """Note what the rows need in columns that grow; returns whether that changed."""
        now, before = self._now(), self._needs
        growing = [column for column in self.columns if column.most]
        self._needs = {
            column.title: max((cell_len(column.say(row, now).text) for row in self._rows), default=0)
            for column in growing
        }
        return self._needs != before

    def _layout(self, width: int) -> list[tuple[Column, int]]:
        return laid_out(self.columns, width, lambda column: self._needs.get(column.title, 0))

    def tick(self, changes: Callable[[RequestCopy], bool]) -> None:
        """Paint the rows anew whose text depends on the time."""
        for place, row in enumerate(self._rows):
            if changes(row):
                self._refresh_row(place)

    def action_move(self, by: int) -> None:
        """Move by rows; before the first rows are here the move is kept for them."""
        if not self._loaded:
            self._later = max(0, self._later + by)
            return
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Move by a screenful."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_go(self, place: int) -> None:
        """Go to the first row, or with -1 to the last."""
        if not self._loaded:
            self._later = 0 if place == 0 else 1 << 30
            return
        self._go(len(self._rows) - 1 if place < 0 else place)

    def action_open(self) -> None:
        """Ask to see the request under the cursor."""
        if self.current is not None:
            self.post_message(self.Opened(self.current))

    def _go(self, place: int) -> None:
        place = max(0, min(place, len(self._rows) - 1))
        if place == self._cursor or not self._rows:
            return
        left, before = self.current, self._cursor
        self._cursor = place
        self._refresh_row(before)
        self._refresh_row(place)
        self._keep_in_view()
        self.post_message(self.Moved(left.id if left else None))

    def _keep_in_view(self) -> None:
        height = self.size.height - 1
        if height <= 0:
            return
        top = round(self.scroll_y)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False)

    def _refresh_row(self, place: int) -> None:
        line = place + 1 - round(self.scroll_y)
        if 0 < line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def on_resize(self, _: Resize) -> None:
        """Lay out anew."""
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self._keep_in_view()

    def on_click(self, event: Click) -> None:
        """One click moves the cursor, a second on the same row opens it, and a third opens nothing more."""
        place = event.y - 1 + round(self.scroll_y)
        if event.y == 0 or not 0 <= place < len(self._rows):
            return
        if event.chain == 2:
            self._go(place)
            self.action_open()
        else:
            self._go(place)

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"request-table--{name}", partial=True)

    def render_line(self, y: int) -> Strip:
        """Paint one line: the header, a row, or what to do where there are none."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        layout = self._layout(width)
        if y == 0:
            text = "   " + " ".join(fitted(column.title, cells, right=column.right) for column, cells in layout)
            return _strip([Segment(text, base + self._look("header"))], width, base)
        place = y - 1 + round(self.scroll_y)
        if self._loaded and not self._rows and 2 <= y < 2 + len(self.empty.splitlines()):
            line = "   " + self.empty.splitlines()[y - 2]
            return _strip([Segment(fitted(line, width), base + self._look("muted"))], width, base)
        if not 0 <= place < len(self._rows):
            return Strip.blank(width, base)
        return self._row(place, layout, width, base)

    def _row(self, place: int, layout: list[tuple[Column, int]], width: int, base: Style) -> Strip:
        copy, now = self._rows[place], self._now()
        here = place == self._cursor
        row = base + self._look("cursor") if here else base
        faded = copy.id in self._faded
        signs = f"{'┃' if copy.id in self._marked else ' '}{'▸' if here else ' '} "
        segments = [Segment(signs, row + self._look("accent") if signs.strip() else row)]
        for column, cells in layout:
            cell = column.say(copy, now)
            look = cell.look or ("faded" if faded else "")
            style = row + _colour(self._look(look)) if look else row
            segments.append(Segment(fitted(cell.text, cells, right=column.right), style))
            segments.append(Segment(" ", row))
        return _strip(segments, width, row)

    def get_content_height(self, *_: Any) -> int:
        """Return the lines of everything, for a parent that sizes by content."""
        return len(self._rows) + 1


def _colour(style: Style) -> Style:
    return Style(color=style.color, bold=style.bold, dim=style.dim)


def _strip(segments: list[Segment], width: int, style: Style) -> Strip:
    return Strip(segments).adjust_cell_length(width, style)
