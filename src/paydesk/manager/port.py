"""What the manager's screens need from the room behind them."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.infra.core.query import Result
from paydesk.tui.port import Desk


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
