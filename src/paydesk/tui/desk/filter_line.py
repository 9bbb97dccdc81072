"""The line in which a filter is typed: it completes fields and values, and points at what cannot be read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from paydesk.domain.copy import RequestCopy
from paydesk.domain.filter_completion import Suggestion, complete
from paydesk.domain.filter_text import FilterError, parse_filter
from paydesk.domain.filters import Filter
from paydesk.tui.state import LastFilters
from paydesk.tui.widgets.fields import Field
from paydesk.tui.widgets.lines import Line

_PROMPT_CELLS = 2
_SHOWN = 6
Seen = Callable[[], tuple[Iterable[str], Iterable[str]]]
"""Returns the contractors and the currencies that are in sight."""


def in_sight(rows: Sequence[RequestCopy]) -> tuple[list[str], list[str]]:
    """Return the contractors and the currencies of these rows."""
    terms = [row.terms for row in rows if row.terms is not None]
    names = {row.contractor for row in rows if row.contractor}
    return list(names), list({row_terms.money.currency for row_terms in terms})


class FilterField(Field):
    """The field; up and down bring back the filters that were used last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="filter.leave", key_display="esc", tooltip="Leave the filter as it was"),
        Binding("tab", "complete", "Complete", id="filter.complete", tooltip="Take the first suggestion"),
        Binding("ctrl+u", "clear", "Clear", show=False, id="filter.clear", tooltip="Clear the whole line"),
        Binding("up", "older(1)", "Last used", show=False, id="filter.older", tooltip="A filter used before"),
        Binding("down", "older(-1)", "Newer", show=False, id="filter.newer", tooltip="A filter used later"),
    ]

    class Left(Message):
        """Nothing is changed."""

    def __init__(self, last: LastFilters, seen: Seen) -> None:
        super().__init__(id="filter-field", compact=True, select_on_focus=False)
        self._last = last
        self._seen = seen
        self._back = 0

    def begin(self, typed: str) -> None:
        """Show the filter that stands."""
        self._back = 0
        self.value = typed
        self.cursor_position = len(typed)

    def suggestions(self) -> tuple[Suggestion, ...]:
        """Return what may come at the cursor."""
        return complete(self.value, self.cursor_position, *self._seen())

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.post_message(self.Left())

    def action_clear(self) -> None:
        """Clear all of it: after a fault the cursor stands in the middle, and a person means the line."""
        self.clear()

    def action_complete(self) -> None:
        """Take the first suggestion."""
        suggestions = self.suggestions()
        if suggestions:
            self.value = suggestions[0].taken(self.value)
            self.cursor_position = suggestions[0].start + len(suggestions[0].text)

    def action_older(self, by: int) -> None:
        """Bring back a filter that was used."""
        back = max(0, min(len(self._last.typed), self._back + by))
        if back != self._back:
            self._back = back
            self.value = self._last.typed[-back] if back else ""
            self.cursor_position = len(self.value)


class FilterLine(Vertical):
    """Hidden until ``/``; enter applies, esc leaves."""

    @dataclass
    class Applied(Message):
        """A person wants to see what fits this filter."""

        filter: Filter

    class Closed(Message):
        """The line is hidden again."""

    def __init__(self, last: LastFilters, seen: Seen) -> None:
        super().__init__(id="filter-line")
        self._last = last
        self._seen = seen

    def compose(self) -> ComposeResult:
        """Lay out the field, and what helps to fill it in."""
        with Horizontal(id="filter-row"):
            yield Static("/ ", id="filter-prompt", markup=False)
            yield FilterField(self._last, self._seen)
        yield Line(id="filter-help")

    @property
    def field(self) -> FilterField:
        """The field."""
        return self.query_one(FilterField)

    def open(self, standing: Filter) -> None:
        """Show the line with the filter that stands in it."""
        typed = str(standing)
        self.display = True
        self.field.begin(f"{typed} " if typed else "")
        self._help()
        self.field.focus()

    @on(Input.Changed)
    def _changed(self, message: Input.Changed) -> None:
        message.stop()
        self._help()

    def _help(self) -> None:
        suggestions = self.field.suggestions()
        text = "  ".join(suggestion.text for suggestion in suggestions[:_SHOWN])
        if len(suggestions) > _SHOWN:
            text += "  …"
        elif len(suggestions) == 1:
            text = f"{suggestions[0].text}   {suggestions[0].says}"
        keys = ("tab completes" if suggestions else "", "enter applies" if self._readable() else "")
        self.query_one("#filter-help", Line).say(
            f"  {text}" if suggestions else "", ", ".join(key for key in keys if key)
        )

    def _readable(self) -> bool:
        """Whether what is typed can be applied as it is."""
        try:
            parse_filter(self.field.value)
        except FilterError:
            return False
        return True

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        try:
            typed = parse_filter(message.value)
        except FilterError as error:
            self._point_at(error)
            return
        if typed.conditions:
            self._last.add(str(typed))
        self.close()
        self.post_message(self.Applied(typed))

    def _point_at(self, error: FilterError) -> None:
        """Put a mark under the first character at fault, and the reason beside it, or before where it is far right."""
        self.field.cursor_position = min(error.at, len(error.typed))
        before = _PROMPT_CELLS + cell_len(error.before) - round(self.field.scroll_offset.x)
        line, cells = self.query_one("#filter-help", Line), self.size.width - 2
        beside = f"{' ' * before}^ {error.message}"
        if cell_len(beside) > cells:
            reason = error.message if cell_len(error.message) < before else f"{error.message[: max(0, before - 2)]}…"
            beside = beside if before < cells // 2 else f"{reason.ljust(before)}^"
        line.say(beside, "", "trouble", before + 2 if beside.lstrip().startswith("^") else 0)

    @on(FilterField.Left)
    def _left(self, message: FilterField.Left) -> None:
        message.stop()
        self.close()

    def close(self) -> None:
        """Hide the line."""
        self.display = False
        self.post_message(self.Closed())
