"""A screen that belongs to one desk, and what a person is told of an error."""

import logging
from abc import abstractmethod
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen

from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.query import News
from paydesk.tui.keys.footer import KeyFooter
from paydesk.tui.port import Desk, PanePort
from paydesk.tui.widgets.lines import HealthLine, Line, TopLine

log = logging.getLogger("paydesk.screen")


def sentence(error: Exception) -> str:
    """Return what a person is told of an error."""
    if isinstance(error, PaydeskError):
        return f"{error.message} {error.hint if error.desk_hint is None else error.desk_hint}".strip()
    log.error("unexpected", exc_info=error)
    return f"Something went wrong that should not: {type(error).__name__}. The log tells more."


R = TypeVar("R")


def fit(screen: Screen[R]) -> None:
    """Give a screen the classes of the terminal's size now: Textual does so only after its first frame."""
    app = screen.app
    for cells, usual, own in (
        (app.size.width, app.HORIZONTAL_BREAKPOINTS, screen.HORIZONTAL_BREAKPOINTS),
        (app.size.height, app.VERTICAL_BREAKPOINTS, screen.VERTICAL_BREAKPOINTS),
    ):
        steps = sorted((usual if own is None else own) or ())
        fitting = [name for least, name in steps if cells >= least][-1:]
        for _, name in steps:
            screen.set_class(name in fitting, name)


class OwnScreen(Screen[R]):
    """A screen of one desk: it has the same lines around what ``body`` lays out, and reads again what changed."""

    pane: PanePort[Desk]

    def compose(self) -> ComposeResult:
        """Lay out the lines that stand on every screen, and the body between them."""
        fit(self)
        yield TopLine(id="top")
        yield from self.body()
        yield Line(id="notice")
        yield HealthLine(id="health")
        yield KeyFooter()

    @abstractmethod
    def body(self) -> ComposeResult:
        """Lay out what is this screen's own."""

    def read(self, news: News | None = None) -> None:
        """Read again, unless the news are about other requests."""

    def show_health(self) -> None:
        """Paint what was found out about the parts."""

    def where(self) -> str:
        """Return what the top line says of this screen."""
        return ""

    def action_back(self) -> None:
        """Go back to the desk."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Scroll the body by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
