"""What the contractor's screens need from the service behind them."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from textual.app import App

from paydesk.domain.commands import ContractorCommand
from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk, PanePort


class ContractorDesk(Desk, Protocol):
    """A desk that asks."""

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        """Execute a command of this person; the same ``key`` again does nothing and answers the same.

        Raises the refusals of the rules, ``KeyReused``, ``ServerDown``, and ``OutcomeUnknown`` where nobody knows yet
        whether it is saved.
        """


class AskingPane(PanePort[ContractorDesk], Protocol):
    """What the actions of the contractor's desk need of its list."""

    @property
    def app(self) -> App[Any]:
        """Return where forms and questions are shown."""

    @property
    def rows(self) -> Sequence[RequestCopy]:
        """Return the rows that are held."""

    def summed_up(self) -> None:
        """Say in one line what is shown."""

    def locked_text(self, copy: RequestCopy) -> str:
        """Return in one sentence that nothing of a locked request can be changed here."""

    def follow(self, copy: RequestCopy, did: str, more: str = "") -> None:
        """Say what was done with a request, and put the cursor on it."""
