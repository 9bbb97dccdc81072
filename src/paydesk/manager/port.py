"""What the manager's screens need from the service behind them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from paydesk.domain.commands import ManagerCommand
from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk, PanePort


@dataclass(frozen=True, slots=True)
class KeyedCommand:
    """One of many commands, with the key by which it has one effect and the seconds that it is held."""

    key: UUID
    command: ManagerCommand
    hold_s: float = 0


@dataclass(frozen=True, slots=True)
class Executed:
    """One of many commands was executed, or was not for this reason."""

    command: ManagerCommand
    refusal: PaydeskError | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Everybody is told of what was executed since the last of these: the requests as they are now."""

    copies: Sequence[RequestCopy]


class ManagerDesk(Desk, Protocol):
    """A desk that decides: exactly the revision and terms that were on the screen, held for a moment."""

    hold_s: float
    """How many seconds a decision of this desk is held before it is sent; 0: it is sent at once."""

    def execute(self, key: UUID, command: ManagerCommand, hold_s: float = 0) -> Result:
        """Execute a command of this person once.

        Args:
            key: The id of the command; the same one again does nothing and gives the same answer.
            command: The command.
            hold_s: The seconds for which a decision is held; 0: it leaves at once.

        Returns:
            The request after the command, and whether it changed something.

        Raises:
            PaydeskError: A rule refuses it, such as ``Stale``, ``AlreadyDecided`` or ``TooLate``.
            KeyReused: The key was used with other content.
            ServerDown: The database is away; nothing was written.
            OutcomeUnknown: Nobody knows yet whether it is saved, or it is saved and cannot be read back.
        """

    def execute_all(self, commands: Iterable[KeyedCommand]) -> Iterator[Executed | Spread]:
        """Execute commands one after the other, each in a transaction of its own; a refusal stops none of the others.

        The next command is taken when the one before is done.

        Yields:
            After each command whether it was executed, and now and then the requests as they are after those.

        Raises:
            OutcomeUnknown: What is saved cannot be read back; the rest is not executed then.
        """

    def copies(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Return these requests as they are now."""

    def send_now(self, only: UUID | None = None) -> int:
        """Release all that this person holds, or one decision that is overdue.

        Args:
            only: The request of that one; None: all whose time runs.

        Returns:
            How many decisions were released.
        """


class DecidingPane(PanePort[ManagerDesk], Protocol):
    """What the detail of a request needs of the list: a decision there is made as in the list."""

    def painted(self, before: Sequence[RequestCopy], after: Sequence[RequestCopy]) -> None:
        """Note what is painted with other terms than before."""

    def why_not(self, copy: RequestCopy | None) -> tuple[str, str]:
        """Return why a request cannot be decided, and how that is painted; nothing where it can."""

    def approve(self, copy: RequestCopy | None) -> None:
        """Approve exactly this revision with these terms."""

    def reject(self, copy: RequestCopy | None) -> None:
        """Ask why, then reject exactly this revision with these terms."""

    def action_undo(self) -> None:
        """Take back what the last keystroke decided."""

    def action_send_now(self) -> None:
        """Send everything that is held."""

    def key_lives(self, action: str, usual: bool | None) -> bool | None:
        """Return whether a key of the list does something now; None where it is not shown."""
