"""The cause of a rejection: a digit picks it, and a note goes with it where the sentence alone would not do."""

from collections.abc import Iterable
from typing import ClassVar, cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import NOTE_MOST, Cause, CauseCode, checked_cause
from paydesk.domain.errors import InvalidInput
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import describe_changes
from paydesk.domain.text import clean
from paydesk.manager.input_guards import CHANGED_S
from paydesk.tui.app import DeskApp
from paydesk.tui.keys.names import key_named
from paydesk.tui.screens.base import fit
from paydesk.tui.widgets.fields import Field

_CODES = tuple(CauseCode)
_NEARLY_FULL = 100
"""With fewer characters left of a note it is said how many."""
NOT_REJECTED_YET = "Nothing is rejected yet: look, then press again."


class KeptCauses:
    """Causes with a note that somebody typed and that rejected nothing, by request: the next dialog offers them."""

    def __init__(self) -> None:
        self._causes: dict[UUID, Cause] = {}

    def keep(self, ids: Iterable[UUID], cause: Cause | None) -> None:
        """Keep what was typed about these requests; one without a note took nobody any time."""
        if cause is not None and cause.note:
            self._causes |= dict.fromkeys(ids, cause)

    def of(self, ids: Iterable[UUID]) -> Cause | None:
        """Return what was typed about all of these, if it was the same."""
        causes = [self._causes.get(request_id) for request_id in ids]
        return causes[0] if causes and all(cause == causes[0] for cause in causes) else None

    def drop(self, ids: Iterable[UUID]) -> None:
        """Forget what was typed about these: it was said, or something else is."""
        for request_id in ids:
            self._causes.pop(request_id, None)


class CauseLine(Static):
    """One cause; a click picks it too."""

    def __init__(self, place: int, code: CauseCode, key: str) -> None:
        note = "  (with a note)" if code.needs_note else ""
        text = Content.assemble((f"{key}  ", "$accent"), code.sentence, (note, "$secondary"))
        super().__init__(text, markup=False, id=f"cause-{code}")
        self._place = place

    async def on_click(self, event: Click) -> None:
        """Pick it."""
        event.stop()
        await self.run_action(f"screen.pick({self._place})")


