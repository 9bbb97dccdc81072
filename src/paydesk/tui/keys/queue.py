"""Keys, one after the other: the next is handed on when the one before has done all it does, its new screen included.

Textual hands a key to what has the focus at that moment. Who types ahead, or types while a screen is opening, would
lose keys to the screen underneath.
"""

import asyncio
import time

from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.message_pump import MessagePump

from paydesk.tui.keys.port import KeyApp
from paydesk.tui.textual_private import key_of

_PATIENCE_S = 5.0
"""A key that takes longer than this is not waited for."""
_POLL_S = 0.005


def apart(event: Key) -> list[Key]:
    """Return esc and a key as two, which a terminal joins to alt and that key when they come close together."""
    if not (event.key.startswith("alt+") and event.character):
        return [event]
    keys = [Key("escape", "\x1b"), Key(key_of(event.character), event.character)]
    for key in keys:
        key.time = event.time
    return keys


class KeyLine:
    """The line of keys of one application."""

    def __init__(self, app: KeyApp) -> None:
        self._app = app
        self._waiting: asyncio.Queue[tuple[Key | Paste, float]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def take(self, event: Key | Paste) -> None:
        """Put a key, or a paste, at the end of the line, with the time at which it came.

        That is when it was read from the terminal: two keys that a busy desk takes at once were not typed at once.
        """
        came_at = self._app.clock() - _waited_s(event)
        if isinstance(event, Key):
            self._app.note_key(event, came_at)
        self._waiting.put_nowait((event, came_at))

    def start(self) -> None:
        """Begin to hand keys on; call it in the application's own context."""
        self._task = asyncio.create_task(self._hand_on(), name="keys")

    async def _hand_on(self) -> None:
        while True:
            event, came_at = await self._waiting.get()
            target: DOMNode = self._app.focused or self._app.screen
            before = self._app.screen
            await self._app.press(event, came_at)
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await self._done(target)
                    self._app.screen.call_after_refresh(self._app.key_done)
                    if self._app.screen is not before:
                        await self._screen_stands()
            except TimeoutError:
                continue

    async def _done(self, target: DOMNode) -> None:
        """Wait until the key has gone all the way up from where it began."""
        for node in target.ancestors_with_self:
            await _reached(node)
        await _reached(self._app)

    async def _screen_stands(self) -> None:
        """Wait until the new screen is there and, if anything on it can have the focus, something has it."""
        screen = self._app.screen
        while not screen.is_mounted or (screen.focused is None and screen.AUTO_FOCUS != "" and screen.focus_chain):
            await asyncio.sleep(_POLL_S)
        await _reached(screen)


def _waited_s(event: Key | Paste) -> float:
    """Return how long ago a key was read from the terminal."""
    return time.monotonic() - event.time


async def _reached(node: MessagePump | KeyApp) -> None:
    """Wait until a node has dealt with everything that was sent to it so far."""
    dealt_with = asyncio.get_running_loop().create_future()

    def note_dealt_with() -> None:
        if not dealt_with.done():
            dealt_with.set_result(None)

    if not node.call_later(note_dealt_with):
        return
    await dealt_with
