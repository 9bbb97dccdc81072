"""What people type into: a field holds what came, and shows it fit for a terminal, whatever it is."""

import codecs
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.widgets import Input

from paydesk.domain.text import visible


class Field(Input, inherit_bindings=False):
    """One line of text; ``^x`` is left to the screen. Textual's own passes escape sequences on to the terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        each for each in Input.BINDINGS if not (isinstance(each, Binding) and "ctrl+x" in each.key)
    ]

    @property
    def _value(self) -> Text:
        return Text(visible(self.value), no_wrap=True, overflow="ignore", end="")

    def _on_paste(self, event: Paste) -> None:
        """Take all lines as one; Textual's own would drop all but the first without a word."""
        event.stop()
        event.prevent_default()
        line = event.text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").replace("\n", " ")
        if line:
            self.replace(line, *sorted(self.selection))


_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_LOST = {0x1B: "\ufffd", 0x00: "\ufffd"}


class _Decoder:
    """Reads a terminal's bytes as text; a paste keeps neither escape characters nor NUL."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._inside = False
        self._rest = ""

    def decode(self, data: bytes, final: bool = False) -> str:
        """Return the text of the next bytes."""
        text, self._rest, told = self._rest + self._decode(data, final), "", []
        while text:
            head, mark, text = text.partition(_PASTED if self._inside else _PASTE)
            if self._inside:
                begun = "" if mark else next((_PASTED[:n] for n in range(5, 0, -1) if head.endswith(_PASTED[:n])), "")
                self._rest = begun
                head = head.removesuffix(begun).translate(_LOST)
            told.append(head + mark)
            self._inside = self._inside != bool(mark)
        return "".join(told)


def take_any_bytes() -> None:
    """Have bytes that are not UTF-8, and the escape characters and NULs of a paste, read as U+FFFD, which is refused.

    Textual's driver would end the program on the first; its parser would take the second for keys and drop the third.
    """
    try:
        from textual.drivers import linux_driver
    except ImportError:
        return  # A system without terminals of this kind.
    linux_driver.getincrementaldecoder = lambda _: _Decoder  # type: ignore[assignment, attr-defined]
