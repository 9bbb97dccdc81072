"""The form of a request: what is wrong is said under its field, what will be asked is shown beside it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from paydesk.contractor.compare import asked, side_by_side
from paydesk.contractor.form_checks import (
    AlikeRead,
    CopyRead,
    FormChecks,
    WaitingRead,
    read_alike,
    read_copy,
    read_waiting,
)
from paydesk.contractor.form_fields import FIELDS, FormFields
from paydesk.domain.copy import RequestCopy
from paydesk.domain.doubts import doubts
from paydesk.domain.duplicates import Asking
from paydesk.domain.payment_request import Terms, typed_fields
from paydesk.domain.status import Status
from paydesk.domain.text import clean
from paydesk.infra.core.query import News
from paydesk.tui.drafts import Draft, DraftStore
from paydesk.tui.port import Desk, PanePort
from paydesk.tui.screens.base import OwnScreen
from paydesk.tui.screens.dialogs import Confirm

UNCHANGED = "Nothing is changed: it says what was rejected."


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What the form returns: terms that are right, and the draft whose ids make sending them twice one request."""

    terms: Terms
    draft: Draft
    seen: RequestCopy | None = None
    """The request as the person saw it last, who means these terms in its place; None of a new one."""


class RequestForm(OwnScreen[FilledForm | None]):
    """A new request, or new terms for an old one; it returns what was typed and sends nothing itself.

    Args:
        pane: The list that opens the form.
        draft: What is filled in at first; the form keeps it up to date.
        drafts: Where the draft is kept.
        known: The newest requests of this person, the newest first; a new one begins with the currency of that.
        trouble: What became of this draft while no form was open.
        revised: The request whose terms are changed; None: a new one is made.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", id="form.send", key_display="^s", priority=True, tooltip="Send it"),
        Binding("escape", "keep", "Back", id="form.back", tooltip="Back; of a new request a draft is kept"),
        Binding("ctrl+x", "discard", "Discard", id="form.discard", key_display="^x", priority=True),
        Binding("down", "app.focus_next", "Next field", show=False, id="form.next", key_display="tab ↓"),
        Binding(
            "up",
            "app.focus_previous",
            "Field before",
            show=False,
            id="form.previous",
            key_display="↑",
            tooltip="Field before, as shift+tab",
        ),
        Binding("f1", "app.help", "Keys", id="form.help", key_display="F1"),
    ]

    def __init__(
        self,
        pane: PanePort[Desk],
        draft: Draft,
        drafts: DraftStore,
        *,
        known: Sequence[RequestCopy] = (),
        trouble: str = "",
        revised: RequestCopy | None = None,
    ) -> None:
        super().__init__()
        self.pane = pane
        self._draft = draft
        self._drafts = drafts
        self._trouble = trouble
        self._title = f"revise {revised.number}" if revised is not None else "new request"
        self._before = revised.request.terms if revised is not None and revised.request is not None else None
        self._checks = FormChecks(revised, draft.sent)
        self._tried = False
        self._saved = False
        self._sending: Terms | None = None
        if draft.empty and known and known[0].terms is not None:
            draft.fields["currency"] = known[0].terms.money.currency
        self._fields = FormFields(draft.fields, self._before)
        kept = any(other.request_id == draft.request_id for other in drafts.kept())
        self._untouched = typed_fields(self._before) if self._before is not None else {} if kept else draft.fields
        drafts.take(draft)

    def where(self) -> str:
        """Return what is filled in here."""
        return f"  {self._title}"

    def body(self) -> ComposeResult:
        """Lay out the fields, each with room for its sentence, and the preview."""
        with Horizontal(id="form-columns"):
            yield self._fields
            yield Static(id="form-preview", markup=False)

    def on_mount(self) -> None:
        """Start at the first field."""
        self.pane.show_health()
        self._fields.go_to("amount")
        if self.pane.desk is not None:
            self._read_waiting(self.pane.desk)
        if self._trouble:
            self.read()  # What became of it while no form was open.
        self._preview()
        self._show_problems(name for name, value in self._fields.typed().items() if value.strip())

    def on_resize(self) -> None:
        """Lay the preview out anew."""
        self.call_after_refresh(self._preview)

    @on(Input.Changed)
    def _changed(self, _: Input.Changed) -> None:
        fields = self._fields.typed()
        if fields != self._draft.fields:
            self._draft.fields = fields
            self._trouble, self._sending = "", None
            self._keep()
        self._preview()
        self._show_problems(FIELDS if self._tried else self._fields.amended())

    @property
    def _typed(self) -> bool:
        """Whether something would be lost with this form: what was typed here, or was kept of what was typed before."""
        if self._checks.arrived and self._fields.terms()[0] == self._checks.sent:
            return False
        return not self._draft.empty and _filled(self._draft.fields) != _filled(self._untouched)

    def _keep(self) -> None:
        """Keep what was typed of a new request; as long as that is nothing, nothing is kept of it."""
        typed = self._typed
        if self._before is not None or not (typed or self._saved):
            return
        self._saved = True
        if typed:
            self._drafts.save(self._draft)
        else:
            self._drafts.discard(self._draft)

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        """Say what is wrong with a field when the person has left it, not while it is typed."""
        if event.value.strip() or self._tried:
            self._show_problems([event.input.id or ""])

    @on(Input.Submitted)
    def _next(self, _: Input.Submitted) -> None:
        self.focus_next()

    def _show_problems(self, names: Iterable[str] = tuple(FIELDS)) -> None:
        problems = self._fields.terms()[1]
        for name in names:
            self._fields.show_problem(name, problems, self._today())

    def _today(self) -> date:
        return self.pane.now().astimezone().date()

    def _preview(self) -> None:
        terms, problems = self._fields.terms()
        if terms is not None:
            self._find_alike(terms)
        preview = self.query_one("#form-preview", Static)
        if preview.content_size.width:  # Else it is laid out in a moment, and painted then.
            preview.update(Content("\n").join(self._preview_lines(terms, problems)))

    def _preview_lines(self, terms: Terms | None, problems: dict[str, str]) -> Iterator[Content]:
        if self._checks.arrived:
            yield Content.styled(f"✓ {self._checks.arrived}", "$success")
            yield Content("")
        elif self._trouble:
            yield Content.styled(f"✗ {clean(self._trouble)}", "$error")
            yield Content("Your draft is kept; ^s tries again.")
            yield Content("")
        if meanwhile := self._checks.closed or self._checks.meanwhile:
            yield Content.styled(f"⚠ {clean(meanwhile, 700)}", "$warning")
            yield Content("")
        if (cause := self._rejected_for()) and not meanwhile:
            yield from cause
            yield Content("")
        if (now := self._now()) is not None:
            width = self.query_one("#form-preview", Static).content_size.width
            yield from side_by_side(now, terms, width)
        else:
            yield from asked(terms, *self._fields.wrong_labels(problems))
        yield Content("")
        yield from self._beside(terms)

    def _now(self) -> Terms | None:
        """Return the terms that the request has now, as far as is known; None of a new one."""
        newest = self._checks.newest
        return newest.request.terms if newest is not None and newest.request is not None else self._before

    def _rejected_for(self) -> list[Content]:
        """Return who rejected the request and why, in full: what is revised is to answer that."""
        revised = self._checks.revised
        decision = revised.decision if revised is not None else None
        if revised is None or revised.status is not Status.REJECTED or decision is None:
            return []
        cause = clean(decision.cause.text if decision.cause is not None else "", 700)
        return [Content.styled(f"✗ Rejected by {clean(decision.decided_by or '')}", "$error"), Content(cause)]

    def _id_of(self, terms: Terms) -> UUID:
        """Return the id of the request that these terms are, or would be."""
        revised = self._checks.revised
        return revised.id if revised is not None else self._draft.ids_for(terms.hash)[1]

    def _beside(self, terms: Terms | None) -> Iterator[Content]:
        """Yield what helps to judge the amount: what waits already, what is doubtful, and what looks the same."""
        waiting = self._checks.waiting
        if waiting is not None and self._before is None:
            sums = " and ".join(map(str, waiting.sums))
            yield Content.styled(f"Waiting already  {sums} ({waiting.count:,})", "$secondary")
        for doubt in doubts(typed_fields(terms), self._today()).values() if terms is not None else ():
            yield Content.styled(f"⚠ {doubt}", "$warning")
        for other in self._checks.alike_to(terms) or ():
            yield Content.styled(f"⚠ Looks like {clean(str(other), 300)}", "$warning")

    # What is found out in threads while the form is open.

    @work(thread=True, group="waiting", exclusive=True, exit_on_error=False)
    def _read_waiting(self, desk: Desk) -> None:
        self.post_message(read_waiting(desk))

    @on(WaitingRead)
    def _waiting_read(self, message: WaitingRead) -> None:
        self._checks.waiting = message.waiting
        self._preview()

    def read(self, news: News | None = None) -> None:
        """Read the request again, unless the news are about others."""
        revised, desk = self._checks.revised, self.pane.desk
        if revised is not None and desk is not None and (news is None or news.about(revised.id)):
            self._read_copy(desk, revised.id)

    @work(thread=True, group="copy", exclusive=True, exit_on_error=False)
    def _read_copy(self, desk: Desk, request_id: UUID) -> None:
        self.post_message(read_copy(desk, request_id))

    @on(CopyRead)
    def _copy_read(self, message: CopyRead) -> None:
        person = self.pane.desk.person if self.pane.desk is not None else ""
        if message.copy is not None and self._checks.take_copy(message.copy, person):
            self._preview()

    def _find_alike(self, terms: Terms) -> None:
        """Find out what these terms look like, unless it is being found out."""
        if (desk := self.pane.desk) is not None:
            asking = self._checks.to_be_read(self._id_of(terms), desk.person, terms, self.pane.now())
            if asking is not None:
                self._read_alike(desk, asking)

    @work(thread=True, group="alike", exclusive=True, exit_on_error=False)
    def _read_alike(self, desk: Desk, asking: Asking) -> None:
        self.post_message(read_alike(desk, asking))

    @on(AlikeRead)
    def _alike_read(self, message: AlikeRead) -> None:
        """Show what these terms look like; send them, if that was waited for."""
        if self._checks.take_alike(message):
            self._preview()
            if message.terms == self._sending:
                self._send(message.terms)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Return the terms when all is right; else say what is wrong and go there."""
        self._tried = True
        terms, problems = self._fields.terms()
        self._show_problems()
        if terms is None:
            self._fields.go_to(next(iter(problems)))
            return
        self._sending = terms
        if self.pane.desk is None or self._checks.alike_to(terms) is not None:
            self._send(terms)
        else:
            self._find_alike(terms)

    def _send(self, terms: Terms) -> None:
        """Return the terms, after ``y`` where they look like another request, or theirs is not what it was."""
        self._sending = None
        checks, alike = self._checks, self._checks.alike_to(terms) or ()
        send = FilledForm(terms, self._draft, checks.newest)
        if checks.closed:
            self.pane.notice(checks.closed, "trouble")
            return
        unchanged = UNCHANGED if terms == self._before and self._rejected_for() else ""
        if not alike and not checks.meanwhile and not unchanged:
            self.dismiss(send)
            return

        def answered(yes: bool | None) -> None:
            if yes and send.seen is not checks.newest:
                self._send(terms)  # The question was about another state of the request.
            elif yes:
                self.dismiss(send)

        lines = [
            f"{terms.money}, {terms.description}",
            checks.meanwhile,
            unchanged,
            *(f"looks like {other}" for other in alike),
        ]
        question = "Ask for this again?" if self._before is None else "Change it all the same?"
        question = "Send it unchanged?" if unchanged else question
        self.app.push_screen(Confirm(question, list(filter(None, lines))), answered)

    def action_keep(self) -> None:
        """Go back: what was typed of a new request is kept already, what was typed of a revision is asked about."""
        if self._before is None:
            self.dismiss(None)
        else:
            self.action_discard()

    def action_discard(self) -> None:
        """Forget the draft, after ``y`` where something was typed."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._drafts.discard(self._draft)
                self.dismiss(None)

        if self._typed:
            self.app.push_screen(Confirm("Discard what you typed?"), answered)
        else:
            answered(yes=True)


def _filled(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value.strip()}
