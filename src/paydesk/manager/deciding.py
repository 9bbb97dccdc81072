"""What the keys of the manager's desk decide: the guards, the hold, and taking back."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, cast
from uuid import UUID, uuid4

from textual.binding import Binding, BindingType
from textual.events import Paste

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.decision import Cause
from paydesk.infra.pages import Result
from paydesk.manager.forms import CauseDialog
from paydesk.manager.guards import SETTLE_S, KeyGuard
from paydesk.manager.port import ManagerDesk
from paydesk.manager.rows import ON_ITS_ROW, WAITING, held_text, meant
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.own_screen import sentence
from paydesk.tui.wording import status_text


class Deciding(DeskPane[ManagerDesk], inherit_bindings=False):
    """A key acts on what is on the screen and on nothing newer; a decision is held for a moment."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve", id="manager.approve"),
        Binding("x", "reject", "Reject", id="manager.reject", tooltip="Reject, asks for the cause"),
        Binding("u", "undo", "Undo", id="manager.undo", tooltip="Take the last decision back while it is held"),
        Binding("S", "send_now", "Send now", show=False, id="manager.send", tooltip="Send what is held now"),
    ]

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self.guard = KeyGuard()
        self.held: list[RequestCopy] = []
        self._last: UUID | None = None

    def no_notice(self) -> str:
        """Say what is held, and how to take it back."""
        return held_text(self.held, self.now())

    def typed(self, came_at: float) -> None:
        """Watch for keys that come faster than a person types: they decide nothing."""
        if self.guard.printed(came_at):
            self.notice("Keys came faster than anyone types: nothing was decided.", "trouble")
        if self.guard.in_burst(came_at) and isinstance(self.app.screen, CauseDialog):
            self.app.screen.dismiss(None)

    def on_paste(self, event: Paste) -> None:
        """Refuse a paste: its letters are keys here."""
        event.stop()
        self.notice("Pasted text is ignored here.", "trouble")

    def action_approve(self) -> None:
        """Approve the request under the cursor, as it is on the screen."""
        self.approve(self.table.current)

    def action_reject(self) -> None:
        """Ask for the cause, then reject the request under the cursor as it is on the screen."""
        self.reject(self.table.current)

    def approve(self, copy: RequestCopy | None) -> None:
        """Approve exactly this revision with these terms."""
        if self._pressed("a", copy):
            assert copy is not None
            self._settle(copy, lambda desk, key, revision, digest: desk.approve(key, copy.id, revision, digest))

    def reject(self, copy: RequestCopy | None) -> None:
        """Ask why, then reject exactly this revision with these terms."""
        if not self._pressed("x", copy):
            return
        assert copy is not None

        def caused(cause: Cause | None) -> None:
            if cause is not None:
                self._settle(copy, lambda desk, key, rev, digest: desk.reject(key, copy.id, rev, digest, cause))

        self.app.push_screen(CauseDialog(copy), caused)

    def _pressed(self, key: str, copy: RequestCopy | None) -> bool:
        """Whether a decision key counts: pressed on purpose, on a row that can be decided."""
        came_at = cast(DeskApp, self.app).key_came_at
        if not self.guard.allows(key, came_at) or self.guard.in_burst(came_at):
            if self.guard.ignored > 0 and not self.guard.in_burst(came_at):
                self.notice(f"Key held: 1 decided, {self.guard.ignored} ignored.", "trouble")
            return False
        if copy is None or copy.request is None:
            self.notice("Nothing is here to decide yet.")
            return False
        if copy.locked:
            self.notice(f"{copy.number} is locked: enter tells why, and what to do.", "trouble")
            return False
        if copy.status not in WAITING:
            self.notice(f"{copy.number} is {copy.status} already.")
            return False
        return True

    def _settle(self, copy: RequestCopy, decide: Callable[[ManagerDesk, UUID, int, str], Result]) -> None:
        """Move on, and decide a moment later unless the key turns out to be part of a burst."""
        assert copy.request is not None
        key, revision, digest = uuid4(), copy.request.revision, copy.request.terms.hash
        if self.table.current is not None and self.table.current.id == copy.id:
            self.table.action_move(1)

        def go() -> None:
            if self.guard.in_burst(cast(DeskApp, self.app).clock()):
                return
            self.command(lambda desk: decide(desk, key, revision, digest), self._decided)

        self.set_timer(SETTLE_S, go)

    def _decided(self, result: Result | None, error: Exception | None) -> None:
        if error is not None:
            self.notice(sentence(error), "trouble")
            return
        assert result is not None
        self._last = result.copy.id
        if result.copy.delivery is Delivery.HELD:
            self.held = [row for row in self.held if row.id != result.copy.id] + [result.copy]
            self.notice(self.no_notice(), "good", 0)
        else:
            self.notice(f"{status_text(result.copy.status)} {result.copy.number}", "good")

    def action_undo(self) -> None:
        """Take the last decision back while it is held."""
        last = meant(self.held, self.table.current)[1] or self._last
        if last is None:
            self.notice(ON_ITS_ROW if self.held else "There is nothing to undo.")
            return

        def ended(result: Result | None, error: Exception | None) -> None:
            self.held = [row for row in self.held if row.id != last]
            if result is not None:
                self.notice(f"↶ {result.copy.number} is {result.copy.status} again: nothing was sent.", "good")
            elif error is not None:
                self.notice(sentence(error), "trouble")

        self.command(lambda desk: desk.undo(last), ended)

    def action_send_now(self) -> None:
        """Send everything that is held."""
        only, last = meant(self.held, self.table.current)
        if last is None:
            self.notice(ON_ITS_ROW if self.held else "Nothing is held.")
            return

        def send(desk: ManagerDesk) -> Result:
            desk.send_now(only)
            return Result(desk.detail(last).copy)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.held = [row for row in self.held if row.overdue and row.id != only]
            self.notice(sentence(error) if error else "Sent.", "trouble" if error else "good")

        self.command(send, ended)
