"""What bringing own events back from the topic needs of the own schema, many at a time; part of the storage port."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.records import Brought


class Imports(Protocol):
    """Each is a statement or two, however much it is given."""

    def beat(self, ids: Collection[UUID]) -> None:
        """Make these events history: another stands in their place; the ids of their commands are free again."""

    def bring_back(self, topic_id: str, brought: Sequence[Brought]) -> None:
        """Put events into the outbox in this order, what stands on the topic as sent, its commands among those done.

        A command that is known already stays as it is; two events of one version that both stand collide.
        """

    def write_all(self, said: Sequence[tuple[RequestRegister | DecisionRegister, str]], now: datetime) -> None:
        """Write own registers, each of another request, with the hash of the event that said it."""

    def note_import(self, topic_id: str, count: int, last_said_at: datetime) -> None:
        """Add to what this check has brought back from the own topic; ``note_checked`` ends the count."""
