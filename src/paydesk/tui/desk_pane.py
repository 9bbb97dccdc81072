"""What both desks do alike: open behind the first frame, re-read what changed, run commands in order."""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from textual import on
from textual.binding import Binding, BindingType

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.health import Health
from paydesk.infra.core.query import Result
from paydesk.role_names import RoleName
from paydesk.tui.counting_pane import D
from paydesk.tui.filtering_pane import FilteringPane
from paydesk.tui.key_footer import KeyFooter
from paydesk.tui.lines import HealthLine, Line, TopLine
from paydesk.tui.messages import CommandEnded
from paydesk.tui.named_keys import first_hint
from paydesk.tui.outside import copied, not_opened, opens
from paydesk.tui.own_screen import OwnScreen
from paydesk.tui.port import Ended
from paydesk.tui.request_table import RequestTable
from paydesk.tui.room import make_room

LEAVE_S = 5.0
"""Who quits waits so long at most for what was asked for just before."""
READ_AGAIN_S = 5.0
READ_AGAIN_NOT_LIVE_S = 2.0
NOTICE_S = 8.0
LINK_S = 60.0
"""So long a link stands that is to be copied."""
AGE_S = 20.0
"""How often ages are painted anew: they are in whole minutes at their finest."""


class DeskPane(FilteringPane[D]):
    """One desk. A subclass says what it shows (``wanted``, ``shown``) and what its keys do."""

    role: ClassVar[RoleName]
    ROW_ACTIONS: ClassVar[frozenset[str]] = frozenset(
        {"approve", "reject", "revise", "withdraw", "mark", "range", "open", "copy_number"}
    )
    """What acts on the row under the cursor."""
    BINDINGS: ClassVar[list[BindingType]] = [
        *FilteringPane.BINDINGS,
        Binding("r", "reload", "Reload", show=False, id="desk.reload"),
        Binding("y", "copy_number", "Copy number", show=False, id="desk.copy"),
        Binding("question_mark", "app.help", "Keys", id="desk.help", key_display="?"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="desk.palette", key_display=": ^p"),
        Binding("2", "insights", "Insights", show=False, id="desk.insights"),
        Binding("3", "health", "Health", show=False, id="desk.health", tooltip="Health: every part, in words"),
        Binding("q", "app.quit", "Quit", id="desk.quit"),
    ]

    def __init__(self, make_desk: Callable[[], D], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self.health: Health | None = None
        self._commands: deque[tuple[Callable[[D], Result], Ended]] = deque()
        self._commanding = False
        self._leaving: Callable[[], object] | None = None
        self._leave_by = 0.0
        self._notice_until = 0.0
        self._aged_at = 0.0
        self.hinting = self.hinted = False
        """Whether the line shows what somebody new is told, and whether it ever did."""

    @property
    def person(self) -> str:
        """Who sits here; empty while that is not known."""
        return self.desk.person if self.desk is not None else ""

    @property
    def current(self) -> RequestCopy | None:
        """The request under the cursor."""
        return self.table.current

    def go_to(self, request_id: UUID) -> bool:
        """Put the cursor on a request; returns whether it is among the rows that are held."""
        return self.table.go_to(request_id)

    def typed(self, came_at: float) -> None:
        """Note that a printable key came at this time, outside of a field."""

    def on_resize(self) -> None:
        """Give the rows the room that they need."""
        self.call_after_refresh(self.give_room)

    def give_room(self) -> None:
        """Give the rows the room that they need."""
        make_room(self, self.app.size)

    def acts_unseen(self, action: str) -> bool:
        """Whether an action would act on the row under the cursor while that is not on the screen; it is then shown,
        where there is room for it, and said.
        """
        table = self.table
        if action.partition("(")[0] not in self.ROW_ACTIONS or table.current is None or table.cursor_is_seen:
            return False
        table.bring_to_cursor()
        number = table.current.number
        seen = f"The cursor is on {number}: look, then press again."
        self.notice(seen if table.size.height > 1 else f"Too few lines to show {number}: make the window higher.")
        return True

    def hint_seen(self) -> None:
        """Hide what somebody new is told, for ever."""
        self.kept.hinted()
        if self.hinting:
            self.notice(self.no_notice(), "good", 0)

    def ticked(self) -> None:
        """Paint what depends on the time."""

    # Commands: one after the other, in the order of the keys; before the desk is open they wait.

    def command(self, run: Callable[[D], Result], ended: Ended) -> None:
        """Run a command in a thread; ``ended`` is called on the loop with its result or its error."""
        self._commands.append((run, ended))
        self._next_command()

    def _next_command(self) -> None:
        if self._commanding or self.desk is None or not self._open_for_work or not self._commands:
            return
        self._commanding = True
        run, ended = self._commands.popleft()
        self.run_worker(partial(self._run, self.desk, run, ended), thread=True, group="command", exit_on_error=False)

    def _run(self, desk: D, run: Callable[[D], Result], ended: Ended) -> None:
        try:
            self.post_message(CommandEnded(ended, run(desk)))
        except Exception as error:
            self.post_message(CommandEnded(ended, error))

    @on(CommandEnded)
    def _command_ended(self, message: CommandEnded) -> None:
        message.stop()
        self._commanding = False
        outcome = message.outcome
        if isinstance(outcome, Result):
            self.table.put(outcome.copy)
            message.ended(outcome, None)
        else:
            self._leaving = None
            message.ended(None, outcome)
        self.read()
        self.show_keys()
        self._next_command()
        self._leave_if_done()

    @property
    def busy(self) -> bool:
        """Whether something that a key asked for is still to be done."""
        return self._commanding or bool(self._commands)

    @property
    def leaving(self) -> bool:
        """Whether the person quit, and what was asked for before is still to be done."""
        return self._leaving is not None

    def leave(self, go: Callable[[], object]) -> None:
        """Call ``go`` once what keys asked for is done; where it is refused the desk stays, and says why."""
        if self.busy:
            self.notice("Leaving as soon as it is done …", "", LEAVE_S)
        self._leaving, self._leave_by = go, time.monotonic() + LEAVE_S
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        if self._leaving is not None and (not self.busy or time.monotonic() > self._leave_by):
            go, self._leaving = self._leaving, None
            go()

    def tell(self) -> None:
        """Paint the top line and the health line."""
        before, self.health = self.health, self.desk.health() if self.desk is not None else None
        if self.health is not None and self.health.anew != (before.anew if before is not None else None):
            self.summed_up()
            self.table.refresh()
        now = self.now()
        screens = self.own_screens()
        own: list[DeskPane[D] | OwnScreen[Any]] = [self, *screens]
        for node in own:
            node.query_one(TopLine).tell(self.role, self.person, self.health, now, node.where())
            node.query_one(HealthLine).tell(self.health, self.role)
        for screen in screens:
            screen.told()
        self.show_keys()

    def nothing(self, usual: str) -> str:
        """Return what an empty list says: what is usual, or that there may be more than was read so far."""
        anew = self.health.anew if self.health is not None else None
        if anew is None or not anew.incomplete:
            return usual
        return f"No requests so far: {anew.told}.\nThey appear here by themselves."

    def where(self) -> str:
        """Return what the top line says of the view, or an empty string."""
        return ""

    def key_lives(self, action: str, usual: bool | None) -> bool | None:  # noqa: ARG002
        """Return whether a key does something for the request under the cursor; None where it is not shown."""
        return usual

    @on(RequestTable.Moved)
    def show_keys(self) -> None:
        """Show which keys do something now."""
        for footer in self.app.screen.query(KeyFooter):
            footer.look()

    def locked_text(self, copy: RequestCopy) -> str:
        """Return in one sentence that nothing of a locked request can be changed here, and where what to do stands."""
        if self.app.screen is self.screen:
            return f"{copy.number} is locked: {self.key('table.open', 'enter')} tells why, and what to do."
        return f"{copy.number} is locked: what to do about it stands above."

    def notice(self, text: str, look: str = "", for_s: float = NOTICE_S) -> None:
        """Show one sentence for a while in the line above the health."""
        self._notice_until, self.hinting = time.monotonic() + for_s, False
        for node in [self, *self.own_screens()]:
            node.query_one("#notice", Line).say(text, "", look)

    def own_screens(self) -> "list[OwnScreen[Any]]":
        """Return the open screens of this desk whose lines stand: a tick may come while a screen is laid out."""
        mine = (each for each in self.app.screen_stack if isinstance(each, OwnScreen) and each.pane is self)
        return [each for each in mine if each.query(HealthLine)]

    def no_notice(self) -> str:
        """Return what the line says when there is nothing new to tell."""
        return ""

    def _tick(self) -> None:
        self._leave_if_done()
        wait_s = READ_AGAIN_S if self.health is not None and self.health.live else READ_AGAIN_NOT_LIVE_S
        if self._open_for_work and time.monotonic() - self._read_at > wait_s:
            self.read()
        self.pay_count()
        if time.monotonic() > self._notice_until:
            told = self.no_notice()
            due = self.kept.hint_due and not told and len(self.app.screen_stack) == 1
            self.notice(told or (first_hint(self.app, self.role) if due else ""), "muted" if due else "good", 0)
            self.hinting, self.hinted = due, self.hinted or due
        if time.monotonic() > self._aged_at + AGE_S:
            self._aged_at = time.monotonic()
            self.table.tick(lambda _: True)
        self.ticked()
        self.tell()
        self.give_room()

    def action_reload(self) -> None:
        """Read everything again."""
        self.read()

    def action_insights(self) -> None:
        """Show how requests come and go."""
        from paydesk.tui.insights_screen import InsightsScreen

        self.app.push_screen(InsightsScreen(self))

    def action_health(self) -> None:
        """Show how every part is, in words."""
        from paydesk.tui.health_screen import HealthScreen

        self.app.push_screen(HealthScreen(self))

    def action_copy_number(self) -> None:
        """Send the number of the request to the terminal's clipboard, and show it, as not every terminal takes it."""
        self.copy_number(self.table.current.number if self.table.current else "")

    def copy_number(self, number: str) -> None:
        """Send a number to the terminal's clipboard."""
        if number:
            self.app.copy_to_clipboard(number)
            self.notice(copied(number))

    def open_link(self, link: str) -> None:
        """Open a link in a browser; where there is none, say so and show the link."""
        self.run_worker(partial(self._open_link, link), thread=True, group="link", exit_on_error=False)

    def _open_link(self, link: str) -> None:
        if not opens(link):
            self.app.call_from_thread(self.notice, not_opened(link), "trouble", LINK_S)