class CauseDialog(ModalScreen[Cause | None]):
    """Returns the cause; nothing is decided here. esc goes from the note to the causes, then keeps the request.

    When the request changes meanwhile, its new terms are shown and the next key only says that they were seen.

    Args:
        subject: What is rejected: one request, or two lines that name several.
        digit: What the key of a cause does, as the rest of a sentence.
        enter: What the key enter does, as the rest of a sentence.
        kept: What was typed before and rejected nothing: its note stands in the field.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(place), f"pick({place})", show=False, id=f"cause.{code}")
            for place, code in enumerate(_CODES, 1)
        ),
        Binding("n", "with_note", "With a note", id="cause.note", tooltip="Add a note to the cause that comes next"),
        Binding("escape", "back", "Back", id="cause.back"),
    ]

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-high")]

    def __init__(
        self,
        subject: RequestCopy | tuple[str, str],
        digit: str = "rejects",
        enter: str = "rejects",
        kept: Cause | None = None,
    ) -> None:
        super().__init__()
        self.copy = subject if isinstance(subject, RequestCopy) else None
        """The request whose cause is asked for, with the terms that are shown."""
        self._known = self.copy
        """The same as it was seen before it changed."""
        self._lines = subject if isinstance(subject, tuple) else ("", "")
        self._unseen, self._changed_at, self._why_not = False, 0.0, ""
        self._digit = digit
        self._enter = f"enter {enter}   esc back to the causes"
        self._code: CauseCode | None = None
        self._kept = kept
        self._noted = kept is not None
        """Whether a note is wanted with whichever cause is picked."""

    def compose(self) -> ComposeResult:
        """Lay out what is rejected, the seven causes, and the note."""
        fit(self)
        with Vertical(classes="dialog"):
            title, about = self._named()
            yield Static(Content(clean(title)), id="cause-title", classes="dialog-title", markup=False)
            yield Static(Content(clean(about, 200)), id="cause-about", markup=False)
            yield Static(id="cause-changed", markup=False)
            for place, code in enumerate(_CODES, 1):
                yield CauseLine(place, code, self._key(place))
            note = (self._kept.note if self._kept is not None else None) or ""
            yield Field(note, placeholder="Note to the contractor", id="note", compact=True, select_on_focus=False)
            yield Static(id="problem", markup=False, classes="field-problem")
            yield Static(Content(clean(self._digits())), id="cause-keys", classes="dialog-keys", markup=False)

    def _named(self) -> tuple[str, str]:
        """Return what is rejected, in two lines."""
        if self.copy is None or self.copy.request is None:
            return self._lines
        terms = self.copy.request.terms
        return f"Reject {self.copy.number}  {terms.money}", f"{shown_name(self.copy.contractor)} · {terms.description}"

    def show_newest(self, copy: RequestCopy, why_not: str) -> None:
        """Show what the request of this dialog asks for now, and why it cannot be rejected any more, if so."""
        if self.copy is None or self._known is None or copy.id != self.copy.id or copy.request is None:
            return
        before, self.copy = self.copy.request, copy
        if before is not None and (before.revision, before.terms) != (copy.request.revision, copy.request.terms):
            self._unseen, self._changed_at = True, cast(DeskApp, self.app).clock()
        known = self._known.request.terms if self._known.request is not None else copy.request.terms
        changes = "; ".join(describe_changes(known, copy.request.terms))
        change = f"It changed meanwhile: {changes or f'revision {copy.request.revision}'}" if self._unseen else ""
        if why_not or change:
            self._show_change(f"⚠ {why_not or change}")
        elif self._why_not:
            self._show_change("")
        self._why_not = why_not

    def _show_change(self, text: str) -> None:
        for name, line in zip(("title", "about"), self._named(), strict=True):
            self.query_one(f"#cause-{name}", Static).update(Content(clean(line, 200)))
        self.query_one("#cause-changed", Static).update(Content(clean(text, 165)))
        self.set_class(bool(text), "-changed")

    def _may_act(self) -> bool:
        """Whether what a key rejects is what was seen: else the key says that it is seen now, and nothing more."""
        if not self._unseen and not self._why_not:
            return True
        if self._unseen and cast(DeskApp, self.app).clock() - self._changed_at >= CHANGED_S:
            self._unseen, self._known = False, self.copy
        self._say(self._why_not or NOT_REJECTED_YET)
        return False

    def _key(self, place: int) -> str:
        return key_named(self.app, f"cause.{_CODES[place - 1]}", str(place))

    def _digits(self) -> str:
        keys = " ".join(self._key(place) for place in range(1, len(_CODES) + 1))
        keys = "1-7" if keys == "1 2 3 4 5 6 7" else keys
        if self._noted:
            return f"{keys} then the note   esc back"
        note = key_named(self.app, "cause.note", "n")
        kept = "the request" if self._digit == "rejects" else "them"
        return f"{keys} {self._digit}   {note} adds a note   esc keeps {kept}"

    def action_with_note(self) -> None:
        """Have the note opened with whichever cause is picked next; the same key again leaves it out."""
        if self._code is None:
            self._noted = not self._noted
            self.query_one("#cause-keys", Static).update(clean(self._digits()))

    def on_mount(self) -> None:
        """Digits first: the note is out of the way until a cause needs it."""
        note = self.query_one("#note", Input)
        note.display = False
        self.set_focus(None)
        if self._kept is not None:
            self._say(f"Your note is kept: {self._key(_CODES.index(self._kept.code) + 1)} opens it.")

    def action_pick(self, place: int) -> None:
        """Reject with this cause at once, or open the note where one is needed."""
        code = _CODES[place - 1]
        if not self._may_act():
            return
        self._say("")
        if not code.needs_note and not self._noted:
            self.dismiss(Cause(code))
            return
        self._code = code
        self.add_class("-note")
        note = self.query_one("#note", Input)
        note.display = True
        note.focus()
        for line in self.query(CauseLine):
            line.set_class(line.id != f"cause-{code}", "other")
        self.query_one("#cause-keys", Static).update(clean(self._enter))

    @on(Input.Submitted)
    def _send(self, event: Input.Submitted) -> None:
        cause = self._checked(event.value)
        if cause is not None and self._may_act():
            self.dismiss(cause)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Take back what was wrong with the note as soon as it is right, and say when its room comes to an end."""
        if self._code is None:
            return
        left = NOTE_MOST - len(event.value)
        warning = f"   {left} left" if 0 <= left < _NEARLY_FULL else ""
        self.query_one("#cause-keys", Static).update(clean(self._enter + warning))
        if left < 0 or self.query_one("#problem", Static).has_class("there"):
            self._checked(event.value)

    def _checked(self, note: str) -> Cause | None:
        """Return the cause with its note, or None and say what is wrong with it."""
        assert self._code is not None
        cause, wrong = None, ""
        try:
            cause = checked_cause(self._code, note)
        except InvalidInput as error:
            wrong = f"✗ {error.message}"
        self._say(wrong)
        return cause

    def _say(self, problem: str) -> None:
        """Say why a key did nothing."""
        line = self.query_one("#problem", Static)
        line.update(Content(clean(problem, 400)))
        line.set_class(bool(problem), "there")

    def action_back(self) -> None:
        """Go back to the causes, or keep the request as it is."""
        note = self.query_one("#note", Input)
        if self._noted and not note.display:
            self.action_with_note()
            return
        if not note.display:
            self.dismiss(None)
            return
        note.display = False
        self._code = None
        self.set_focus(None)
        self.remove_class("-note")
        self._say("")
        for line in self.query(CauseLine):
            line.remove_class("other")
        self.query_one("#cause-keys", Static).update(clean(self._digits()))
