"""The manager's desk behind its screen: what a person decides there becomes commands on the own schema."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause
from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.query import Result
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.read import queries
from paydesk.infra.service import DeskService
from paydesk.manager.role import ROLE
from paydesk.settings import Servers

if TYPE_CHECKING:
    from paydesk.infra.core.execute import Said

_DELIVER_S = 2.0
"""How long a desk that closes waits for what it released to leave."""


class ManagerService(DeskService):
    """Meets ``paydesk.manager.port.ManagerDesk``; decisions are held ``hold_s`` seconds before they are sent."""

    def __init__(self, servers: Servers, person: str, hold_s: float, role: Role = ROLE) -> None:
        super().__init__(role, servers, person)
        self.hold_s = hold_s

    def approve(self, key: UUID, request_id: UUID, revision: int, terms_hash: str) -> Result:
        """Approve exactly what was on the screen."""
        return self._decided(key, request_id, revision, terms_hash, None, 0)

    def reject(self, key: UUID, request_id: UUID, revision: int, terms_hash: str, cause: Cause) -> Result:
        """Reject exactly what was on the screen, and say why."""
        return self._decided(key, request_id, revision, terms_hash, cause, 0)

    def decide(
        self, key: UUID, request_id: UUID, revision: int, terms_hash: str, cause: Cause | None, longer_s: float
    ) -> None:
        """Decide one of many, held so much longer; a cause rejects. Nobody is told of it before ``tell``."""
        self._run(key, request_id, revision, terms_hash, cause, longer_s)

    def _decided(self, *told: Any) -> Result:
        said = self._run(*told)
        return Result(self.said(said.request_id), said.changed)

    def _run(
        self, key: UUID, request_id: UUID, revision: int, terms_hash: str, cause: Cause | None, longer_s: float
    ) -> "Said":
        from paydesk.manager.commands import approve, reject

        hold_s = self.hold_s + longer_s if self.hold_s else 0
        what = (self.store(), key, request_id, self.person, revision, terms_hash)
        return approve(*what, hold_s) if cause is None else reject(*what, cause, hold_s)

    def copies(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Return these requests as they are now."""
        return self._read(lambda connection: queries.some(connection, ids))

    def undo(self, request_id: UUID) -> Result:
        """Take back a held decision of this person."""
        self.take_back(request_id)
        return Result(self.said(request_id))

    def take_back(self, request_id: UUID) -> None:
        """Take back one of many held decisions. Nobody is told of it before ``tell``."""
        from paydesk.manager.commands import undo

        undo(self.store(), uuid4(), request_id, self.person)

    def tell(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        """Tell everyone that these requests changed; returns them as they are now."""
        self.nudge()
        self.hint(set(ids))
        return self.read_back(lambda connection: queries.some(connection, ids))

    def send_now(self, only: UUID | None = None) -> int:
        """Release all that this person holds, or one that is overdue."""
        from paydesk.manager.commands import send_now

        released = send_now(self.store(), {only} if only else None, self.person)
        self.nudge()
        self.hint(None)
        return released

    def release_held(self) -> str:
        """Release what is held; says how many decisions were sent, or what becomes of them."""
        try:
            released = self.send_now()
            if released:
                sent = "sent" if self.delivered(_DELIVER_S) else "released; the next worker of this role sends it"
                return f"{released} held decision{'s were' if released > 1 else ' was'} {sent}."
        except PaydeskError:
            return "What you hold is sent by the next worker of this role."
        return ""
