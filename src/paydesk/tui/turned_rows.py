"""A list that a person turns by wheel and scrollbar, through a million rows if need be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual.events import MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp

from paydesk.infra.core.query import Start, Way
from paydesk.tui.columns import Column
from paydesk.tui.painted_rows import PaintedRows

_WHEEL = 3


class TurnedRows(PaintedRows, inherit_bindings=False):
    """The cursor comes along where the list is turned, so that it is never on a request out of sight."""

    @dataclass
    class Elsewhere(Message):
        """Rows are wanted from another place of the list."""

        start: Start

    def __init__(self, columns: Sequence[Column], now: Callable[[], datetime], empty: str, *, id: str) -> None:
        super().__init__(columns, now, empty, id=id)
        self._total = 0
        self._aim: Way | None = None
        """Where the cursor goes once rows from elsewhere are here; until then it is on no request."""

    def count(self, total: int) -> None:
        """Note how many rows there are in all, held or not."""
        self._total = total
        self._sized()

    def _sized(self) -> None:
        known = self._edges.before + len(self._rows)
        lines = max(self._total, known + 1) if self._edges.below else known
        self._be_long(lines + 1)

    def _go(self, place: int) -> None:
        raise NotImplementedError

    def _look_from(self, line: float) -> None:
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
        self._look_from(self.scroll_y + _WHEEL)

    def _on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self._look_from(self.scroll_y - _WHEEL)

    def _on_scroll_to(self, message: ScrollTo) -> None:
        message.stop()
        message.prevent_default()
        if message.y is not None:
            self._look_from(message.y)

    def _on_scroll_down(self, event: ScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self._look_from(self.scroll_y + self.size.height - 1)

    def _on_scroll_up(self, event: ScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self._look_from(self.scroll_y - self.size.height + 1)
