"""How a list of requests is painted: a line at a time, and only those that changed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from paydesk.domain.copy import RequestCopy
from paydesk.tui.columns import Column, fitted, laid_out
from paydesk.tui.window import Edges

_LOOKS = ("header", "cursor", "muted", "accent", "good", "bad", "faded")


class PaintedRows(ScrollView, inherit_bindings=False):
    """Rows that are held amid many that are not: a line of those shows a dot until it is there."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"request-table--{look}" for look in _LOOKS}

    def __init__(self, columns: Sequence[Column], now: Callable[[], datetime], empty: str, *, id: str) -> None:
        super().__init__(id=id)
        self.columns = columns
        self.empty = empty
        self._now = now
        self._rows: list[RequestCopy] = []
        self._edges = Edges()
        self._cursor = 0
        self._loaded = False
        self._faded: frozenset[UUID] = frozenset()
        self._marked: frozenset[UUID] = frozenset()
        self._needs: dict[str, int] = {}

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

    def _place_at(self, y: int) -> int:
        """Return which of the rows is painted on a line; below 0 or beyond their number, it is not held."""
        return y - 1 + round(self.scroll_y) - self._edges.before

    def _refresh_row(self, place: int) -> None:
        line = place + self._edges.before + 1 - round(self.scroll_y)
        if 0 < line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

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
        if self._loaded and not self._rows and 2 <= y < 2 + len(self.empty.splitlines()):
            line = "   " + self.empty.splitlines()[y - 2]
            return _strip([Segment(fitted(line, width), base + self._look("muted"))], width, base)
        place = self._place_at(y)
        if 0 <= place < len(self._rows):
            return self._row(place, layout, width, base)
        somewhere = self._edges.above if place < 0 else self._edges.below
        if somewhere and place + self._edges.before < self.virtual_size.height - 1:
            return _strip([Segment("   ·", base + self._look("muted"))], width, base)
        return Strip.blank(width, base)

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
        return self.virtual_size.height


def _colour(style: Style) -> Style:
    return Style(color=style.color, bold=style.bold, dim=style.dim)


def _strip(segments: list[Segment], width: int, style: Style) -> Strip:
    return Strip(segments).adjust_cell_length(width, style)
