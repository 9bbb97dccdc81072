"""How a list of requests is painted, a line at a time: the header, a row, or what to do where there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from paydesk.domain.copy import RequestCopy
from paydesk.tui.table.columns import Column, fitted, laid_out
from paydesk.tui.table.window import Edges

ROW_LOOKS = ("header", "cursor", "muted", "accent", "good", "bad", "faded")


@dataclass(frozen=True, slots=True)
class Brush:
    """What is the same for all lines that are painted at once."""

    now: datetime
    width: int
    layout: Sequence[tuple[Column, int]]
    looks: Mapping[str, Style]
    """By name; plain text by the empty one."""
    cursor_looks: Mapping[str, Style]
    """The same where the cursor is."""


@dataclass(frozen=True, slots=True)
class ListFrame:
    """What of a list is painted: the rows that are held, amid many that are not."""

    rows: Sequence[RequestCopy]
    edges: Edges
    cursor: int
    lines: int
    """Lines of the whole list, the header among them."""
    loaded: bool
    faded: frozenset[UUID]
    marked: frozenset[UUID]


class RowPainter:
    """Knows the columns, and how wide those that grow have to be."""

    def __init__(self, columns: Sequence[Column], empty: str) -> None:
        self.columns = columns
        self.empty = empty
        """What is said where there are no rows."""
        self._needs: dict[str, int] = {}

    def measure(self, rows: Sequence[RequestCopy], now: datetime) -> bool:
        """Note what the rows need in columns that grow; returns whether that changed."""
        before = self._needs
        growing = [column for column in self.columns if column.most]
        self._needs = {
            column.title: max((cell_len(column.say(row, now).text) for row in rows), default=0) for column in growing
        }
        return self._needs != before

    def brush(self, now: datetime, width: int, looks: tuple[Mapping[str, Style], Mapping[str, Style]]) -> Brush:
        """Return what lines of so many cells are painted with."""
        layout = laid_out(self.columns, width, lambda column: self._needs.get(column.title, 0))
        return Brush(now, width, layout, *looks)

    def line(self, y: int, place: int, brush: Brush, frame: ListFrame) -> Strip:
        """Paint a line of the list: the header, a row, or a dot for a row that is not loaded.

        Args:
            y: The line of the screen, from 0.
            place: The row, counted from the first that is held.
            brush: What all lines are painted with.
            frame: The rows that are held, and the cursor.
        """
        width, looks = brush.width, brush.looks
        if y == 0:
            titles = (fitted(column.title, cells, right=column.right) for column, cells in brush.layout)
            return _strip([Segment("   " + " ".join(titles), looks["header"])], width, looks[""])
        if frame.loaded and not frame.rows and 2 <= y < 2 + len(self.empty.splitlines()):
            text = "   " + self.empty.splitlines()[y - 2]
            return _strip([Segment(fitted(text, width), looks["muted"])], width, looks[""])
        if 0 <= place < len(frame.rows):
            return self._row(place, brush, frame)
        somewhere = frame.edges.above if place < 0 else frame.edges.below
        if somewhere and place + frame.edges.before < frame.lines - 1:
            return _strip([Segment("   ·", looks["muted"])], width, looks[""])
        return Strip.blank(width, looks[""])

    @staticmethod
    def _row(place: int, brush: Brush, frame: ListFrame) -> Strip:
        copy, at_cursor = frame.rows[place], place == frame.cursor
        looks = brush.cursor_looks if at_cursor else brush.looks
        plain, faded = looks[""], copy.id in frame.faded
        signs = f"{'┃' if copy.id in frame.marked else ' '}{'▸' if at_cursor else ' '} "
        segments = [Segment(signs, looks["accent"] if signs.strip() else plain)]
        for column, cells in brush.layout:
            cell = column.say(copy, brush.now)
            look = cell.look or ("faded" if faded else "")
            segments.append(Segment(fitted(cell.text, cells, right=column.right), looks[look]))
            segments.append(Segment(" ", plain))
        return _strip(segments, brush.width, plain)


def looks_on(base: Style, looks: Mapping[str, Style]) -> tuple[Mapping[str, Style], Mapping[str, Style]]:
    """Return the looks of a line on this ground, and of the line under the cursor."""
    plain, at_cursor = (
        {"": ground} | {name: ground + _colour(look) for name, look in looks.items()}
        for ground in (base, base + looks["cursor"])
    )
    return plain, at_cursor


def _colour(style: Style) -> Style:
    return Style(color=style.color, bold=style.bold, dim=style.dim)


def _strip(segments: list[Segment], width: int, style: Style) -> Strip:
    return Strip(segments).adjust_cell_length(width, style)
