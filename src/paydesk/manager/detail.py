"""One request on the manager's desk: everything, decided from here as from the list."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from paydesk.domain.copy import RequestCopy
from paydesk.manager.port import DecidingPane
from paydesk.tui.messages import DetailRead
from paydesk.tui.screens.detail import DetailScreen


class ManagerDetail(DetailScreen, inherit_bindings=False):
    """A decision here is about the revision and terms that this screen shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", "Approve", id="manager.detail.approve"),
        Binding("x", "reject", "Reject", id="manager.detail.reject"),
        Binding("u", "undo", "Undo", id="manager.detail.undo"),
        Binding("S", "send_now", "Send now", show=False, id="manager.detail.send"),
        Binding("o", "open_document", "Document", show=False, id="manager.detail.document"),
        *DetailScreen.BINDINGS,
    ]

    def __init__(self, pane: DecidingPane, copy: RequestCopy) -> None:
        super().__init__(pane, copy)
        self.desk_pane = pane

    @on(DetailRead)
    def _other_terms(self, message: DetailRead) -> None:
        """Note what changed, while the screen still shows what was before."""
        self.desk_pane.painted([self.copy], [message.detail.copy])

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer no decision on what nobody can decide."""
        if action in ("approve", "reject"):
            return not self.desk_pane.why_not(self.copy)[0]
        return self.desk_pane.key_lives(action, usual) if action == "undo" else super().key_lives(action, usual)

    def action_approve(self) -> None:
        """Approve what this screen shows."""
        self.desk_pane.approve(self.copy)

    def action_reject(self) -> None:
        """Reject what this screen shows."""
        self.desk_pane.reject(self.copy)

    def action_undo(self) -> None:
        """Take the last decision back."""
        self.desk_pane.action_undo()

    def action_send_now(self) -> None:
        """Send what is held."""
        self.desk_pane.action_send_now()
