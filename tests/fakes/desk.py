"""The part of a fake desk that both roles share: what it reads, by the real rules, of a world in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from paydesk.domain.copy import Delivery, RequestCopy, RequestDetail, StatusTotal, Step
from paydesk.domain.duplicates import Alike, Asking, alike
from paydesk.domain.errors import KeyReused
from paydesk.domain.filters import Asker
from paydesk.domain.insights import Insights
from paydesk.domain.money import totals
from paydesk.domain.status import WAITING, Status
from paydesk.infra.core.clock import DatabaseClock
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.health import Health, Part, PartState
from paydesk.infra.core.query import News, Page, PageQuery
from tests.fakes.pages import page_of
from tests.fakes.world import WELL, World
from tests.reckoning import ages_of, insights_of


class FakeDesk:
    """What both roles share."""

    def __init__(self, world: World, role: str, person: str) -> None:
        self.world = world
        self.role = role
        self.person = person
        self.stack = "embedded"
        self.reading = WELL
        self.keys: dict[UUID, object] = {}
        self.closed = False

    clock: DatabaseClock | None = None

    def open(self) -> None:
        self._answers()

    def start(self, post: Callable[[News], None]) -> None:
        self.world.listeners.append(post)

    def health(self) -> Health:
        return (
            replace(self.reading, postgres=Part(PartState.DOWN, "PostgreSQL does not answer."))
            if self.world.down
            else self.reading
        )

    def close(self, *, quits: bool = True) -> str:
        self.closed, self.quits = True, quits
        return ""

    def _answers(self) -> None:
        if self.world.down:
            raise ServerDown("PostgreSQL does not answer.", "Nothing was written.")

    def once(self, key: UUID, content: object) -> bool:
        """Whether a key is new; the same key with other content is refused."""
        self._answers()
        if key in self.keys and self.keys[key] != content:
            raise KeyReused("This key was used before with another content.")
        fresh = key not in self.keys
        self.keys[key] = content
        return fresh

    def copy(self, request_id: UUID) -> RequestCopy:
        world = self.world
        decision, hold = world.decisions.get(request_id), world.holds.get(request_id)
        if hold is not None and hold <= world.now:
            hold = None
            del world.holds[request_id]
        if self.role == "contractor" and hold is not None:
            decision = world.before[request_id]
        copy = RequestCopy(request_id, world.requests.get(request_id), decision, Delivery.RECEIVED, None)
        decided = copy.status not in (Status.PENDING, Status.WITHDRAWING)
        if self.role == "contractor":
            way = Delivery.QUEUED if request_id in world.queued else Delivery.DECIDED if decided else Delivery.SENT
            return replace(copy, delivery=way)
        if hold is not None:
            return replace(copy, delivery=Delivery.HELD, hold_until=hold, overdue=request_id in world.overdue)
        return replace(copy, delivery=Delivery.SENT if decided else Delivery.RECEIVED)

    def _copies(self) -> list[RequestCopy]:
        return [self.copy(request_id) for request_id in self.world.requests]

    def page(self, query: PageQuery) -> Page:
        self._answers()
        return page_of(self._fitting(query), self._copies(), query)

    def _fitting(self, query: PageQuery) -> list[RequestCopy]:
        asker = Asker(query.person, self.world.now)
        fitting = [copy for copy in self._copies() if query.filter.matches(copy, asker)]
        return [copy for copy in fitting if not query.statuses or copy.status in query.statuses]

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        self._answers()
        counted, now = self._fitting(query), self.world.now
        by_status = []
        for status in Status:
            mine = [copy for copy in counted if copy.status is status]
            if mine:
                sums = tuple(totals(copy.terms.money for copy in mine if copy.terms))
                waits = [copy.request.requested_at for copy in mine if copy.request and status in WAITING]
                by_status.append(StatusTotal(status, len(mine), sums, ages_of(waits, now)))
        return tuple(by_status)

    def insights(self, query: PageQuery) -> Insights:
        self._answers()
        return insights_of(self._fitting(query), self.world.now)

    def alike(self, asked: Sequence[Asking]) -> dict[UUID, tuple[Alike, ...]]:
        self._answers()
        copies = self._copies()
        others = {asking.id: alike(asking, copies) for asking in asked}
        return {request_id: twins for request_id, twins in others.items() if twins}

    def detail(self, request_id: UUID) -> RequestDetail:
        self._answers()
        copy = self.copy(request_id)
        steps = []
        if copy.request is not None:
            asked = copy.request
            sent = asked.requested_at + timedelta(milliseconds=18)
            steps.append(Step(asked.requested_at, "requested", asked.contractor, 1, asked.terms.description,
                              asked.terms.money, sent, asked.terms))  # fmt: skip
        decision = copy.decision
        if decision is not None and decision.decided_at is not None:
            text = decision.cause.text if decision.cause else ""
            kind = "held" if copy.delivery is Delivery.HELD else str(copy.status)
            steps.append(Step(decision.decided_at, kind, decision.decided_by, decision.revision, text))
        return RequestDetail(copy, tuple(steps))
