"""How a list of requests is painted: a line at a time, and only those that changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from paydesk.domain.copy import RequestCopy
from paydesk.tui.columns import Column, fitted, laid_out
from paydesk.tui.window import Edges

_LOOKS = ("header", "cursor", "muted", "accent", "good", "bad", "faded")


@dataclass(frozen=True, slots=True)
class _Brush:
    """What is the same for all lines that are painted at once."""

    now: datetime
    width: int
    layout: Sequence[tuple[Column, int]]
    looks: Mapping[str, Style]
    """By name; plain text by the empty one."""
    here: Mapping[str, Style]
    """The same where the cursor is."""


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
        self._brush: _Brush | None = None
        self._looks: tuple[object, tuple[Mapping[str, Style], Mapping[str, Style]]] | None = None

    def lay_out(self, columns: Sequence[Column]) -> None:
        """Show other columns from now on."""
        if columns != self.columns:
            self.columns = columns
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

    def _measure(self) -> bool:
        """Note what the rows need in columns that grow; returns whether that changed."""
        now, before = self._now(), self._needs
        growing = [column for column in self.columns if column.most]
        self._needs = {
            column.title: max((cell_len(column.say(row, now).text) for row in self._rows), default=0)
            for column in growing
        }
        return self._needs != before

    def _be_long(self, lines: int) -> None:
        """Take so many lines, the header among them."""
        size = Size(self.size.width, lines)
        if self.show_vertical_scrollbar and self.virtual_size.height <= lines > self.size.height:
            # What arrives makes a long list longer: its bar stands already, and nothing has to be laid out anew.
            self.set_reactive(PaintedRows.virtual_size, size)
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

    def _dip(self) -> _Brush:
        width = self.scrollable_content_region.width
        layout = laid_out(self.columns, width, lambda column: self._needs.get(column.title, 0))
        key = (self.rich_style, self.has_focus, self.app.theme)
        if self._looks is None or self._looks[0] != key:
            self._looks = key, self._looks_now()
        return _Brush(self._now(), width, layout, *self._looks[1])

    def _looks_now(self) -> tuple[Mapping[str, Style], Mapping[str, Style]]:
        """Return the looks of a line, and of the line under the cursor."""
        base = self.rich_style
        looks = {name: self.get_component_rich_style(f"request-table--{name}", partial=True) for name in _LOOKS}
        plain, here = (
            {"": ground} | {name: ground + _colour(look) for name, look in looks.items()}
            for ground in (base, base + looks["cursor"])
        )
        return plain, here

    def render_line(self, y: int) -> Strip:
        """Paint one line: the header, a row, or what to do where there are none."""
        brush = self._brush or self._dip()
        width, looks = brush.width, brush.looks
        if y == 0:
            titles = (fitted(column.title, cells, right=column.right) for column, cells in brush.layout)
            return _strip([Segment("   " + " ".join(titles), looks["header"])], width, looks[""])
        if self._loaded and not self._rows and 2 <= y < 2 + len(self.empty.splitlines()):
            line = "   " + self.empty.splitlines()[y - 2]
            return _strip([Segment(fitted(line, width), looks["muted"])], width, looks[""])
        place = self._place_at(y)
        if 0 <= place < len(self._rows):
            return self._row(place, brush)
        somewhere = self._edges.above if place < 0 else self._edges.below
        if somewhere and place + self._edges.before < self.virtual_size.height - 1:
            return _strip([Segment("   ·", looks["muted"])], width, looks[""])
        return Strip.blank(width, looks[""])

    def _row(self, place: int, brush: _Brush) -> Strip:
        copy, here = self._rows[place], place == self._cursor
        looks = brush.here if here else brush.looks
        plain, faded = looks[""], copy.id in self._faded
        signs = f"{'┃' if copy.id in self._marked else ' '}{'▸' if here else ' '} "
        segments = [Segment(signs, looks["accent"] if signs.strip() else plain)]
        for column, cells in brush.layout:
            cell = column.say(copy, brush.now)
            look = cell.look or ("faded" if faded else "")
            segments.append(Segment(fitted(cell.text, cells, right=column.right), looks[look]))
            segments.append(Segment(" ", plain))
        return _strip(segments, brush.width, plain)

    def get_content_height(self, *_: Any) -> int:
        """Return the lines of everything, for a parent that sizes by content."""
        return self.virtual_size.height


def _colour(style: Style) -> Style:
    return Style(color=style.color, bold=style.bold, dim=style.dim)


def _strip(segments: list[Segment], width: int, style: Style) -> Strip:
    return Strip(segments).adjust_cell_length(width, style)
