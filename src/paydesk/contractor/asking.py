"""What the keys of the contractor's desk ask for: new requests, other terms, and requests back."""

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from textual.binding import Binding, BindingType

from paydesk.contractor.following import Following
from paydesk.contractor.form_checks import too_late
from paydesk.contractor.forms import Filled, RequestForm
from paydesk.contractor.port import ContractorDesk
from paydesk.domain.commands import AskWithdrawal, RequestPayment, RevisePayment, ask_withdrawal
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import PaydeskError
from paydesk.domain.status_facts import TAKEN_BACK
from paydesk.domain.text import clean
from paydesk.infra.core.query import Result
from paydesk.tui.dialogs import Confirm
from paydesk.tui.drafts import Draft, DraftStore
from paydesk.tui.own_screen import sentence


class Asking(Following, inherit_bindings=False):
    """Whether the rules allow it is found out before anything is asked; what was done is followed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New", id="contractor.new", tooltip="New, or the kept draft"),
        Binding("e", "revise", "Revise", id="contractor.revise"),
        Binding("w", "withdraw", "Withdraw", id="contractor.withdraw"),
    ]

    def __init__(
        self, make_desk: Callable[[], ContractorDesk], drafts: DraftStore, now: Callable[[], datetime]
    ) -> None:
        super().__init__(make_desk, now, id="contractor")
        self.drafts = drafts

    def action_new(self) -> None:
        """Open the form, with the draft that was kept."""
        self.open_form(self.drafts.load() or Draft())

    def open_form(self, draft: Draft, trouble: str = "", made: Callable[[RequestCopy], None] = lambda _: None) -> None:
        """Open the form of a new request; ``made`` is called with what comes of it."""
        known = [row for row in self.table.rows if row.terms is not None]
        beneath = self.app.screen

        def filled(done: Filled | None) -> None:
            if done is None:
                self.drafts.let_go(draft)
                self.summed_up()
                return
            self.notice(f"Sending {done.terms.money} …", "", 60)
            key, request_id = done.draft.ids_for(done.terms.hash)

            def ended(result: Result | None, error: Exception | None) -> None:
                if result is not None:
                    self.drafts.discard(done.draft)
                    self.drafts.let_go(done.draft)
                    self.summed_up()
                    self.follow(result.copy, f"asks for {done.terms.money}")
                    made(result.copy)
                elif error is not None:
                    self.notice(sentence(error), "trouble")
                    self.drafts.save(done.draft)
                    self.drafts.let_go(done.draft)
                    self.summed_up()
                    if self.app.screen is beneath:
                        self.open_form(done.draft, sentence(error), made)

            self.command(lambda desk: desk.execute(key, RequestPayment(request_id, desk.person, done.terms)), ended)

        self.app.push_screen(RequestForm(self, draft, self.drafts, known=known, trouble=trouble), filled)

    def action_revise(self) -> None:
        """Revise the request under the cursor."""
        if self.table.current is not None:
            self.revise(self.table.current)

    def revise(self, copy: RequestCopy) -> None:
        """Open the form with the terms of a request that may still change."""
        if self._says_why_not("revise", copy):
            return
        key = uuid4()

        def filled(done: Filled | None) -> None:
            if done is None:
                return

            def ended(result: Result | None, error: Exception | None) -> None:
                if result is not None:
                    word = "is revised" if result.changed else "says so already"
                    self.follow(result.copy, word, f": revision {result.copy.revision}, {done.terms.money}")
                elif error is not None:
                    self.notice(sentence(error), "trouble")

            revision = RevisePayment.to(copy.id, self.person, done.terms)
            self.command(lambda desk: desk.execute(key, revision), ended)

        self.app.push_screen(RequestForm.of(self, copy), filled)

    def action_withdraw(self) -> None:
        """Ask for the request under the cursor back."""
        if self.table.current is not None:
            self.withdraw(self.table.current)

    def withdraw(self, copy: RequestCopy) -> None:
        """Ask, after ``y``, for a request back."""
        if self._says_why_not("withdraw", copy):
            return
        key, withdrawal = uuid4(), AskWithdrawal(copy.id, self.person)

        def ended(result: Result | None, error: Exception | None) -> None:
            if result is not None:
                self.follow(result.copy, f"is {result.copy.status}", ": the manager's side has to confirm it")
            elif error is not None:
                self.notice(sentence(error), "trouble")

        def answered(yes: bool | None) -> None:
            if yes:
                self.command(lambda desk: desk.execute(key, withdrawal), ended)

        terms = copy.terms
        lines = [f"{terms.money}  {terms.description}"] if terms else []
        self.app.push_screen(Confirm(f"Withdraw {clean(copy.number)}?", lines), answered)

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Offer a change of the request under the cursor where it would be allowed."""
        return self.may(action, self.table.current) if action in ("revise", "withdraw") else usual

    def may(self, action: str, copy: RequestCopy | None) -> bool:
        """Whether a request can be revised, or asked back."""
        return copy is not None and not self._why_not(action, copy)[0]

    def _says_why_not(self, action: str, copy: RequestCopy) -> bool:
        """Say why a request cannot be changed so, before anything is asked; returns whether that is so."""
        why, look = self._why_not(action, copy)
        if why:
            self.notice(why, look)
        return bool(why)

    def _why_not(self, action: str, copy: RequestCopy) -> tuple[str, str]:
        """Return why a request cannot be changed so, and how that is painted; nothing where it can."""
        if copy.locked:
            return self.locked_text(copy), "trouble"
        if copy.request is None:
            return f"{copy.number} itself has not arrived here yet.", "trouble"
        if action == "revise":
            return too_late(copy, self.person), "trouble"
        try:
            ask_withdrawal(AskWithdrawal(copy.id, self.person), copy.request, copy.decision)
        except PaydeskError as refusal:
            return sentence(refusal), "trouble"
        back = copy.status in TAKEN_BACK
        return f"{copy.number} is {copy.status} already." if back else "", ""
