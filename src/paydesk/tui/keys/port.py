"""What the keys need of the application that shows a desk; met by the real one."""

from collections.abc import Callable, Mapping
from typing import Protocol

from textual.events import Key, Paste
from textual.screen import Screen
from textual.widget import Widget


class KeyApp(Protocol):
    """The application, as far as the queue of the keys, their names and the palette ask it; called on the loop."""

    clock: Callable[[], float]
    """Returns seconds, as guards and the queue count them."""
    other_keys: Mapping[str, str]
    """The keys that are not the usual ones, by the name of what they do."""

    @property
    def focused(self) -> Widget | None:
        """Return what has the keyboard."""

    @property
    def screen(self) -> Screen[object]:
        """Return the screen on top."""

    def call_later(self, callback: Callable[[], None]) -> bool:
        """Call something once all messages before it are dealt with.

        Returns:
            Whether it will be called.
        """

    def note_key(self, event: Key, came_at: float) -> None:
        """Note that a key came, before it is handed on."""

    async def press(self, event: Key | Paste, came_at: float) -> None:
        """Hand one key or paste, which came at this time, to what has the focus."""

    def key_done(self) -> None:
        """Go on with what waited for a key and its frame."""

    def acts_unseen(self, action: str) -> bool:
        """Return whether an action is about a row that is not on the screen; it is then shown, and a notice says so."""

    def show_theme(self, name: str) -> None:
        """Change the look, from now on and at the next start."""
