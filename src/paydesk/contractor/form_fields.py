"""The fields of a request as they are typed, each with room for its sentence."""

from datetime import date

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from paydesk.domain.doubts import doubts
from paydesk.domain.errors import InvalidInput
from paydesk.domain.payment_request import TERMS, Terms, changed_terms, checked_terms
from paydesk.domain.text import clean
from paydesk.tui.widgets.fields import Field

FIELDS = {
    "amount": ("Amount", "such as 1250.50"),
    "currency": ("Currency", "such as EUR"),
    **{term.name: (term.label, term.example) for term in TERMS},
}
_OF_PROBLEM = {"money": "amount"}


class FormFields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields and the button; what scrolls them is the field that one goes to, so the arrows are the screen's."""

    def __init__(self, filled: dict[str, str], before: Terms | None = None) -> None:
        super().__init__(id="form-fields")
        self._filled = filled
        self._before = before

    def compose(self) -> ComposeResult:
        """Lay out a line a field, and under it the line of what is wrong with it."""
        for name, (label, example) in FIELDS.items():
            with Vertical(classes="field"):
                with Horizontal(classes="field-row"):
                    yield Static(Content(label), classes="field-label", markup=False)
                    yield Field(self._filled.get(name, ""), placeholder=example, id=name, compact=True)
                yield Static(id=f"problem-{name}", classes="field-problem", markup=False)
        yield Button("Send ^s", id="send", compact=True, variant="primary")

    def typed(self) -> dict[str, str]:
        """Return what stands in the fields, by name."""
        return {name: self.query_one(f"#{name}", Input).value for name in FIELDS}

    def terms(self) -> tuple[Terms | None, dict[str, str]]:
        """Return the terms, or None and a sentence for every field that is wrong."""
        try:
            if self._before is not None:
                return changed_terms(self._before, **self.typed()), {}
            return checked_terms(**self.typed()), {}
        except InvalidInput as error:
            return None, {_OF_PROBLEM.get(field, field): text for field, text in error.problems.items()}

    def wrong_labels(self, problems: dict[str, str]) -> tuple[list[str], list[str]]:
        """Return the labels of the wrong fields: which are still to be filled in, and which are not right yet."""
        typed, named = self.typed(), {name: FIELDS[name][0].lower() for name in problems}
        empty = [label for name, label in named.items() if not typed[name].strip()]
        return empty, [label for name, label in named.items() if typed[name].strip()]

    def show_problem(self, name: str, problems: dict[str, str], today: date) -> None:
        """Say under a field what is wrong with it; what is only doubtful about it is said as a warning."""
        problem = problems.get(name, "")
        doubt = "" if problem else doubts(self.typed(), today).get(name, "")
        problem_line = self.query_one(f"#problem-{name}", Static)
        problem_line.update(Content(f"✗ {clean(problem)}" if problem else f"⚠ {doubt}" if doubt else ""))
        problem_line.set_class(bool(problem or doubt), "there")
        problem_line.set_class(bool(doubt), "doubt")

    def amended(self) -> list[str]:
        """Return the fields under which something is said that may be right by now."""
        return [name for name in FIELDS if self.query_one(f"#problem-{name}").has_class("there")]

    def go_to(self, name: str) -> None:
        """Give a field the focus."""
        self.query_one(f"#{name}", Input).focus()
