"""A list without an application, for the parts that a pane owns: what they say and run is noted."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.health import Health
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk, Ended

D = TypeVar("D", bound=Desk)


class FakeListPane(Generic[D]):
    """Meets ``paydesk.tui.port.ListPort``; commands wait until ``work`` runs them."""

    def __init__(self, desk: D, rows: list[RequestCopy], now: Callable[[], datetime]) -> None:
        self.desk = desk
        self.rows = rows
        self.now = now
        self.current: RequestCopy | None = rows[0] if rows else None
        self.notices: list[str] = []
        self.waiting: list[tuple[Callable[[D], Result], Ended]] = []

    @property
    def person(self) -> str:
        return self.desk.person

    @property
    def health(self) -> Health | None:
        return self.desk.health()

    def go_to(self, request_id: UUID) -> bool:
        there = next((row for row in self.rows if row.id == request_id), None)
        self.current = there or self.current
        return there is not None

    def key(self, name: str, usual: str) -> str:
        del name
        return usual

    def notice(self, text: str, look: str = "", for_s: float = 8.0) -> None:
        del look, for_s
        self.notices.append(text)

    def command(self, run: Callable[[D], Result], ended: Ended) -> None:
        self.waiting.append((run, ended))

    def work(self) -> None:
        """Run what waits, and hand on what became of it."""
        while self.waiting:
            run, ended = self.waiting.pop(0)
            try:
                result = run(self.desk)
            except Exception as error:
                ended(None, error)
            else:
                ended(result, None)
