"""Health, in words: every part with what it means for the person at the desk."""

from collections.abc import Iterator
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from paydesk.domain.text import clean
from paydesk.tui.port import Desk, PanePort
from paydesk.tui.screens.base import OwnScreen
from paydesk.tui.text.health import PartReport, health_report

_NAME, _STATE = 12, 16
"""Cells of the first two columns; what a part does now takes the rest."""


class HealthScreen(OwnScreen[None]):
    """The parts of one desk, painted anew with every look at them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("colon", "app.command_palette", "Commands", show=False, id="health.palette", key_display=": ^p"),
        Binding("question_mark", "app.help", "Keys", id="health.help", key_display="?"),
        Binding("q,escape,1", "back", "Back", id="health.back", key_display="q"),
    ]

    def __init__(self, pane: PanePort[Desk]) -> None:
        super().__init__()
        self.pane = pane
        self._reports: list[PartReport] = []

    def body(self) -> ComposeResult:
        """Lay out the parts, one below the other."""
        with VerticalScroll(id="health-body", can_focus=True):
            yield Static(id="parts", markup=False)

    def on_mount(self) -> None:
        """Show how it is now."""
        self.pane.show_health()

    def show_health(self) -> None:
        """Paint what changed since the last look."""
        health = self.pane.health
        reports = health_report(health, self.pane.role) if health is not None else []
        if reports != self._reports:
            self._reports = reports
            self._paint()

    def on_resize(self) -> None:
        """Wrap anew."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        parts = self.query_one("#parts", Static)
        if not parts.content_size.width:
            return  # It is laid out in a moment, and painted then.
        cells = max(20, parts.content_size.width - _NAME)
        between = Content("\n" if self.has_class("-short") else "\n\n")
        parts.update(between.join(Content("\n").join(_lines(report, cells)) for report in self._reports))

    def where(self) -> str:
        """Return the name of this screen."""
        return "  health"


def _lines(report: PartReport, cells: int) -> Iterator[Content]:
    look = "$success" if report.well else "$error" if report.state.startswith("✗") else "$accent"
    state = (f"{report.state:<{_STATE}}", look)
    first, *more = wrap(clean(report.now, 300), cells - _STATE) or [""]
    yield Content.assemble((f"{report.name:<{_NAME}}", "bold"), state, first)
    for line in more:
        yield Content(" " * (_NAME + _STATE) + line)
    for line in wrap(clean(report.meaning, 400), cells):
        yield Content.styled(" " * _NAME + line, "$secondary")
