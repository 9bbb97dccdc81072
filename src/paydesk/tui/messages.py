"""What threads tell the screens, one message each; only these cross from a thread to the loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.message import Message

from paydesk.domain.copy import RequestDetail, StatusTotal
from paydesk.domain.duplicates import Alike
from paydesk.infra.core.query import Page, PageQuery, Result
from paydesk.tui.port import Desk


@dataclass
class DeskMade(Message):
    """It is known who sits where; the servers may still be coming."""

    desk: Desk


class DeskOpened(Message):
    """What is behind the desk is open: reading works, and what was typed meanwhile can be sent."""


class DeskStarted(Message):
    """Everything that works behind the screen is imported and runs."""


class NewsCame(Message):
    """Something changed behind the screen after a rest."""


@dataclass
class DeskFailed(Message):
    """The desk cannot open at all."""

    error: Exception


@dataclass
class PageRead(Message):
    """A page was read from the own schema."""

    query: PageQuery
    page: Page


@dataclass
class TotalsRead(Message):
    """What all rows of a query come to was read, or None where that failed; it took so many seconds."""

    query: PageQuery
    totals: tuple[StatusTotal, ...] | None
    took_s: float


@dataclass
class ReadFailed(Message):
    """Reading failed; the rows on the screen stay, and say as of when they are."""

    error: Exception


@dataclass
class DetailRead(Message):
    """One request and its timeline were read, and which others it looks like."""

    detail: RequestDetail
    alike: Sequence[Alike]


@dataclass
class CommandEnded(Message):
    """A command came back with its result, or with the error that refused it."""

    ended: Callable[[Result | None, Exception | None], None]
    outcome: Result | Exception
