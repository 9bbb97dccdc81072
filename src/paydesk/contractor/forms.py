"""The form of a request: what is wrong is said under its field, what will be asked is shown beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from paydesk.contractor.alike import AlikeScreen
from paydesk.contractor.compare import asked, side_by_side
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import InvalidInput
from paydesk.domain.payment_request import Terms, checked_terms, typed_fields
from paydesk.domain.text import clean
from paydesk.tui.desk_pane import DeskPane
from paydesk.tui.dialogs import Confirm
from paydesk.tui.drafts import Draft, DraftStore
from paydesk.tui.fields import Field

_FIELDS = {
    "amount": ("Amount", "such as 1250.50"),
    "currency": ("Currency", "such as EUR"),
    "description": ("Description", "what the payment is for"),
    "reference": ("Reference", "your invoice number, if any"),
    "due_date": ("Due date", "such as 2026-12-31, if any"),
    "document": ("Document", "https link to the invoice, if any"),
    "pay_to": ("Pay to", "account or name, if not the usual one"),
}
_OF_PROBLEM = {"money": "amount"}


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form returns: terms that are right, and the draft whose ids make sending them twice one request."""

    terms: Terms
    draft: Draft


class RequestForm(AlikeScreen[Filled | None]):
    """A new request, or new terms for an old one; it returns what was typed and sends nothing itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", id="form.send", key_display="^s", priority=True, tooltip="Send it"),
        Binding("escape", "keep", "Back", id="form.back", tooltip="Back; a draft is kept"),
        Binding("ctrl+x", "discard", "Discard", id="form.discard", key_display="^x", priority=True),
        Binding("f1", "app.help", "Keys", id="form.help", key_display="F1"),
    ]

    def __init__(
        self,
        pane: DeskPane[Any],
        draft: Draft,
        drafts: DraftStore,
        *,
        known: Sequence[RequestCopy] = (),
        trouble: str = "",
        title: str = "new request",
        before: Terms | None = None,
    ) -> None:
        super().__init__()
        self.pane = pane
        self._draft = draft
        self._drafts = drafts
        self._trouble = trouble
        self._title = title
        self._before = before
        self._tried = False
        self._sending: Terms | None = None
        if draft.empty and known and known[0].terms is not None:
            draft.fields["currency"] = known[0].terms.money.currency

    @classmethod
    def of(cls, pane: DeskPane[Any], copy: RequestCopy, terms: Terms) -> "RequestForm":
        """Return the form that revises a request; what is not sent of it is not kept."""
        draft = Draft(typed_fields(terms), request_id=copy.id)
        return cls(pane, draft, DraftStore(), title=f"revise {copy.number}", before=terms)

    def where(self) -> str:
        """Return what is filled in here."""
        return f"  {self._title}"

    def body(self) -> ComposeResult:
        """Lay out the fields, each with room for its sentence, and the preview."""
        with Horizontal(id="form-columns"):
            with VerticalScroll(id="form-fields", can_focus=False):
                for name, (label, example) in _FIELDS.items():
                    with Vertical(classes="field"):
                        with Horizontal(classes="field-row"):
                            yield Static(Content(label), classes="field-label", markup=False)
                            value = self._draft.fields.get(name, "")
                            yield Field(value, placeholder=example, id=name, compact=True)
                        yield Static(id=f"problem-{name}", classes="field-problem", markup=False)
                yield Button("Send ^s", id="send", compact=True, variant="primary")
            yield Static(id="form-preview", markup=False)

    def on_mount(self) -> None:
        """Start at the first field."""
        self.pane.tell()
        self.query_one("#amount", Input).focus()
        self.look_for_waiting()
        self._preview()
        problems = self._terms()[1]
        for name, value in self._typed().items():
            if value.strip():
                self._show_problem(name, problems.get(name, ""))

    def on_resize(self) -> None:
        """Lay the preview out anew."""
        self.call_after_refresh(self._preview)

    def _typed(self) -> dict[str, str]:
        return {name: self.query_one(f"#{name}", Input).value for name in _FIELDS}

    def _terms(self) -> tuple[Terms | None, dict[str, str]]:
        try:
            return checked_terms(**self._typed()), {}
        except InvalidInput as error:
            return None, {_OF_PROBLEM.get(field, field): text for field, text in error.problems.items()}

    @on(Input.Changed)
    def _changed(self, _: Input.Changed) -> None:
        fields = self._typed()
        if fields != self._draft.fields:
            self._draft.fields = fields
            self._trouble, self._sending = "", None
            if self._before is None and not self._draft.empty:
                self._drafts.save(self._draft)
        self._preview()
        if self._tried:
            self._show_problems(self._terms()[1])

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        """Say what is wrong with a field when the person has left it, not while it is typed."""
        name, problems = event.input.id or "", self._terms()[1]
        if event.value.strip() or self._tried:
            self._show_problem(name, problems.get(name, ""))

    @on(Input.Submitted)
    def _next(self, _: Input.Submitted) -> None:
        self.focus_next()

    def _show_problems(self, problems: dict[str, str]) -> None:
        for name in _FIELDS:
            self._show_problem(name, problems.get(name, ""))

    def _show_problem(self, name: str, problem: str) -> None:
        found = self.query_one(f"#problem-{name}", Static)
        found.update(Content(f"✗ {clean(problem)}") if problem else "")
        found.set_class(bool(problem), "there")

    def _preview(self) -> None:
        terms, problems = self._terms()
        if terms is not None:
            self.look_for_alike(self._draft.request_id, terms)
        self.query_one("#form-preview", Static).update(Content("\n").join(self._preview_lines(terms, problems)))

    def _amiss(self, problems: Mapping[str, str]) -> tuple[list[str], list[str]]:
        """Return which fields are still to be filled in, and which are not right yet."""
        typed, named = self._typed(), {name: _FIELDS[name][0].lower() for name in problems}
        empty = [label for name, label in named.items() if not typed[name].strip()]
        return empty, [label for name, label in named.items() if typed[name].strip()]

    def _preview_lines(self, terms: Terms | None, problems: Mapping[str, str]) -> Iterator[Content]:
        if self._trouble:
            yield Content.styled(f"✗ {clean(self._trouble)}", "$error")
            yield Content("Your draft is kept; ^s tries again.")
            yield Content("")
        if self._before is not None:
            width = self.query_one("#form-preview", Static).content_size.width
            yield from side_by_side(self._before, terms, width)
        else:
            yield from asked(terms, *self._amiss(problems))
        yield Content("")
        yield from self._beside(terms)

    def _beside(self, terms: Terms | None) -> Iterator[Content]:
        """Yield what helps to judge the amount: what waits already, and a request that looks the same."""
        if self.waiting is not None and self._before is None:
            sums = " and ".join(map(str, self.waiting.sums))
            yield Content.styled(f"Waiting already  {sums} ({self.waiting.count:,})", "$secondary")
        for other in self.alike_to(terms) or ():
            yield Content.styled(f"⚠ Looks like {clean(str(other), 300)}", "$warning")

    def waiting_known(self) -> None:
        """Show what waits already."""
        self._preview()

    def alike_known(self, terms: Terms) -> None:
        """Show what these terms look like; send them, if that was waited for."""
        self._preview()
        if terms == self._sending:
            self._send(terms)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Return the terms when all is right; else say what is wrong and go there."""
        self._tried = True
        terms, problems = self._terms()
        self._show_problems(problems)
        if terms is None:
            self.query_one(f"#{next(iter(problems))}", Input).focus()
            return
        self._sending = terms
        if self.pane.desk is None or self.alike_to(terms) is not None:
            self._send(terms)
        else:
            self.look_for_alike(self._draft.request_id, terms)

    def _send(self, terms: Terms) -> None:
        """Return the terms, after ``y`` where they look like another request."""
        self._sending = None
        send, alike = Filled(terms, self._draft), self.alike_to(terms)
        if not alike:
            self.dismiss(send)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(send)

        lines = [f"{terms.money}, {terms.description}", *(f"looks like {other}" for other in alike)]
        question = "Ask for this again?" if self._before is None else "Change it all the same?"
        self.app.push_screen(Confirm(question, lines), answered)

    def action_keep(self) -> None:
        """Go back; what was typed of a new request is kept."""
        if self._before is None and not self._draft.empty:
            self._drafts.save(self._draft)
        self.dismiss(None)

    def action_discard(self) -> None:
        """Forget the draft, after ``y``."""

        def answered(yes: bool | None) -> None:
            if yes:
                self._drafts.discard()
                self.dismiss(None)

        self.app.push_screen(Confirm("Discard what you typed?"), answered)
