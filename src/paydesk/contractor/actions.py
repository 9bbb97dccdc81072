"""What the keys of the contractor's desk ask for: new requests, other terms, and requests back; and where the cursor
goes then.
"""

import time
from collections.abc import Callable
from uuid import UUID, uuid4

from textual.screen import Screen

from paydesk.contractor.form import FilledForm, RequestForm
from paydesk.contractor.form_checks import too_late
from paydesk.contractor.port import AskingPane
from paydesk.domain.commands import AskWithdrawal, RequestPayment, RevisePayment, ask_withdrawal
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import Conflict, NotAllowed, PaydeskError, Stale, UnknownRequest
from paydesk.domain.payment_request import typed_fields
from paydesk.domain.status import TAKEN_BACK
from paydesk.domain.text import clean
from paydesk.infra.core.query import Result
from paydesk.tui.drafts import Draft, DraftStore
from paydesk.tui.screens.base import sentence
from paydesk.tui.screens.dialogs import Confirm

REFUSED = (Conflict, NotAllowed, UnknownRequest)
"""What is about the request itself: no other terms, and no second try, make it right; but for ``Stale``."""
KEPT_S = 60.0
"""So long it is said that what was typed is kept, as the person looks at something else."""


class RequestActions:
    """Whether the rules allow it is found out before anything is asked; what was done is followed."""

    def __init__(self, pane: AskingPane, drafts: DraftStore) -> None:
        self._pane = pane
        self.drafts = drafts
        self._unsent: dict[UUID, tuple[RequestCopy, Draft, str]] = {}
        """What was typed to revise a request and is not known to be saved, while another screen is shown."""

    @property
    def unsent(self) -> list[str]:
        """The numbers of the requests of which something is kept that was typed to revise them."""
        return [copy.number for copy, _, _ in self._unsent.values()]

    def new(self) -> None:
        """Open the form, with the draft that was kept."""
        self.open_form(self.drafts.load() or Draft())

    def open_form(self, draft: Draft, trouble: str = "", made: Callable[[RequestCopy], None] = lambda _: None) -> None:
        """Open the form of a new request; ``made`` is called with what comes of it."""
        known = [row for row in self._pane.rows if row.terms is not None]
        beneath = self._pane.app.screen

        def filled(done: FilledForm | None) -> None:
            if done is None:
                self.drafts.let_go(draft)
                self._pane.summed_up()
                return
            self._pane.notice(f"Sending {done.terms.money} …", "", 60)
            key, request_id = done.draft.ids_for(done.terms.hash)

            def ended(result: Result | None, error: Exception | None) -> None:
                if result is not None:
                    self.drafts.discard(done.draft)
                    self.drafts.let_go(done.draft)
                    self._pane.summed_up()
                    self._pane.follow(result.copy, f"asks for {done.terms.money}")
                    made(result.copy)
                elif error is not None:
                    self._pane.notice(sentence(error), "trouble")
                    self.drafts.save(done.draft)
                    self.drafts.let_go(done.draft)
                    self._pane.summed_up()
                    if self._pane.app.screen is beneath:
                        self.open_form(done.draft, sentence(error), made)

            self._pane.command(
                lambda desk: desk.execute(key, RequestPayment(request_id, desk.person, done.terms)), ended
            )

        self._pane.app.push_screen(RequestForm(self._pane, draft, self.drafts, known=known, trouble=trouble), filled)

    def revise(self, copy: RequestCopy) -> None:
        """Open the form with the terms of a request that may still change."""
        if self._says_why_not("revise", copy):
            return
        if copy.id in self._unsent:
            self._open_revision(*self._unsent.pop(copy.id))
            self._pane.summed_up()
        else:
            self._open_revision(copy, Draft(typed_fields(copy.terms) if copy.terms is not None else {}))

    def _open_revision(self, copy: RequestCopy, draft: Draft, trouble: str = "") -> None:
        """Open the form that revises a request, as it was when the person began, with what was typed since."""
        beneath = self._pane.app.screen

        def filled(done: FilledForm | None) -> None:
            if done is None:
                return

            def ended(result: Result | None, error: Exception | None) -> None:
                if result is not None:
                    word = "is revised" if result.changed else "says so already"
                    self._pane.follow(result.copy, word, f": revision {result.copy.revision}, {done.terms.money}")
                elif error is not None and (isinstance(error, Stale) or not isinstance(error, REFUSED)):
                    self._typed_again(seen, done.draft, sentence(error), beneath)
                elif error is not None:
                    self._pane.notice(sentence(error), "trouble")

            seen, done.draft.sent = done.seen or copy, done.terms
            key, _ = done.draft.ids_for(f"{done.terms.hash} in place of revision {seen.revision}")
            shown = seen.request.revision if seen.request is not None else None
            revision = RevisePayment.to(copy.id, self._pane.person, done.terms, shown)
            self._pane.command(lambda desk: desk.execute(key, revision), ended)

        form = RequestForm(self._pane, draft, DraftStore(), trouble=trouble, revised=copy)
        self._pane.app.push_screen(form, filled)

    def _typed_again(self, copy: RequestCopy, draft: Draft, trouble: str, beneath: Screen[object]) -> None:
        """Show what was typed again, now or, where the person is on another screen, when they revise this once more."""
        if self._pane.app.screen is beneath:
            self._pane.notice(trouble, "trouble")
            self._open_revision(copy, draft, trouble)
            return
        self._unsent[copy.id] = (copy, draft, trouble)
        self._pane.summed_up()
        self._pane.notice(f"{trouble} What you typed is kept: revise {copy.number} to go on.", "trouble", KEPT_S)

    def withdraw(self, copy: RequestCopy) -> None:
        """Ask, after ``y``, for a request back."""
        if self._says_why_not("withdraw", copy):
            return
        key, withdrawal = uuid4(), AskWithdrawal(copy.id, self._pane.person)

        def ended(result: Result | None, error: Exception | None) -> None:
            if result is not None:
                self._pane.follow(result.copy, f"is {result.copy.status}", ": the manager's side has to confirm it")
            elif error is not None:
                self._pane.notice(sentence(error), "trouble")

        def answered(yes: bool | None) -> None:
            if yes:
                self._pane.command(lambda desk: desk.execute(key, withdrawal), ended)

        terms = copy.terms
        lines = [f"{terms.money}  {terms.description}"] if terms else []
        self._pane.app.push_screen(Confirm(f"Withdraw {clean(copy.number)}?", lines), answered)

    def may(self, action: str, copy: RequestCopy | None) -> bool:
        """Whether a request can be revised, or asked back."""
        return copy is not None and not self._why_not(action, copy)[0]

    def _says_why_not(self, action: str, copy: RequestCopy) -> bool:
        """Say why a request cannot be changed so, before anything is asked; returns whether that is so."""
        why, look = self._why_not(action, copy)
        if why:
            self._pane.notice(why, look)
        return bool(why)

    def _why_not(self, action: str, copy: RequestCopy) -> tuple[str, str]:
        """Return why a request cannot be changed so, and how that is painted; nothing where it can."""
        if copy.locked:
            return self._pane.locked_text(copy), "trouble"
        if copy.request is None:
            return f"{copy.number} itself has not arrived here yet.", "trouble"
        if action == "revise":
            return too_late(copy, self._pane.person), "trouble"
        try:
            ask_withdrawal(AskWithdrawal(copy.id, self._pane.person), copy.request, copy.decision)
        except PaydeskError as refusal:
            return sentence(refusal), "trouble"
        back = copy.status in TAKEN_BACK
        return f"{copy.number} is {copy.status} already." if back else "", ""


class Following:
    """Follows one request at a time, until the cursor is on it or a hand moves on; ``fits``: the list shows it."""

    def __init__(self, fits: Callable[[RequestCopy], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._fits = fits
        self._clock = clock
        self._copy: RequestCopy | None = None
        self._since = 0.0

    def follow(self, copy: RequestCopy, did: str, more: str, everyone: str) -> str:
        """Follow a request until the cursor is on it.

        Args:
            copy: The request.
            did: What was done with it, as the rest of a sentence.
            more: What is said besides, where there is room for it.
            everyone: The key that shows all requests.

        Returns:
            What was done; where the filter hides the request, how it is seen.
        """
        self._copy, self._since = copy, self._clock()
        if self._fits(copy):
            return f"{copy.number} {did}{more}."
        return f"{copy.number} {did}; the filter hides it, {everyone} shows it."

    def due(self, read_at: float) -> RequestCopy | None:
        """Return what the cursor goes to now, once: rows are shown that were read after it was changed.

        What the filter hides is followed on: the next filter may show it.
        """
        copy = self._copy
        if copy is None or read_at < self._since or not self._fits(copy):
            return None
        self._copy = None
        return copy

    def let_go(self) -> None:
        """Follow nothing: a hand moves on."""
        self._copy = None
