"""The cause of a rejection: a digit picks it, and a note goes with it where the sentence alone would not do."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from paydesk.domain.decision import NOTE_MOST, Cause, CauseCode, checked_cause
from paydesk.domain.errors import InvalidInput
from paydesk.domain.text import clean
from paydesk.tui.fields import Field
from paydesk.tui.named_keys import key_named

_CODES = tuple(CauseCode)


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
    """Returns the cause; nothing is decided here. esc goes from the note to the causes, then keeps the request."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(place), f"pick({place})", show=False, id=f"cause.{code}")
            for place, code in enumerate(_CODES, 1)
        ),
        Binding("escape", "back", "Back", id="cause.back"),
    ]

    AUTO_FOCUS = ""

    def __init__(self, title: str, digit: str = "rejects", enter: str = "rejects") -> None:
        """``digit`` and ``enter`` are what a digit does, and what enter does that leaves the note."""
        super().__init__()
        self._title = title
        self._digit = digit
        self._enter = f"enter {enter}   esc back to the causes"
        self._code: CauseCode | None = None

    def compose(self) -> ComposeResult:
        """Lay out what is rejected, the seven causes, and the note."""
        with Vertical(classes="dialog"):
            yield Static(Content(clean(self._title)), classes="dialog-title", markup=False)
            for place, code in enumerate(_CODES, 1):
                yield CauseLine(place, code, self._key(place))
            yield Field(placeholder="Note to the contractor", id="note", max_length=NOTE_MOST, compact=True)
            yield Static(id="problem", markup=False, classes="field-problem")
            yield Static(Content(clean(self._digits())), id="cause-keys", classes="dialog-keys", markup=False)

    def _key(self, place: int) -> str:
        return key_named(self.app, f"cause.{_CODES[place - 1]}", str(place))

    def _digits(self) -> str:
        keys = " ".join(self._key(place) for place in range(1, len(_CODES) + 1))
        keys = "1-7" if keys == "1 2 3 4 5 6 7" else keys
        return f"{keys} {self._digit}   esc keeps {'the request' if self._digit == 'rejects' else 'them'}"

    def on_mount(self) -> None:
        """Digits first: the note is out of the way until a cause needs it."""
        note = self.query_one("#note", Input)
        note.display = False
        self.set_focus(None)

    def action_pick(self, place: int) -> None:
        """Reject with this cause at once, or open the note where one is needed."""
        code = _CODES[place - 1]
        if not code.needs_note:
            self.dismiss(Cause(code))
            return
        self._code = code
        note = self.query_one("#note", Input)
        note.display = True
        note.focus()
        for line in self.query(CauseLine):
            line.set_class(line.id != f"cause-{code}", "muted")
        self.query_one("#cause-keys", Static).update(clean(self._enter))

    @on(Input.Submitted)
    def _send(self, event: Input.Submitted) -> None:
        cause = self._checked(event.value)
        if cause is not None:
            self.dismiss(cause)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Take back what was wrong with the note as soon as it is right."""
        if self.query_one("#problem", Static).has_class("there"):
            self._checked(event.value)

    def _checked(self, note: str) -> Cause | None:
        """Return the cause with its note, or None and say what is wrong with it."""
        assert self._code is not None
        cause, wrong = None, ""
        try:
            cause = checked_cause(self._code, note)
        except InvalidInput as error:
            wrong = f"✗ {clean(error.message)}"
        problem = self.query_one("#problem", Static)
        problem.update(Content(wrong))
        problem.set_class(bool(wrong), "there")
        return cause

    def action_back(self) -> None:
        """Go back to the causes, or keep the request as it is."""
        note = self.query_one("#note", Input)
        if not note.display:
            self.dismiss(None)
            return
        note.display = False
        self._code = None
        self.set_focus(None)
        self.query_one("#problem", Static).remove_class("there")
        for line in self.query(CauseLine):
            line.remove_class("muted")
        self.query_one("#cause-keys", Static).update(clean(self._digits()))
