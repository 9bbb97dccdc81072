"""The lines that stand on every desk: who and where at the top, what was just done, and how the parts are."""

import sys
from datetime import datetime

from textual.content import Content
from textual.widgets import Static

from paydesk.domain.text import clean
from paydesk.infra.core.health import Health
from paydesk.role_names import RoleName
from paydesk.tui.table.columns import fitted
from paydesk.tui.text.request import indented
from paydesk.tui.text.wording import clock_text, health_words, live_text


def put(static: Static, text: Content) -> None:
    """Show text; the screen is laid out anew, which takes longer than to paint, only where it may need other lines."""
    lines, size = text.split("\n", allow_blank=True), static.content_size
    fits = len(lines) == size.height and all(line.cell_length <= size.width for line in lines)
    static.update(text, layout=static.styles.is_auto_height and not fits)


_APART = 3
"""So many blanks tell one thing on a line from the next."""


class Line(Static):
    """One line of plain text: never markup, never a control character, painted only when it changed.

    What is too long is cut, or goes on in the next line where the style sheet gives it more; what has a right end
    needs ``wraps`` for that.
    """

    def __init__(self, *, id: str, wraps: bool = False) -> None:
        super().__init__("", id=id, markup=False)
        self._wraps = wraps
        self._texts: tuple[str, str, str] = ("", "", "")
        self._aside = ""
        self._hang = 0

    def say(self, left: str, right: str = "", look: str = "", hang: int = 0, brief: str = "") -> None:
        """Show text at the left and at the right end.

        Args:
            left: The text at the left.
            right: The text at the right end.
            look: The class that paints it, such as ``trouble``; empty: as plain text.
            hang: How far from the left further lines begin, in characters.
            brief: What stands in for ``right`` where that would touch the text at the left.
        """
        self._hang = hang
        for name in ("trouble", "good", "muted"):
            self.set_class(look == name and bool(left), name)
        if self._texts != (left, right, brief):
            self._texts = (left, right, brief)
            self._paint()

    def say_aside(self, text: str) -> None:
        """Show text at the right end from now on, wherever there is room beside what is said."""
        if text != self._aside:
            self._aside = text
            self._paint()

    @property
    def text(self) -> str:
        """What stands at the left."""
        return self._texts[0]

    def on_resize(self) -> None:
        """Bring the right end to the right end."""
        self._paint()

    def _paint(self) -> None:
        left, right, brief = (Content(clean(text)) for text in self._texts)
        if brief and left.cell_length + right.cell_length + _APART > self._cells:
            right = brief
        if self._aside and not right and left.cell_length + len(self._aside) < self._cells:
            right = Content.styled(self._aside, "$accent")
        if not right:
            self._show(self._hung(left))
            return
        rest: list[Content] = []
        gap = self._cells - left.cell_length - right.cell_length
        if gap < 1:
            cells = max(1, self._cells - right.cell_length - 1)
            left, *rest = left.wrap(cells) if self._wraps else [Content(fitted(left.plain, cells))]
            gap = self._cells - left.cell_length - right.cell_length
        self._show(Content("\n").join([Content.assemble(left, " " * max(1, gap), right), *rest]))

    @property
    def _cells(self) -> int:
        """Cells of a line: the terminal's as long as this is not laid out."""
        return self.content_size.width or self.app.size.width - 2

    def _hung(self, text: Content) -> Content:
        width = self._cells
        if not self._hang or width <= self._hang or text.cell_length <= width:
            return text
        return indented(text[: self._hang], text.plain[self._hang :], width)

    def _show(self, text: Content) -> None:
        put(self, self._within(text))

    def _within(self, text: Content) -> Content:
        """Return text in the lines that there are; what has no room in them ends in ``…``."""
        cells, most = self._cells, self._most_lines
        lines = text.wrap(cells) if text.cell_length > cells else [text]
        if len(lines) <= most:
            return text
        last = fitted(f"{lines[most - 1].plain} {lines[most].plain}", cells)
        return Content("\n").join([*lines[: most - 1], Content(last.rstrip())])

    @property
    def _most_lines(self) -> int:
        """So many lines the style sheet gives it at most; where it names no limit, any number."""
        limits = [limit for limit in (self.styles.height, self.styles.max_height) if limit is not None]
        cells = [int(limit.value) for limit in limits if limit.is_cells]
        return max(1, min(cells, default=sys.maxsize))


class TopLine(Line):
    """Role, person, stack and whether the desk is live."""

    def show_health(self, role: str, person: str, health: Health | None, now: datetime, where: str) -> None:
        """Show who sits at which desk, and whether it is live.

        Args:
            role: The role of the desk.
            person: Who sits at it.
            health: How the parts are; None: that is not known yet.
            now: The time.
            where: What is said of the list.
        """
        stack = f" · {health.label}" if health is not None and health.label else ""
        live = live_text(health)
        self.say(f"paydesk {role}  {person}{stack}{where}", f"{live} {clock_text(now)}", "")


class HealthLine(Line):
    """How the parts are, trouble first."""

    def show_health(self, health: Health | None, role: RoleName) -> None:
        """Show it."""
        words = health_words(health, role)
        self.say(words.text, "", "trouble" if words.trouble else "muted")
