"""What the keys of the manager's desk decide, and the guards before that."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, cast
from uuid import UUID, uuid4

from textual import on
from textual.binding import Binding, BindingType
from textual.events import Paste

from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.errors import NotAllowed
from paydesk.domain.refusals import refuse_own
from paydesk.domain.status_facts import DECIDABLE
from paydesk.infra.core.query import Result
from paydesk.manager.bulk import BulkDialog
from paydesk.manager.forms import CauseDialog
from paydesk.manager.guards import SETTLE_S, ChangeGuard, DoubtGuard, KeyGuard
from paydesk.manager.holding import Holding
from paydesk.manager.port import ManagerDesk
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.own_screen import sentence
from paydesk.tui.request_table import RequestTable

COMES_BACK = "What was undone is about to be shown again: look, then press again."
ONLY_JUST = "{} is only just shown as {}: look, then press again."


class Deciding(Holding, inherit_bindings=False):
    """A key acts on what is on the screen and on nothing newer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve", id="manager.approve"),
        Binding("x", "reject", "Reject", id="manager.reject", tooltip="Reject, asks for the cause"),
        *Holding.BINDINGS,
    ]

    def __init__(self, make_desk: Callable[[], ManagerDesk], now: Callable[[], datetime], *, id: str) -> None:
        super().__init__(make_desk, now, id=id)
        self.guard = KeyGuard()
        self.changes = ChangeGuard()
        self.doubts = DoubtGuard()
        self._key_decided = False
        """Whether the decision key that was pressed last decided something."""

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

    def doubt(self, copy: RequestCopy) -> str:  # noqa: ARG002
        """Return what a person is to know before this is approved; it is told once and then taken for known."""
        return ""

    def action_reject(self) -> None:
        """Ask for the cause, then reject the request under the cursor as it is on the screen."""
        self.reject(self.table.current)

    def approve(self, copy: RequestCopy | None) -> None:
        """Approve exactly this revision with these terms."""
        if self._pressed("a", copy):
            assert copy is not None
            doubt = self.doubt(copy)
            if doubt and not self.doubts.told(copy.id, doubt, cast(DeskApp, self.app).key_came_at):
                self.notice(f"⚠ {doubt}. {self.key('manager.approve', 'a')} again approves it.", "trouble")
                return
            self._key_decided = True
            self._settle(copy, lambda desk, key, revision, digest: desk.approve(key, copy.id, revision, digest))

    def reject(self, copy: RequestCopy | None) -> None:
        """Ask why, then reject exactly this revision with these terms."""
        if not self._pressed("x", copy):
            return
        assert copy is not None

        dialog = CauseDialog(copy)

        def caused(cause: Cause | None) -> None:
            seen = dialog.copy
            if cause is not None and seen is not None:
                self._settle(seen, lambda desk, key, rev, digest: desk.reject(key, seen.id, rev, digest, cause))

        self.app.push_screen(dialog, caused)

    def on_purpose(self, key: str) -> bool:
        """Whether a decision key was pressed on purpose, and not held down or part of a paste."""
        came_at = cast(DeskApp, self.app).key_came_at
        if self.guard.allows(key, came_at) and not self.guard.in_burst(came_at):
            self._key_decided = False
            return True
        if self.guard.ignored > 0 and not self.guard.in_burst(came_at):
            first = "1 decided" if self._key_decided else "nothing was decided"
            self.notice(f"Key held: {first}, {self.guard.ignored} ignored.", "trouble")
        return False

    def _pressed(self, key: str, copy: RequestCopy | None) -> bool:
        """Whether a decision key counts: pressed on purpose, on a row that can be decided."""
        if not self.on_purpose(key):
            return False
        if self.awaits:
            self.notice(COMES_BACK, "trouble")
            return False
        why, look = self.why_not(copy)
        if why and (copy is None or copy.id not in self.taking_back):
            self.notice(why, look)
            return False
        assert copy is not None
        if self.changes.changed(copy.id, cast(DeskApp, self.app).key_came_at):
            self.notice(ONLY_JUST.format(copy.number, copy.terms.money if copy.terms else ""), "trouble")
            return False
        return True

    def why_not(self, copy: RequestCopy | None) -> tuple[str, str]:
        """Return why a request cannot be decided here, and how that is painted; nothing where it can."""
        if copy is None or copy.request is None:
            return "Nothing is here to decide yet.", ""
        if copy.locked:
            return self.locked_text(copy), "trouble"
        if copy.status not in DECIDABLE:
            return f"{copy.number} is {copy.status} already.", ""
        try:
            refuse_own(self.desk.person if self.desk is not None else "", copy.request)
        except NotAllowed as refusal:
            return sentence(refusal), "trouble"
        return "", ""

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer decisions on what can be decided."""
        if action in ("approve", "reject"):
            return not self.why_not(self.table.current)[0]
        return super().key_lives(action, usual)

    @on(RequestTable.Moved)
    def _other_request(self) -> None:
        """Tell again what is to be known of a request, when the cursor comes back to it."""
        self.doubts.forget()

    def painted(self, before: Sequence[RequestCopy], after: Sequence[RequestCopy]) -> None:
        """Note what is painted with other terms than before: a key already on its way was not meant for those."""
        self.changes.painted(before, after, cast(DeskApp, self.app).clock())
        for dialog in self.app.screen_stack:
            if isinstance(dialog, CauseDialog) and dialog.copy is not None and dialog.is_mounted:
                newest = next((row for row in after if row.id == dialog.copy.id), None)
                if newest is not None:
                    dialog.show_newest(newest, "" if newest.id in self.taking_back else self.why_not(newest)[0])

    def slid(self, before: RequestCopy | None) -> None:
        """Note that another request is under the cursor than the ``before`` that its list is painted without."""
        back, current = self.came_back(), self.table.current
        gone = before is not None and all(row.id != before.id for row in self.table.rows)
        if current is not None and (back or gone):
            self.changes.came(current.id, cast(DeskApp, self.app).clock())

    def refused(self, request_id: UUID) -> None:
        """Go back to what was not decided; a key that is on its way meant another."""
        before = self.table.current
        super().refused(request_id)
        if self.table.current is not None and self.table.current != before:
            self.changes.came(self.table.current.id, cast(DeskApp, self.app).clock())

    def _settle(self, copy: RequestCopy, decide: Callable[[ManagerDesk, UUID, int, str], Result]) -> None:
        """Move on, and decide a moment later unless the key turns out to be part of a burst."""
        assert copy.request is not None
        key, revision, digest = uuid4(), copy.request.revision, copy.request.terms.hash
        if self.table.current is not None and self.table.current.id == copy.id:
            self.table.action_move(1)
        over, self.begun = self.under_way.begin(), copy.id

        def ended(result: Result | None, error: Exception | None) -> None:
            self.settled(copy.id, result, error)
            over()

        waits_for = 2

        def ready() -> None:
            nonlocal waits_for
            waits_for -= 1
            if not waits_for:
                self.command(lambda desk: decide(desk, key, revision, digest), ended)

        def quiet() -> None:
            if self.guard.in_burst(cast(DeskApp, self.app).clock()):
                over()
            else:
                ready()

        self.undoing.after(ready)
        self.set_timer(SETTLE_S, quiet)
