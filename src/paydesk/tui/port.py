"""What a desk screen needs from the room behind it: one protocol, met by the real desk and by the fake of the tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from paydesk.domain.copy import RequestDetail
from paydesk.infra.health import Health
from paydesk.infra.pages import Page, PageQuery


@dataclass(frozen=True, slots=True)
class News:
    """Something changed behind the screen: these requests (None: everything may have), or the health."""

    changed: frozenset[UUID] | None = frozenset()
    health: Health | None = None


class Desk(Protocol):
    """The part both roles share. Every method may block: call it from a thread worker only.

    Methods raise paydesk errors (``paydesk.domain.errors``) with a sentence and a hint; a lost database raises
    ``paydesk.infra.errors.ServerDown``.
    """

    role: str
    person: str

    def open(self) -> None:
        """Connect to the own schema (through psycopg alone), so that ``page`` answers."""

    def start(self, post: Callable[[News], None]) -> None:
        """Start worker and hint listener; ``post`` is called from their threads and must not block."""

    def page(self, query: PageQuery) -> Page: ...
    def detail(self, request_id: UUID) -> RequestDetail: ...
    def health(self) -> Health: ...
    def close(self) -> str:
        """Stop threads, release what is held, leave the servers; returns a sentence for the person, or empty."""
