"""Both desks on storages in memory, the topics between them, and what has to hold at every moment of a history."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.money import totals
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.domain.standing import standing_terms, status
from paydesk.domain.status import Outcome, Status
from paydesk.infra.core.codec import decode
from paydesk.infra.core.intake import Judged, incoming, take_in
from paydesk.infra.core.records import Ack, Outgoing, Record
from paydesk.infra.core.role import Role
from paydesk.manager.role import ROLE as MANAGER
from tests.simulation.memory import MemoryStorage

FINAL = (Outcome.ACCEPTED, Outcome.WITHDRAWN)
Copies = dict[UUID, tuple[RequestRegister | None, DecisionRegister | None]]


def status_by_rules(request: RequestRegister | None, decision: DecisionRegister | None) -> Status:
    """Return the status as the paper tells it; written anew here, so that it can disagree with the program."""
    if decision is not None and decision.outcome in FINAL:
        return Status(decision.outcome.value)
    if request is not None and request.withdrawal_asked:
        return Status.WITHDRAWING
    upto = decision.rejected_upto if decision is not None else 0
    if request is None or request.revision < upto:
        return Status.REJECTED if upto else Status.PENDING
    if request.revision > upto:
        return Status.PENDING
    assert decision is not None and decision.terms is not None
    return Status.REJECTED if decision.terms.hash == request.terms.hash else Status.PENDING


@dataclass
class Desks:
    """The contractor's side and the manager's, and what each has said where the other can hear it."""

    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    topics: dict[str, list[Outgoing]] = field(default_factory=lambda: {"contractor": [], "manager": []})
    asked: dict[tuple[UUID, int], tuple[Decimal, str]] = field(default_factory=dict)
    """What the contractor typed for each revision."""
    finals: dict[UUID, Outcome] = field(default_factory=dict)
    gone: set[UUID] = field(default_factory=set)
    """Events that were taken back before they left."""

    def __post_init__(self) -> None:
        numbers = count(1)
        self.fresh = lambda: UUID(int=next(numbers))
        self.contractor, self.manager = (
            MemoryStorage(role, lambda: self.now, self.fresh) for role in (CONTRACTOR, MANAGER)
        )
        for side in (self.contractor, self.manager):
            side.holder = lambda: "a worker"
            side.tables.checked_by = "a worker"

    def copies(self, side: MemoryStorage) -> Copies:
        """Return both registers of each request, as a side has them."""
        return {key: (kept.row.request, kept.row.decision) for key, kept in side.tables.copy.items()}

    def held(self) -> set[UUID]:
        """Return the events that the manager's side holds."""
        rows = self.manager.tables.outbox.values()
        return {sent.event.id for sent in rows if sent.event.hold_until is not None}

    def relay(self, side: MemoryStorage, most: int = 500) -> None:
        """Let a side say what may leave."""
        with side.transaction() as transaction:
            events, log = transaction.outbox.unsent(most), self.topics[side.role.name]
            acks = [Ack(event.id, 0, len(log) + index, self.now) for index, event in enumerate(events)]
            log.extend(events)
            transaction.outbox.mark_sent("a topic", acks)

    def deliver(self, side: MemoryStorage, offsets: Sequence[int]) -> None:
        """Let a side hear what the other has said: these messages, in this order, in one batch."""
        role: Role = side.role
        log = self.topics["manager" if role.name == "contractor" else "contractor"]
        batch = []
        for offset in offsets:
            event = log[offset]
            record = Record(
                event.topic, 0, offset, event.key, [(n, v.encode()) for n, v in event.headers], event.value, self.now
            )
            batch.append(Judged(record, decode(role, record.topic, record.key, record.headers, record.value)))
        with side.transaction() as transaction:
            applied = take_in(transaction, role, role.load_apply(), batch, self.now)
            transaction.inbox.record([incoming(judged, role.receives_from, "a topic", self.now) for judged in batch])
        assert not applied.forked and not applied.flipping, "an honest history holds no two words of one version"

    def wait(self, seconds: float) -> None:
        """Let time go by; what ran out of its hold is released, as the worker does."""
        self.now += timedelta(seconds=seconds)
        with self.manager.transaction() as transaction:
            transaction.holds.release_due()

    def settle(self, order: int) -> None:
        """Let everything be released, said and heard; then both sides are equal, to the last cent."""
        with self.manager.transaction() as transaction:
            transaction.holds.release(None)
        waits, rounds = True, 0
        while waits:
            rounds += 1
            assert rounds < 10, "the two sides never come to an end"
            for side in (self.contractor, self.manager):
                self.relay(side)
            for side, log in ((self.manager, self.topics["contractor"]), (self.contractor, self.topics["manager"])):
                # Every order is some stride through all of them: forwards, backwards, and steps between.
                offsets = sorted(
                    range(len(log)), key=lambda offset: (offset * 7919 + order) % 104729 if order else offset
                )
                self.deliver(side, offsets[::-1] if order % 2 else offsets)
            rows = [*self.contractor.tables.outbox.values(), *self.manager.tables.outbox.values()]
            waits = any(not sent.published for sent in rows)
        mine, theirs = self.copies(self.contractor), self.copies(self.manager)
        assert mine == theirs, "both sides end equal"
        assert [status(*both) for both in mine.values()] == [status(*theirs[key]) for key in mine]
        self._money(mine)

    def _money(self, copies: Copies) -> None:
        """Hold the sums per currency to what was typed."""
        wanted: defaultdict[str, Decimal] = defaultdict(Decimal)
        standing: list[Terms] = []
        for request_id, (request, decision) in copies.items():
            terms = standing_terms(request, decision)
            assert request is not None and terms is not None
            accepted = decision is not None and decision.outcome is Outcome.ACCEPTED
            revision = decision.revision if accepted and decision else request.revision
            assert revision is not None
            amount, currency = self.asked[request_id, revision]
            wanted[currency] += amount
            standing.append(terms)
        summed = {money.currency: Decimal(money.amount) for money in totals(terms.money for terms in standing)}
        assert summed == dict(wanted), "money is exact"

    def check(self) -> None:
        """Hold what has to hold at every moment."""
        self._words()
        for side in (self.contractor, self.manager):
            for both in self.copies(side).values():
                assert status(*both) is status_by_rules(*both)
            assert not any(kept.row.locked for kept in side.tables.copy.values())
        for request, decision in self.copies(self.manager).values():
            is_open = decision is None or decision.outcome is Outcome.NONE
            assert not (is_open and request is not None and request.withdrawal_asked), "open with a withdrawal known"
        numbers = [request.number for request, _ in self.copies(self.contractor).values() if request]
        assert None not in numbers and len(set(numbers)) == len(numbers), "no number twice"

    def _words(self) -> None:
        """Hold the topics to it: one word per version, nothing held or taken back, no final outcome flips."""
        on_topic = {event.id for log in self.topics.values() for event in log}
        assert not on_topic & self.held(), "what is held has left"
        assert not on_topic & self.gone, "what was taken back had left"
        for log in self.topics.values():
            words = {(event.request_id, event.version): event.content_hash for event in log}
            assert all(words[event.request_id, event.version] == event.content_hash for event in log)
        for event in self.topics["manager"]:
            if event.type.endswith(("accepted.v1", "withdrawn.v1")):
                outcome = Outcome.ACCEPTED if "accepted" in event.type else Outcome.WITHDRAWN
                assert self.finals.setdefault(event.request_id, outcome) is outcome, "a final outcome flipped"
        published = {event.content_hash for event in self.topics["manager"]}
        for request_id, kept in self.contractor.tables.copy.items():
            decision = kept.row.decision
            assert decision is None or kept.row.decision_hash in published, "heard what nobody had published"
            if decision is not None and decision.outcome in FINAL:
                assert self.finals[request_id] is decision.outcome
        for request_id, outcome in self.finals.items():
            own = self.manager.tables.copy[request_id].row.decision
            assert own is not None and own.outcome is outcome, "what was published as final does not stand"
