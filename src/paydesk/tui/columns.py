"""Columns of a request table: what each says of a request, how wide it is, and from which width on it is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from paydesk.domain.copy import RequestCopy
from paydesk.domain.text import Clean, clean

CURSOR_CELLS = 3
"""The mark, the cursor and a blank, left of the first column."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text fit for a terminal, and the name of the look it has (empty: plain)."""

    text: Clean
    look: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``width`` in cells; one column of a table has none and takes what the others leave."""

    title: str
    say: Callable[[RequestCopy, datetime], Cell]
    width: int | None = None
    right: bool = False
    from_width: int = 0
    """Shown on terminals of at least so many cells."""
    wide_width: int | None = None
    """Its width on terminals of 100 cells and more."""


def say(text: str, look: str = "") -> Cell:
    """Return a cell of any text, made fit for a terminal."""
    return Cell(clean(text), look)


def laid_out(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """Return the columns shown at a terminal width, each with its cells."""
    shown = [column for column in columns if width >= column.from_width]
    sizes = {
        id(column): (column.wide_width if column.wide_width and width >= 100 else column.width) or 0 for column in shown
    }
    left = width - CURSOR_CELLS - sum(sizes.values()) - len(shown)
    return [(column, max(8, left) if column.width is None else sizes[id(column)]) for column in shown]


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Return text in exactly ``width`` cells; what does not fit ends in ``…``."""
    found = cell_len(text)
    if found > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    pad = " " * (width - found)
    return pad + text if right else text + pad
