"""The line of keys at the bottom: which of them do something now, each in its usual place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.events import Leave, MouseDown, MouseMove
from textual.screen import Screen
from textual.widget import Widget

from paydesk.domain.text import clean
from paydesk.tui.keys.names import in_order

LESS_NEEDED = ("manager.undo", "desk.filter", "table.open")
"""What is left out first where not all keys have room; nothing is ever cut in two."""


@dataclass(frozen=True, slots=True)
class LineKey:
    """One key of the line, and whether it does something now; what does nothing is faint and keeps its place."""

    binding: Binding
    text: str
    lives: bool

    @property
    def cells(self) -> int:
        """Return how much room it takes."""
        return cell_len(self.text) + cell_len(self.binding.description) + 3


def lives(node: DOMNode, binding: Binding) -> bool | None:
    """Return whether a key does something now; None where it is not shown.

    A node with a method ``key_lives`` says so for its own keys; of others those are shown that are declared so.
    """
    usual = True if binding.show else None
    own = getattr(node, "key_lives", None)
    return usual if own is None else own(binding.action, usual)


class KeyFooter(Widget):
    """Painted as one line, as it follows the cursor. A click presses the key, also where that only says why not."""

    DEFAULT_CSS = """
    KeyFooter { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[LineKey, ...] = ()
        self._under_mouse: LineKey | None = None

    @property
    def keys(self) -> Sequence[LineKey]:
        """The keys that are shown."""
        return self._keys

    def on_mount(self) -> None:
        """Follow what has the focus, and which screen is on top."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self.app.screen_change_signal.subscribe(self, self._changed, immediate=True)

    def _changed(self, _: Screen[object]) -> None:
        self.update_keys()

    def on_resize(self) -> None:
        """Show what has room now."""
        self.update_keys()

    def update_keys(self) -> None:
        """Show which keys do something now: none at all behind another screen, where all of them are dead.

        While another window has the keyboard nothing has the focus; what is shown stays, as it is so again at once.
        """
        if self.app.screen is self.screen and not self.app.app_focus:
            return
        keys = self._keys_now() if self.app.screen is self.screen else ()
        if keys != self._keys:
            self._keys, self._under_mouse = keys, None
            self.refresh()

    def _keys_now(self) -> tuple[LineKey, ...]:
        keys = []
        for active in in_order(self.screen):
            alive = lives(active.node, active.binding)
            if alive is not None:
                keys.append(LineKey(active.binding, clean(self.app.get_key_display(active.binding)), alive))
        for name in LESS_NEEDED:
            if sum(key.cells for key in keys) > self.size.width:
                keys = [key for key in keys if key.binding.id != name]
        return tuple(keys)

    def render(self) -> Content:
        """Return the line."""
        return Content.assemble(*(self._painted(key) for key in self._keys))

    def _painted(self, key: LineKey) -> Content:
        text, does = f" {key.text} ", f"{key.binding.description} "
        if not key.lives:
            return Content.styled(text + does, "$secondary")
        behind = " on $block-hover-background" if key is self._under_mouse else ""
        return Content.assemble(
            (text, f"bold $footer-key-foreground{behind}"), (does, f"$footer-description-foreground{behind}")
        )

    def _at(self, x: int) -> LineKey | None:
        for key in self._keys:
            x -= key.cells
            if x < 0:
                return key
        return None

    def on_mouse_down(self, event: MouseDown) -> None:
        """Press the key."""
        event.stop()
        if (key := self._at(event.x)) is not None:
            self.app.simulate_key(key.binding.key)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Show what a click would press."""
        self._point_at(self._at(event.x))

    def on_leave(self, _: Leave) -> None:
        """Point at nothing."""
        self._point_at(None)

    def _point_at(self, key: LineKey | None) -> None:
        if key is not self._under_mouse:
            self._under_mouse = key
            self.tooltip = key.binding.tooltip or None if key is not None else None
            self.refresh()
