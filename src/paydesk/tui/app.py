"""The application around a desk: looks, palette, how it ends; everything else is in the pane."""

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from rich.segment import Segment
from textual import constants, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Event, Key, Paste
from textual.filter import LineFilter
from textual.screen import ModalScreen
from textual.theme import Theme
from textual.widgets import Input

from paydesk.domain.text import clean
from paydesk.infra.core import ui_priority
from paydesk.settings import THEME_KEY
from paydesk.tui.desk.pane import RequestListPane
from paydesk.tui.keys.footer import KeyFooter
from paydesk.tui.keys.palette import DeskCommands
from paydesk.tui.keys.queue import KeyLine, apart
from paydesk.tui.messages import DeskFailed, DeskStarted
from paydesk.tui.screens.base import fit
from paydesk.tui.screens.dialogs import Help
from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.text.ascii import key_in_ascii, only_ascii, to_ascii
from paydesk.tui.textual_private import DeskStylesheet
from paydesk.tui.themes import DUSK, PAPER, THEMES, theme_named
from paydesk.tui.widgets.fields import Field
from paydesk.waiting import said_by, waiting_for

SWITCH_S = 0.0003
"""So long the screen waits at most for a thread that computes; Python's own 5 ms are felt at each step of a frame."""
CLOSING = "what is held to be sent, and for this desk to close"


