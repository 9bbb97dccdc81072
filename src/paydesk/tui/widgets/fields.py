"""What people type into: a field holds what came, and shows it fit for a terminal, whatever it is."""

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.widgets import Input

from paydesk.domain.text import on_one_line, visible


class Field(Input, inherit_bindings=False):
    """One line of text; ``^x`` is left to the screen. Textual's own passes escape sequences on to the terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in Input.BINDINGS if not (isinstance(binding, Binding) and "ctrl+x" in binding.key)
    ]

    @property
    def _value(self) -> Text:
        return Text(visible(self.value), no_wrap=True, overflow="ignore", end="")

    def _on_paste(self, event: Paste) -> None:
        """Take all lines as one, and a tab as a blank; Textual's own would drop all but the first without a word."""
        event.stop()
        event.prevent_default()
        line = on_one_line(event.text.strip("\r\n"))
        if line:
            self.replace(line, *sorted(self.selection))
