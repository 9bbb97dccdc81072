"""Columns of a request table: what each says of a request, how wide it is, and from which width on it is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from paydesk.domain.copy import RequestCopy
from paydesk.domain.text import CUT, Clean, clean, whole_numbers
from paydesk.tui.text.wording import look_of, state_text

CURSOR_CELLS = 3
"""The mark, the cursor and a blank, left of the first column."""
EDGE_CELLS = 1
"""A blank right of the last column, so that nothing touches the terminal's edge; ``DESCRIPTION_CELLS`` comes first."""
DESCRIPTION_CELLS = 20
"""The description gets so many cells at least."""
STEP = 4
"""A column grows by so many cells at once, so that rows that arrive seldom move the others."""


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
    most: int = 0
    """It grows up to so many cells, in steps, where a row needs them: an amount or a number is never cut."""
    least: int = 0
    """It may shrink to so many cells, but not below what its rows need, before the column without a width falls under
    ``DESCRIPTION_CELLS``."""


def say(text: str, look: str = "") -> Cell:
    """Return a cell of any text, made fit for a terminal."""
    return Cell(clean(text), look)


def say_amount(copy: RequestCopy, _: datetime) -> Cell:
    """Return the amount of the terms that count."""
    return say(copy.terms.money.grouped if copy.terms else "")


AMOUNT = Column("Amount", say_amount, 12, right=True, most=20)
CURRENCY = Column("Cur", lambda copy, _: say(copy.terms.money.currency if copy.terms else ""), 3)
NUMBER = Column("Request", lambda copy, _: say(copy.number), 8, most=24)
"""The number is what a request is called by everywhere: half of one is another's."""
DESCRIPTION = Column("Description", lambda copy, _: say(copy.terms.description if copy.terms else ""))


def say_state(copy: RequestCopy, now: datetime) -> Cell:
    """Return the status, with its look; a locked request looks bad."""
    return say(state_text(copy, now), "bad" if copy.locked else look_of(copy.status).cell)


def laid_out(
    columns: Sequence[Column], width: int, needed: Callable[[Column], int] = lambda _: 0
) -> list[tuple[Column, int]]:
    """Return the columns shown at a terminal width, each with its cells; ``needed`` says what its rows would take."""
    shown = [column for column in columns if width >= column.from_width]
    sizes = {column.title: _cells(column, width, needed(column) if column.most else 0) for column in shown}
    left = width - CURSOR_CELLS - sum(sizes.values()) - (len(shown) - 1)
    for column in shown:
        if column.least and left < DESCRIPTION_CELLS:
            least = max(column.least, min(needed(column), column.most))
            given = max(0, min(DESCRIPTION_CELLS - left, sizes[column.title] - least))
            sizes[column.title] -= given
            left += given
    left -= EDGE_CELLS if left > DESCRIPTION_CELLS else 0
    return [(column, max(8, left) if column.width is None else sizes[column.title]) for column in shown]


def _cells(column: Column, width: int, needed: int) -> int:
    cells = (column.wide_width if column.wide_width and width >= 100 else column.width) or 0
    while cells < min(needed, column.most):
        cells = min(cells + STEP, column.most)
    return cells


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Return text in exactly ``width`` cells; what does not fit ends in ``…``, and goes through no request number."""
    if cell_len(text) > width:
        if width <= 0:
            return ""
        cut = set_cell_size(text, width - 1)
        whole = whole_numbers(cut.rstrip(" ") if cut.endswith(" ") and not text.startswith(cut) else cut, text)
        return padded(whole + CUT, width)
    return padded(text, width, right=right)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return text in ``width`` cells, or in more where it needs them."""
    pad = " " * (width - cell_len(text))
    return pad + text if right else text + pad
