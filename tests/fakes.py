"""Both desks' rooms in memory: the real rules, no servers. They meet the same protocols as the real ones."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from paydesk.domain import commands
from paydesk.domain.command_content import canonical
from paydesk.domain.commands import (
    Approve,
    ContractorCommand,
    Decide,
    ManagerCommand,
    Reject,
    RequestPayment,
    RevisePayment,
    Undo,
)
from paydesk.domain.copy import Delivery, RequestCopy, RequestDetail, StatusTotal, Step
from paydesk.domain.duplicates import Alike, Asking, alike
from paydesk.domain.errors import KeyReused, PaydeskError, TooLate
from paydesk.domain.filters import Asker
from paydesk.domain.insights import Insights
from paydesk.domain.money import totals
from paydesk.domain.refusals import refuse_undecided
from paydesk.domain.status import Status
from paydesk.domain.status_facts import WAITING
from paydesk.infra.core.clock import DatabaseClock
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.health import Health, Part, PartState
from paydesk.infra.core.query import News, Page, PageQuery, Result
from paydesk.manager.port import Executed, KeyedCommand, Spread
from paydesk.manager.service import AT_ONCE
from tests.fake_pages import page_of
from tests.fake_world import NOON as NOON
from tests.fake_world import WELL, World
from tests.reckoning import ages_of, insights_of


class FakeDesk:
    """What both roles share."""

    def __init__(self, world: World, role: str, person: str) -> None:
        self.world = world
        self.role = role
        self.person = person
        self.stack = "embedded"
        self.told = WELL
        self.keys: dict[UUID, object] = {}
        self.closed = False

    clock: DatabaseClock | None = None

    def open(self) -> None:
        self._answers()

    def start(self, post: Callable[[News], None]) -> None:
        self.world.listeners.append(post)

    def health(self) -> Health:
        return (
            replace(self.told, postgres=Part(PartState.DOWN, "PostgreSQL does not answer."))
            if self.world.down
            else self.told
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
        found = RequestCopy(request_id, world.requests.get(request_id), decision, Delivery.RECEIVED, None)
        decided = found.status not in (Status.PENDING, Status.WITHDRAWING)
        if self.role == "contractor":
            way = Delivery.QUEUED if request_id in world.queued else Delivery.DECIDED if decided else Delivery.SENT
            return replace(found, delivery=way)
        if hold is not None:
            return replace(found, delivery=Delivery.HELD, hold_until=hold, overdue=request_id in world.overdue)
        return replace(found, delivery=Delivery.SENT if decided else Delivery.RECEIVED)

    def page(self, query: PageQuery) -> Page:
        self._answers()
        return page_of(self._fitting(query), [self.copy(each) for each in self.world.requests], query)

    def _fitting(self, query: PageQuery) -> list[RequestCopy]:
        asker = Asker(query.person, self.world.now)
        copies = [self.copy(each) for each in self.world.requests]
        fitting = [copy for copy in copies if query.filter.matches(copy, asker)]
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
        copies = [self.copy(each) for each in self.world.requests]
        found = {each.id: alike(each, copies) for each in asked}
        return {request_id: told for request_id, told in found.items() if told}

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


class FakeContractorDesk(FakeDesk):
    """Meets ``ContractorDesk``."""

    def __init__(self, world: World, person: str = "ada") -> None:
        super().__init__(world, "contractor", person)

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        fresh = self.once(key, canonical(command))
        if isinstance(command, RequestPayment):
            if fresh:
                number = f"PR-{1001 + len(self.world.requests)}"
                self.world.put(commands.request_payment(command, number, self.world.now))
            return Result(self.copy(command.id), fresh)
        copy = self.copy(command.id)
        assert copy.request is not None
        if not fresh:
            return Result(copy, True)
        try:
            if isinstance(command, RevisePayment):
                register = commands.revise_payment(command, copy.request, copy.decision)
            else:
                register = commands.ask_withdrawal(command, copy.request, copy.decision)
        except PaydeskError:
            del self.keys[key]  # As a transaction that was rolled back.
            raise
        if register is not None:
            self.world.put(register)
        return Result(self.copy(command.id), register is not None)


class FakeManagerDesk(FakeDesk):
    """Meets ``ManagerDesk``."""

    def __init__(self, world: World, person: str = "bo", hold_s: float = 8) -> None:
        super().__init__(world, "manager", person)
        self.hold_s = hold_s

    def execute(self, key: UUID, command: ManagerCommand, hold_s: float = 0) -> Result:
        match command:
            case Approve() | Reject():
                return self.decided(key, command, hold_s)
            case Undo():
                return self.undone(command)
            case _:
                raise NotImplementedError(command)

    def execute_all(self, keyed: Iterable[KeyedCommand]) -> Iterator[Executed | Spread]:
        done = []
        for each in keyed:
            try:
                self.execute(each.key, each.command, each.hold_s)
            except PaydeskError as error:
                yield Executed(each.command, error)
                continue
            done.append(each.command.id)
            yield Executed(each.command)
            if len(done) == AT_ONCE:
                yield Spread(self.copies(done))
                done = []
        if done:
            yield Spread(self.copies(done))

    def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
        self.once(key, canonical(command))
        copy = self.copy(command.id)
        assert copy.request is not None
        now = self.world.now
        register = commands.decide(command, copy.request, copy.decision, now, now)
        if register is not None:
            self.world.before[copy.id] = copy.decision
            self.world.decisions[copy.id] = register
            if hold_s:
                self.world.holds[copy.id] = now + timedelta(seconds=hold_s)
            self.world.tell(copy.id)
        return Result(self.copy(copy.id), register is not None)

    def copies(self, ids: Sequence[UUID]) -> Sequence[RequestCopy]:
        self._answers()
        return [self.copy(each) for each in ids]

    def undone(self, command: Undo) -> Result:
        self._answers()
        copy = self.copy(command.id)
        refuse_undecided(copy.request, copy.decision, copy.number, "undo")
        if copy.delivery is not Delivery.HELD:
            raise TooLate("It is too late to undo: the decision was sent.", "Speak with the contractor.")
        del self.world.holds[command.id]
        before = self.world.before[command.id]
        if before is None:
            del self.world.decisions[command.id]
        else:
            self.world.decisions[command.id] = before
        self.world.confirm(command.id)
        self.world.tell(command.id)
        return Result(self.copy(command.id))

    def send_now(self, only: UUID | None = None) -> int:
        self._answers()
        holds, overdue = self.world.holds, self.world.overdue
        chosen = [each for each in holds if (each == only if only else each not in overdue)]
        for each in chosen:
            del holds[each]
            overdue.discard(each)
        return len(chosen)
