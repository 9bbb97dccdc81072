"""What a desk screen needs from the room behind it: one protocol, met by the real desk and by the fake of the tests."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from paydesk.domain.copy import RequestDetail, StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.insights import Insights
from paydesk.infra.core.clock import DatabaseClock
from paydesk.infra.core.health import Health
from paydesk.infra.core.query import News, Page, PageQuery
from paydesk.role_names import RoleName


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
        """Connect to the own schema (through psycopg alone), so that ``page`` answers."""

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
        """Stop threads, leave the servers; returns a sentence for the person, or empty.

        ``quits``: a person asked for it, and what is held leaves now; else it stays held until its time.
        """
