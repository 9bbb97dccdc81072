"""Rows first: what stands above the list gives way where a terminal is low, so that rows are always seen."""

from textual.geometry import Size
from textual.widget import Widget

from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.widgets.summary import Summary
from paydesk.tui.widgets.totals import Totals

MIN_ROWS = 3
"""So many rows are seen from ten lines of terminal on."""
LOW_LINES = 16
"""In a terminal of fewer lines each line that is no row says what it can in one line."""
_FOOTER = 1


def hide_what_does_not_fit(pane: Widget, screen: Size) -> None:
    """Hide what stands above the list, ages first, as far as the rows need its lines; show it where there is room."""
    pane.set_class(screen.height < LOW_LINES, "-low")
    table = pane.query_one(RequestTable)
    parts: list[Summary | Totals] = [*pane.query(Summary), *pane.query(Totals)]
    kept = {id(part) for part in parts}
    others = sum(_lines_of(widget) for widget in _standing(pane, table) if id(widget) not in kept)
    lines = screen.height - _FOOTER - others - (MIN_ROWS + 1)
    for part in parts:
        if sum(_needed(widget) for widget in parts if id(widget) in kept) > lines:
            kept.discard(id(part))
    for part in parts:
        part.display = id(part) in kept


def _standing(pane: Widget, table: RequestTable) -> list[Widget]:
    """Return what takes lines of its own above and below the list."""
    beside = [*table.ancestors_with_self]
    return [child for child in pane.children if child.display and child not in beside]


def _lines_of(widget: Widget) -> int:
    return max(1, widget.outer_size.height) + widget.styles.margin.height


def _needed(part: Summary | Totals) -> int:
    return part.lines + part.styles.margin.height if part.lines else 0
