"""What the manager's screens need from the room behind them."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk, PanePort


class ManagerDesk(Desk, Protocol):
    """A desk that decides: exactly the revision and terms that were on the screen, held for a moment."""

    hold_s: float

    def approve(self, key: UUID, request_id: UUID, revision: int, terms_hash: str) -> Result:
        """Approve."""

    def reject(self, key: UUID, request_id: UUID, revision: int, terms_hash: str, cause: Cause) -> Result:
        """Reject, and say why."""

    def copies(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Return these requests as they are now."""

    def undo(self, request_id: UUID) -> Result:
        """Take back a held decision."""

    def decide(
        self, key: UUID, request_id: UUID, revision: int, terms_hash: str, cause: Cause | None, longer_s: float
    ) -> None:
        """Decide one of many, held so much longer; a cause rejects. Nobody is told of it before ``tell``."""

    def take_back(self, request_id: UUID) -> None:
        """Take back one of many held decisions. Nobody is told of it before ``tell``."""

    def tell(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Tell everyone that these requests changed; returns them as they are now."""

    def send_now(self, only: UUID | None = None) -> int:
        """Release all that this person holds, or one that is overdue; returns how many decisions."""


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
