"""Long lines on a terminal: broken between words alone, so that a path or a number can be read and copied."""

import re
import shutil
import sys

import click
from rich.cells import cell_len

from paydesk.domain.filter_text import FilterError
from paydesk.domain.text import visible

_LEAST = 30
"""What goes on under its beginning gets so many cells at least, else it goes on further left."""
_LEFT = 4


def wrapped(text: str, width: int, hang: int = _LEFT) -> str:
    """Return text in lines of so many cells, each but the first ``hang`` cells from the left.

    A word that is longer than a line stays whole, in a line of its own.
    """
    begin = " " * (hang if width - hang >= _LEAST else _LEFT)
    lines, line = [], ""
    for word in re.findall(r"\s*\S+", text):
        if line.strip() and cell_len(line + word) > width:
            lines.append(line)
            line = begin + word.lstrip()
        else:
            line += word
    return "\n".join([*lines, line])


def on_lines(text: str, hang: int = _LEFT) -> str:
    """Return text as this terminal shows it best; what goes to a file or a program stays one line."""
    return wrapped(text, shutil.get_terminal_size().columns, hang) if sys.stdout.isatty() else text


def pointed(error: FilterError) -> str:
    """Return the filter that was typed, and below it a mark under the fault, in the cells of a terminal."""
    return f"{visible(error.typed)}\n{' ' * cell_len(error.before)}^"


def tell(text: str, hang: int = _LEFT) -> None:
    """Print text so, fit for a terminal whatever is in it."""
    click.echo(on_lines(visible(text), hang))