_NOT_ENDING = (
    *("SIGKILL", "SIGSTOP", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"),
    *("SIGINT", "SIGPIPE", "SIGXFSZ", "SIGINFO"),
    *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"),
)
"""Signals that do not end a program, that Python itself takes, or after which no program can go on."""


def ending_signals() -> Iterator[int]:
    """Yield every signal that would end the program at once, and leave the terminal as it is."""
    kept = {getattr(signal, name) for name in _NOT_ENDING if hasattr(signal, name)}
    yield from sorted(signal.valid_signals() - kept)


QUITS = "q quits; ^q too, where the terminal lets it through."
MAX_PASTED = 4000
"""Characters that are taken of a paste: more than any field may hold, and few enough to be laid out at each key."""


class AsciiMarks(LineFilter):
    """Paints every line in ASCII marks."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line with other marks."""
        del background  # Colours stay as they are.
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


class DeskApp(App[None]):
    """Desks in a terminal. After ``run``: ``parting`` is a sentence, ``failure`` what kept a desk from opening."""

    CSS_PATH = Path(__file__).with_name("paydesk.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {DeskCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (28, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "how_to_quit", "How to quit", show=False, system=True, priority=True, id="app.how_to_quit"),
        Binding("ctrl+q", "quit", "Quit", show=False, system=True, id="app.quit"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend", key_display="^z"),
    ]

    def __init__(
        self,
        *panes: RequestListPane[Any],
        clock: Callable[[], float] = time.monotonic,
        look: str = "",
        keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.other_keys = keys
        """The keys that are not the usual ones, by the name of what they do."""
        self.clock = clock
        self.key_came_at = clock()
        self.panes = panes
        self.parting = ""
        self.failure: Exception | None = None
        self.quit_by_person = False
        """Whether a person asked for the end: a signal or a fault leaves held what is held."""
        self.say_while_closing: Callable[[str], object] = lambda _: None
        """Says a sentence where a person sees it, once the screen is gone."""
        self._keys = KeyLine(self)
        self._alone = False
        """Whether this is the one program of its process, and not a part of another."""
        self.stylesheet = DeskStylesheet(variables=self.theme_variables)
        for theme in THEMES:
            self.register_theme(theme)
        self.kept = panes[0].kept
        asked = look or os.environ.get(THEME_KEY) or os.environ.get("TEXTUAL_THEME", "")
        wanted = asked or self.kept.theme
        chosen = theme_named(wanted) or (wanted if wanted in self.available_themes else DUSK.name)
        self._no_such_theme = bool(asked) and not chosen.endswith(asked)
        # Textual took the variable before it knew these two looks: only a change makes it look again.
        self.theme = PAPER.name if chosen == DUSK.name else DUSK.name
        self.theme = self._theme_at_start = chosen
        self._ascii = only_ascii(os.environ)
        self.set_class(self._ascii, "-ascii")

    def compose(self) -> ComposeResult:
        """Lay out the desks and the keys."""
        fit(self.screen)
        yield from self.panes
        yield KeyFooter()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every painted line goes through."""
        filters = super().get_line_filters()
        return [*filters, AsciiMarks()] if self._ascii else filters

    def get_key_display(self, binding: Binding) -> str:
        """Return the name of a key, as this terminal can show it."""
        key = super().get_key_display(binding)
        return key_in_ascii(key) if self._ascii else key

    def get_driver_class(self) -> type[Driver]:
        """Return what reads the terminal and paints on it."""
        if sys.platform == "win32" or constants.DRIVER is not None:
            return super().get_driver_class()
        from paydesk.tui.textual_private import DeskDriver

        return DeskDriver

    def on_load(self) -> None:
        """Leave the terminal in order when a signal ends the program: before anything is painted on it."""
        loop = asyncio.get_running_loop()
        for number in ending_signals():
            try:
                loop.add_signal_handler(number, self.exit)
            except (NotImplementedError, RuntimeError, ValueError):
                return  # Not the main thread, or a system without signals.

    def on_mount(self) -> None:
        """Begin to take keys, with the look that was chosen."""
        self.panes[0].query("RequestTable").first().focus()
        self.set_keymap(dict(self.other_keys))
        self._keys.start()
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if self._no_such_theme:
            self.notify("There is no look of that name; there are dusk, paper and contrast.", markup=False)

    async def on_event(self, event: Event) -> None:
        """Take keys one after the other, so that none is lost to a screen that is still opening."""
        if isinstance(event, (Key, Paste)) and not self.screen_stack:
            return  # The desk is closing.
        if isinstance(event, Key) and not event.is_forwarded:
            for key in apart(event):
                self._keys.take(key)
            return
        if isinstance(event, Paste) and not event.is_forwarded:
            self._keys.take(event)
            return
        await super().on_event(event)

    def note_key(self, event: Key, came_at: float) -> None:
        """Tell the desks that a printable key came, outside of a field."""
        if event.is_printable and not isinstance(self.focused, Input):
            for pane in self.panes:
                pane.typed(came_at)

    async def press(self, event: Key | Paste, came_at: float) -> None:
        """Hand one key or paste, which came at this time, to what has the focus."""
        if isinstance(event, Paste):
            event.text = event.text[:MAX_PASTED]
        if isinstance(event, Paste) and not isinstance(self.focused, Field):
            event.text = clean(event.text)  # Such as into the palette, whose field is Textual's own.
        self.key_came_at = came_at
        if any(pane.leaving for pane in self.panes):
            return  # Whoever quit means nothing more here.
        ui_priority.take()
        if not (isinstance(event, Key) and (self._hides_tip(event.key) or self._acts_unseen(event.key))):
            await super().on_event(event)

    def key_done(self) -> None:
        """Go on with what waited for a key and its frame."""
        ui_priority.leave()
        for pane in self.panes:
            pane.drain(key_done=True)

    def _acts_unseen(self, key: str) -> bool:
        """Keep a key from acting on a row that is not on the screen."""
        active = self.screen.active_bindings.get(key)
        return active is not None and self.acts_unseen(active.binding.action)

    def acts_unseen(self, action: str) -> bool:
        """Whether an action is about a row of a list that is not on the screen; it is then shown, and said."""
        focused = self.focused
        return isinstance(focused, RequestTable) and any(
            pane.acts_unseen(action) for pane in self.panes if pane.table is focused
        )

    def _hides_tip(self, key: str) -> bool:
        """Hide the tip at the first key that does something; whether that is all that the key does."""
        panes = [pane for pane in self.panes if pane.lines.tip_stood and pane.kept.tip_due]
        if not panes or len(self.screen_stack) > 1 or key not in self.screen.active_bindings:
            return False
        hid = key == "escape" and any(pane.lines.tip_stands for pane in panes)
        for pane in panes:
            pane.tip_seen()
        return hid

    def _keep_theme(self, theme: Theme) -> None:
        if theme.name != self._theme_at_start:
            self._theme_at_start = theme.name
            self.kept.keep_theme(theme.name)

    def run(self, *args: Any, **options: Any) -> Any:
        """Run until it ends; then close, and keep the sentence. Only a person who quits releases what is held."""
        self._alone = True
        sys.setswitchinterval(SWITCH_S)
        try:
            return super().run(*args, **options)
        finally:
            with said_by(self.say_while_closing), waiting_for(CLOSING):
                sentences = [pane.desk.close(quits=self.quit_by_person) for pane in self.panes if pane.desk is not None]
            self.parting = " ".join(line for line in sentences if line)

    @on(DeskStarted)
    def _desk_started(self) -> None:
        if self._alone:
            gc.freeze()  # What is there now stays: no collection stops a key to look through it again.

    @on(DeskFailed)
    def _desk_failed(self, message: DeskFailed) -> None:
        self.failure = message.error
        self.exit(return_code=1)

    async def action_quit(self) -> None:
        """Leave the desks; the last one that has done what was asked for ends the program."""
        gone: set[RequestListPane[Any]] = set()

        def go(pane: RequestListPane[Any]) -> None:
            gone.add(pane)
            if len(gone) == len(self.panes):
                self.quit_by_person = True
                self.exit()

        for pane in self.panes:
            pane.leave(partial(go, pane))

    def action_help(self) -> None:
        """Show the keys of the screen on top."""
        self.push_screen(Help(self.screen))

    def action_how_to_quit(self) -> None:
        """Say how to quit: ^c in a terminal program is as often a copy as a goodbye."""
        if isinstance(self.screen, ModalScreen):
            self.notify("esc goes back; then q quits.", markup=False)
            return
        typing = isinstance(self.focused, Input)
        sentence = "^q quits, where the terminal lets it through; esc and then q too." if typing else QUITS
        for pane in self.panes:
            pane.notice(sentence)

    def action_suspend_process(self) -> None:
        """Suspend all of the terminal's job: a ``make`` that started this would else wait, and no prompt come.

        Textual stops its own process alone. The terminal is as the shell left it before anybody stops.
        """
        if self._driver is not None and self._driver.can_suspend:
            with self.suspend():
                os.kill(0, signal.SIGSTOP)

    def open_url(self, url: str, *, new_tab: bool = True) -> None:  # noqa: ARG002
        """Open a link in a browser; where there is none, say so and show the link."""
        self.panes[0].open_link(url)

    def action_command_palette(self) -> None:
        """Show everything that can be done here."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(id="--command-palette"))

    def show_theme(self, name: str) -> None:
        """Change the look, from now on and at the next start."""
        self.theme = name
