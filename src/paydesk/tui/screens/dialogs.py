"""Small windows over a desk: a question that only ``y`` answers, and the keys, built from the bindings."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from paydesk.domain.text import clean
from paydesk.tui.keys.names import in_order, key_named

_KEY_CELLS = 7


class Confirm(ModalScreen[bool]):
    """A question: ``y`` is yes, everything that leaves it is no; enter does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,q", "answer(False)", "No", id="confirm.no", key_display="esc"),
    ]

    def __init__(self, question: str, lines: Sequence[str] = ()) -> None:
        super().__init__()
        self._question = question
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Lay out the question, what it is about, and the two keys."""
        with Vertical(classes="dialog"):
            yield Static(Content(clean(self._question)), classes="dialog-title", markup=False)
            for line in self._lines:
                yield Static(Content(clean(line)), markup=False)
            yes = key_named(self.app, "confirm.yes", "y")
            yield Static(Content(f"{yes} yes   esc no"), classes="dialog-keys", markup=False)

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)


class KeyList(Static):
    """Keys and what they do; what needs two lines goes on beside its key and not under it."""

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(self._laid_out(keys, 80), markup=False)
        self._keys = keys

    def on_resize(self) -> None:
        """Break the lines where the column ends now."""
        self.update(self._laid_out(self._keys, max(1, self.content_size.width - _KEY_CELLS)))

    @staticmethod
    def _laid_out(keys: Sequence[tuple[str, str]], cells: int) -> Content:
        lines = []
        for key, meaning in keys:
            for place, part in enumerate(Content(clean(meaning)).wrap(cells)):
                named = ("" if place else key).ljust(_KEY_CELLS)
                lines.append(Content.assemble((named, "$accent"), part))
        return Content("\n").join(lines)


class Help(ModalScreen[None]):
    """The keys of the screen underneath."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "close", "Close", id="help.close", key_display="esc"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="help.down", key_display="j ↓"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="help.up", key_display="k ↑"),
    ]

    def __init__(self, of: Screen[object]) -> None:
        super().__init__()
        self._keys = keys_of(of)

    def compose(self) -> ComposeResult:
        """Lay out one line a key, in two columns."""
        half = -(-len(self._keys) // 2)
        with VerticalScroll(classes="dialog wide", id="help"):
            yield Static("Keys", classes="dialog-title", markup=False)
            with Horizontal(classes="key-columns"):
                for keys in (self._keys[:half], self._keys[half:]):
                    yield KeyList(keys)
            yield Static("esc closes   j k scroll", classes="dialog-keys", markup=False)

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Scroll, where there are more keys than lines."""
        self.query_one("#help").scroll_relative(y=by, animate=False)


def keys_of(screen: Screen[object]) -> list[tuple[str, str]]:
    """Return key and meaning of everything that works on a screen now, in the order it was declared."""
    bindings = [active.binding for active in in_order(screen)]
    works = [binding for binding in bindings if binding.description and not binding.system]
    return [(screen.app.get_key_display(binding), binding.tooltip or binding.description) for binding in works]
