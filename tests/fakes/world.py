"""What both sides of the fake desks know, and a time for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.health import Duty, Health, Part, PartState
from paydesk.infra.core.query import News

NOON = datetime(2026, 8, 28, 12, 0, tzinfo=UTC)
WELL = Health(
    postgres=Part(PartState.OK, ms=2.0),
    kafka=Part(PartState.OK),
    redis=Part(PartState.OK),
    duty=Duty.WORKING,
    lag=0,
    counted_s=0.2,
    label="embedded",
)


@dataclass
class World:
    """What both sides know; ``now`` is set by the test."""

    now: datetime = NOON
    requests: dict[UUID, RequestRegister] = field(default_factory=dict)
    decisions: dict[UUID, DecisionRegister] = field(default_factory=dict)
    before: dict[UUID, DecisionRegister | None] = field(default_factory=dict)
    holds: dict[UUID, datetime] = field(default_factory=dict)
    queued: set[UUID] = field(default_factory=set)
    overdue: set[UUID] = field(default_factory=set)
    listeners: list[Callable[[News], None]] = field(default_factory=list)
    down: bool = False

    def put(self, request: RequestRegister) -> None:
        """Store a request and tell both desks."""
        self.requests[request.id] = request
        self.confirm(request.id)
        self.tell(request.id)

    def confirm(self, request_id: UUID) -> None:
        """Never leave the manager's side open with a withdrawal known; what is queued is not known there yet."""
        if request_id in self.queued:
            return
        request, decision = self.requests.get(request_id), self.decisions.get(request_id)
        if request is not None and commands.owes_withdrawal(request, decision):
            self.holds.pop(request_id, None)
            self.decisions[request_id] = commands.confirm_withdrawal(request, decision, self.now, self.now)

    def tell(self, *ids: UUID) -> None:
        """Tell both desks that rows changed."""
        for listener in self.listeners:
            listener(News(frozenset(ids)))

    def clock(self) -> datetime:
        """Return the test's time."""
        return self.now
