"""What the keys of the manager's desk decide: the guards, the hold, and taking back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, cast
from uuid import UUID, uuid4

from textual.binding import Binding, BindingType
from textual.events import Paste

from paydesk.domain.ageing import WAITING
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.decision import Cause
from paydesk.infra.pages import Result
from paydesk.manager.batch import Batch, NothingDone
from paydesk.manager.bulk import BulkDialog
from paydesk.manager.forms import CauseDialog
from paydesk.manager.guards import SETTLE_S, ChangeGuard, KeyGuard
from paydesk.manager.port import ManagerDesk
from paydesk.manager.rows import ON_ITS_ROW, held_text, meant
from paydesk.manager.under_way import UnderWay
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.own_screen import sentence
from paydesk.tui.wording import status_text

ONLY_JUST = "{} is only just shown as {}: look, then press again."


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
        self.changes = ChangeGuard()
        self._under_way = UnderWay()
        self.held: list[RequestCopy] = []
        self._batches: list[tuple[RequestCopy, ...]] = []
        """What each keystroke of this person decided, the last one last."""

    def no_notice(self) -> str:
        """Say what is held, and how to take it back."""
        held = {row.id for row in self.held}
        last = sum(copy.id in held for copy in self._batches[-1]) if self._batches else 0
        return held_text(self.held, self.now(), last, *self._send_and_undo())

    def _send_and_undo(self) -> tuple[str, str]:
        return self.key("manager.send", "S"), self.key("manager.undo", "u")

    def typed(self, came_at: float) -> None:
        """Watch for keys that come faster than a person types: they decide nothing."""
        if self.guard.printed(came_at):
            self.notice("Keys came faster than anyone types: nothing was decided.", "trouble")
        top = self.app.screen
        asks = isinstance(top, CauseDialog) or (isinstance(top, BulkDialog) and top.running is None)
        if asks and self.guard.in_burst(came_at):
            top.dismiss(None)

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

        terms = copy.terms
        self.app.push_screen(CauseDialog(f"Reject {copy.number}  {terms.money if terms else ''}"), caused)

    def on_purpose(self, key: str) -> bool:
        """Whether a decision key was pressed on purpose, and not held down or part of a paste."""
        came_at = cast(DeskApp, self.app).key_came_at
        if self.guard.allows(key, came_at) and not self.guard.in_burst(came_at):
            return True
        if self.guard.ignored > 0 and not self.guard.in_burst(came_at):
            self.notice(f"Key held: 1 decided, {self.guard.ignored} ignored.", "trouble")
        return False

    def _pressed(self, key: str, copy: RequestCopy | None) -> bool:
        """Whether a decision key counts: pressed on purpose, on a row that can be decided."""
        if not self.on_purpose(key):
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
        if self.changes.changed(copy.id, cast(DeskApp, self.app).key_came_at):
            self.notice(ONLY_JUST.format(copy.number, copy.terms.money if copy.terms else ""), "trouble")
            return False
        return True

    def painted(self, before: Sequence[RequestCopy], after: Sequence[RequestCopy]) -> None:
        """Note what is painted with other terms than before: a key already on its way was not meant for those."""
        self.changes.painted(before, after, cast(DeskApp, self.app).clock())

    def slid(self, before: RequestCopy | None) -> None:
        """Note that the list is painted without the request ``before`` that was under the cursor: another is there."""
        current = self.table.current
        if before is not None and current is not None and all(row.id != before.id for row in self.table.rows):
            self.changes.came(current.id, cast(DeskApp, self.app).clock())

    def _settle(self, copy: RequestCopy, decide: Callable[[ManagerDesk, UUID, int, str], Result]) -> None:
        """Move on, and decide a moment later unless the key turns out to be part of a burst."""
        assert copy.request is not None
        key, revision, digest = uuid4(), copy.request.revision, copy.request.terms.hash
        if self.table.current is not None and self.table.current.id == copy.id:
            self.table.action_move(1)
        over = self._under_way.begin()

        def ended(result: Result | None, error: Exception | None) -> None:
            self._decided(result, error)
            over()

        def go() -> None:
            if self.guard.in_burst(cast(DeskApp, self.app).clock()):
                over()
            else:
                self.command(lambda desk: decide(desk, key, revision, digest), ended)

        self.set_timer(SETTLE_S, go)

    def _decided(self, result: Result | None, error: Exception | None) -> None:
        if error is not None:
            self.notice(sentence(error), "trouble")
            return
        assert result is not None
        self._batches.append((result.copy,))
        if result.copy.delivery is Delivery.HELD:
            self.held = [row for row in self.held if row.id != result.copy.id] + [result.copy]
            self.notice(self.no_notice(), "good", 0)
        else:
            self.notice(f"{status_text(result.copy.status)} {result.copy.number}", "good")

    def decided(self, batch: Batch, error: Exception | None) -> None:
        """Say what became of several requests that one keystroke decided."""
        if not batch.done:
            self.notice(_nothing(batch, error), "trouble")
            return
        copies = tuple(batch.done)
        self._batches.append(copies)
        held = {copy.id: copy for copy in copies if copy.delivery is Delivery.HELD}
        self.held = [row for row in self.held if row.id not in held] + list(held.values())
        if held:
            self.notice(self.no_notice(), "good", 0)
        else:
            self.notice(f"{status_text(copies[0].status)} {len(copies):,}", "good")

    def action_undo(self) -> None:
        """Take back what the last keystroke decided, all of it, while it is held."""
        self._under_way.after(self._undo)

    def _undo(self) -> None:
        copies = self._undoable()
        if not copies:
            self.notice(ON_ITS_ROW.format(*self._send_and_undo()) if self.held else "There is nothing to undo.")
            return
        batch = Batch(copies, lambda desk, copy, _: desk.take_back(copy.id))
        ids = {copy.id for copy in copies}
        if len(copies) > 1:
            self.notice(f"Taking {len(copies):,} back …", "", 60)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.held = [row for row in self.held if row.id not in ids]
            if not batch.done:
                self.notice(_nothing(batch, error), "trouble")
                return
            late = f"; {len(batch.failed):,} were not: {batch.failed[0].why}" if batch.failed else ""
            back = batch.done[0]
            told = f"{back.number} is" if len(copies) == 1 else f"{len(batch.done):,} are"
            self.notice(f"↶ {told} {back.status} again: nothing was sent{late}.", "trouble" if late else "good")

        self.command(batch.run, ended)

    def _undoable(self) -> tuple[RequestCopy, ...]:
        """Return what the next undo means: an overdue decision on its row, else the last keystroke's that is held.

        When nothing is held any more it is the last keystroke of all, so that the person is told that it is too late.
        """
        only, last = meant(self.held, self.table.current)
        if only is not None:
            return tuple(row for row in self.held if row.id == only)
        held = {row.id for row in self.held if not row.overdue}
        while len(self._batches) > 1 and not any(copy.id in held for copy in self._batches[-1]):
            self._batches.pop()
        mine = self._batches.pop() if self._batches else ()
        if any(copy.id in held for copy in mine):
            return tuple(copy for copy in mine if copy.id in held)
        return tuple(row for row in self.held if row.id == last) or mine

    def action_send_now(self) -> None:
        """Send everything that is held."""
        self._under_way.after(self._send_now)

    def _send_now(self) -> None:
        only, last = meant(self.held, self.table.current)
        if last is None:
            self.notice(ON_ITS_ROW.format(*self._send_and_undo()) if self.held else "Nothing is held.")
            return

        def send(desk: ManagerDesk) -> Result:
            desk.send_now(only)
            return Result(desk.detail(last).copy)

        def ended(_: Result | None, error: Exception | None) -> None:
            self.held = [row for row in self.held if row.overdue and row.id != only]
            self.notice(sentence(error) if error else "Sent.", "trouble" if error else "good")

        self.command(send, ended)


def _nothing(batch: Batch, error: Exception | None) -> str:
    """Return why nothing of a batch was done."""
    if batch.first is not None:
        return sentence(batch.first)
    return "Nothing was changed." if error is None or isinstance(error, NothingDone) else sentence(error)
