"""What terms that are being typed look like: read behind the keys, known before they are sent."""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from textual import on
from textual.message import Message

from paydesk.domain.copy import StatusTotal
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.filters import MINE
from paydesk.domain.payment_request import Terms
from paydesk.domain.status_facts import DECIDABLE
from paydesk.infra.core.query import PageQuery
from paydesk.tui.own_screen import OwnScreen
from paydesk.tui.port import Desk

R = TypeVar("R")


class AlikeRead(Message):
    """It is known which requests the terms look like."""

    def __init__(self, terms: Terms, found: Sequence[Alike]) -> None:
        super().__init__()
        self.terms = terms
        self.found = found


class WaitingRead(Message):
    """It is known what this person waits for already."""

    def __init__(self, waiting: StatusTotal | None) -> None:
        super().__init__()
        self.waiting = waiting


class AlikeScreen(OwnScreen[R]):
    """A screen with terms that are not sent yet."""

    waiting: StatusTotal | None = None
    """What this person waits for already, as soon as that is known."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._looking_for: Terms | None = None
        self._alike: tuple[Terms, Sequence[Alike]] | None = None

    def alike_to(self, terms: Terms | None) -> Sequence[Alike] | None:
        """Return which requests these terms look like, or None while that is not known."""
        return self._alike[1] if self._alike is not None and self._alike[0] == terms else None

    def alike_known(self, terms: Terms) -> None:
        """Go on: it is known what these terms look like."""
        raise NotImplementedError

    def look_for_waiting(self) -> None:
        """Find out what this person waits for already; ``waiting_known`` is called then."""
        if self.pane.desk is not None:
            work = partial(self._read_waiting, self.pane.desk)
            self.run_worker(work, thread=True, group="waiting", exit_on_error=False)

    def _read_waiting(self, desk: Desk) -> None:
        try:
            mine = PageQuery(MINE, desk.person, DECIDABLE)
            self.post_message(WaitingRead(next(iter(desk.totals(mine)), None)))
        except Exception:
            self.post_message(WaitingRead(None))  # The list behind tells what is the matter with the database.

    @on(WaitingRead)
    def _waiting_read(self, message: WaitingRead) -> None:
        self.waiting = message.waiting
        self.waiting_known()

    def waiting_known(self) -> None:
        """Show what this person waits for already."""
        raise NotImplementedError

    def look_for_alike(self, request_id: UUID, terms: Terms) -> None:
        """Find out what these terms look like, unless it is being found out."""
        desk = self.pane.desk
        if desk is not None and terms != self._looking_for:
            self._looking_for = terms
            asking = Asking(request_id, desk.person, terms, self.pane.now())
            self.run_worker(partial(self._read_alike, desk, asking), thread=True, group="alike", exit_on_error=False)

    def _read_alike(self, desk: Desk, asking: Asking) -> None:
        try:
            found = desk.alike([asking]).get(asking.id, ())
        except Exception:
            found = ()  # Sending meets the same trouble, and tells it.
        self.post_message(AlikeRead(asking.terms, found))

    @on(AlikeRead)
    def _alike_read(self, message: AlikeRead) -> None:
        if message.terms == self._looking_for:
            self._alike = message.terms, message.found
            self.alike_known(message.terms)
