"""What a desk screen needs: of the desk behind it, met by the real one and by the fake of the tests; and what the parts
and the screens of a desk need of the list that owns them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from paydesk.domain.copy import RequestCopy, RequestDetail, StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.filters import Filter
from paydesk.domain.insights import Insights
from paydesk.infra.core.clock import DatabaseClock
from paydesk.infra.core.health import Health
from paydesk.infra.core.query import News, Page, PageQuery, Result
from paydesk.role_names import RoleName

Ended = Callable[[Result | None, Exception | None], None]
"""Called on the loop with what a command came to: its result, or its error."""


class Desk(Protocol):
    """The part both roles share. Every method but ``health`` may block: call it from a thread worker only.

    Methods raise paydesk errors (``paydesk.domain.errors``) with a sentence and a hint; a lost database raises
    ``paydesk.infra.core.errors.ServerDown``.
    """

    role: RoleName
    person: str
    stack: str
    """What the top line calls the servers; known once the desk is open."""

    @property
    def clock(self) -> DatabaseClock | None:
        """Return the clock of the database that the desk reads; None where all of it is in this process."""

    def open(self) -> None:
        """Connect to the own schema (through psycopg alone), so that ``page`` answers.

        Raises:
            PaydeskError: The desk cannot be opened, such as ``ServerDown`` or ``SchemaTooNew``.
        """

    def start(self, post: Callable[[News], None]) -> None:
        """Start worker and hint listener; ``post`` is called from their threads and must not block."""

    def page(self, query: PageQuery) -> Page:
        """Return the rows of a query."""

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        """Return what all rows of a query come to, wherever it starts; may take long among a million."""

    def insights(self, query: PageQuery) -> Insights:
        """Return what there is to know of all rows of a query; may take long among a million."""

    def detail(self, request_id: UUID) -> RequestDetail:
        """Return a request with its timeline."""

    def alike(self, asked: Sequence[Asking]) -> Mapping[UUID, tuple[Alike, ...]]:
        """Return, for each of these that looks like other requests, which and why."""

    def health(self) -> Health:
        """Return the last reading of all parts; never blocks."""

    def close(self, *, quits: bool = True) -> str:
        """Stop the threads, and leave the servers.

        Args:
            quits: Whether a person asked for it, and what is held leaves now; else it stays held until its time.

        Returns:
            A sentence for the person, or an empty string.
        """


D_co = TypeVar("D_co", bound=Desk, covariant=True)


class ListPort(Protocol[D_co]):
    """What a part of a list may ask of the pane that owns it; called on the loop."""

    @property
    def person(self) -> str:
        """Return who sits at the desk; empty until that is known."""

    @property
    def current(self) -> RequestCopy | None:
        """Return the request under the cursor."""

    @property
    def health(self) -> Health | None:
        """Return how the parts were when they were last looked at."""

    def go_to(self, request_id: UUID) -> bool:
        """Put the cursor on a request.

        Returns:
            Whether it is among the rows that are held.
        """

    def now(self) -> datetime:
        """Return the time: the database's once it answered."""

    def key(self, name: str, usual: str) -> str:
        """Return the key by which something is done, for words that name it."""

    def notice(self, text: str, look: str = "", for_s: float = ...) -> None:
        """Show one sentence in the line above the health.

        Args:
            text: The sentence.
            look: The class that paints it, such as ``trouble``.
            for_s: The seconds for which it stays; 0: until the next one.
        """

    def command(self, run: Callable[[D_co], Result], ended: Ended) -> None:
        """Run a command in a thread, after those before it.

        Args:
            run: Executes it on the desk.
            ended: Called on the loop when it is done.
        """


class PanePort(ListPort[D_co], Protocol[D_co]):
    """What the screens of a desk need of its list."""

    @property
    def role(self) -> RoleName:
        """Return whose desk it is."""

    @property
    def desk(self) -> D_co | None:
        """Return what is behind it; None while that is not known."""

    @property
    def filter(self) -> Filter:
        """Return which requests are shown."""

    def wanted(self) -> PageQuery:
        """Return the query of the rows that are shown."""

    def nothing(self, usual: str) -> str:
        """Return what an empty list says."""

    def show_health(self) -> None:
        """Paint the top line and the health line, of the open screens too."""

    def copy_number(self, number: str) -> None:
        """Send a number to the terminal's clipboard."""
