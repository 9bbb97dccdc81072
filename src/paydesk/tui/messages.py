"""What threads tell the screens, one message each; only these cross from a thread to the loop."""

from collections.abc import Callable, Sequence

from textual.message import Message

from paydesk.domain.copy import RequestDetail, StatusTotal
from paydesk.domain.duplicates import Alike
from paydesk.infra.core.query import Page, PageQuery, Result
from paydesk.tui.port import Desk


class DeskMade(Message):
    """It is known who sits where; the servers may still be coming."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk


class DeskOpened(Message):
    """The desk's room stands: reading works, and what was typed meanwhile can be sent."""


class DeskStarted(Message):
    """Everything that works behind the screen is imported and runs."""


class DeskFailed(Message):
    """The desk cannot open at all."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class PageRead(Message):
    """A page was read from the own schema."""

    def __init__(self, query: PageQuery, page: Page) -> None:
        super().__init__()
        self.query = query
        self.page = page


class TotalsRead(Message):
    """What all rows of a query come to was read, or None where that failed; it took so many seconds."""

    def __init__(self, query: PageQuery, totals: tuple[StatusTotal, ...] | None, took_s: float) -> None:
        super().__init__()
        self.query = query
        self.totals = totals
        self.took_s = took_s


class ReadFailed(Message):
    """Reading failed; the rows on the screen stay, and say as of when they are."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class DetailRead(Message):
    """One request and its timeline were read, and which others it looks like."""

    def __init__(self, detail: RequestDetail, alike: Sequence[Alike]) -> None:
        super().__init__()
        self.detail = detail
        self.alike = alike


class CommandEnded(Message):
    """A command came back with its result, or with the error that refused it."""

    def __init__(self, ended: Callable[[Result | None, Exception | None], None], outcome: Result | Exception) -> None:
        super().__init__()
        self.ended = ended
        self.outcome = outcome
