"""One request on the contractor's desk: everything, and what can still be done with it."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from paydesk.contractor.actions import RequestActions
from paydesk.domain.copy import RequestCopy
from paydesk.domain.payment_request import typed_fields
from paydesk.tui.drafts import Draft
from paydesk.tui.port import Desk, PanePort
from paydesk.tui.screens.detail import DetailScreen


class ContractorDetail(DetailScreen, inherit_bindings=False):
    """``e`` revises, ``w`` asks to withdraw, ``o`` opens the document, ``n`` asks for the like."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "revise", "Revise", id="contractor.detail.revise"),
        Binding("w", "withdraw", "Withdraw", id="contractor.detail.withdraw"),
        Binding("n", "new_like", "New like this", id="contractor.detail.new"),
        Binding("o", "open_document", "Document", id="contractor.detail.document"),
        *DetailScreen.BINDINGS,
    ]

    def __init__(self, pane: PanePort[Desk], actions: RequestActions, copy: RequestCopy) -> None:
        super().__init__(pane, copy)
        self._actions = actions

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer what can be done with this request."""
        if action in ("revise", "withdraw"):
            return self._actions.may(action, self.copy)
        return self.copy.terms is not None if action == "new_like" else super().key_lives(action, usual)

    def action_revise(self) -> None:
        """Revise it."""
        self._actions.revise(self.copy)

    def action_withdraw(self) -> None:
        """Ask for it back."""
        self._actions.withdraw(self.copy)

    def action_new_like(self) -> None:
        """Open a new request with the terms of this one."""
        if self.copy.terms is not None:
            self._actions.open_form(Draft(typed_fields(self.copy.terms)), made=self._show_made)

    def _show_made(self, copy: RequestCopy) -> None:
        """Show what was just asked for in place of what it is like, so that the next key is about it."""
        if self.is_attached:
            self.show_other(copy)
