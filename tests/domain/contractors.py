"""What contractors do in the histories, and what each command has to come to; a base of the state machine."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from paydesk.contractor import commands as asks
from paydesk.domain.commands import AskWithdrawal, RequestPayment, RevisePayment
from paydesk.domain.errors import PaydeskError
from paydesk.domain.payment_request import Terms, checked_terms, typed_fields
from paydesk.domain.status import Status
from paydesk.infra.core.command_key import CommandResult
from tests.domain.desks import Desks, status_by_rules
from tests.simulation.memory import MemoryStorage

EXPONENTS = {"EUR": 2, "JPY": 0, "KWD": 3}
MOST_REQUESTS = 3
WHICH = st.integers(0, MOST_REQUESTS - 1)
CONTRACTORS = st.sampled_from(("ada", "Ada", "ada", "eve"))


@st.composite
def moneys(draw: st.DrawFn) -> tuple[str, str]:
    """Return an amount as a person types it, and its currency."""
    currency = draw(st.sampled_from(sorted(EXPONENTS)))
    minor = draw(st.one_of(st.integers(1, 300), st.integers(1, 10**15 - 1)))
    return f"{Decimal(minor).scaleb(-EXPONENTS[currency]):f}", currency


class Contractors(RuleBasedStateMachine):
    """One who asks, and a stranger who tries to change it."""

    met: Counter[tuple[str, Status, bool]] = Counter()
    """How often each command met each status, and whether it changed something."""

    def __init__(self) -> None:
        super().__init__()
        self.desks = Desks()
        self.ids: list[UUID] = []
        self.shown: dict[UUID, list[tuple[int, str]]] = {}
        self.done: list[tuple[Callable[[], CommandResult], CommandResult, Callable[[], CommandResult]]] = []

    def pick(self, which: int) -> UUID:
        return self.ids[which % len(self.ids)]

    def do(
        self, side: MemoryStorage, command: Callable[[UUID], CommandResult], other: Callable[[UUID], CommandResult]
    ) -> bool | None:
        """Run a command; returns whether it changed something, None when it was refused: then nothing is changed."""
        key, before = self.desks.fresh(), side.tables
        try:
            result = command(key)
        except PaydeskError:
            assert side.tables is before, "a refusal writes nothing"
            return None
        self.done.append((lambda: command(key), result, lambda: other(key)))
        if not result.changed:
            assert side.tables.copy == before.copy and side.tables.outbox.keys() == before.outbox.keys()
        taken_back = before.outbox.keys() - side.tables.outbox.keys()
        assert all(before.outbox[event_id].event.hold_until is not None for event_id in taken_back)
        self.desks.gone |= taken_back
        return result.changed

    def typed(self, terms: tuple[str, str], words: str) -> Terms:
        return checked_terms(*terms, words)

    @rule(by_contractor=st.booleans())
    def carry(self, by_contractor: bool) -> None:
        """All that one side has said arrives, as on most days."""
        writer, reader = self.desks.contractor, self.desks.manager
        if not by_contractor:
            writer, reader = reader, writer
        self.desks.relay(writer)
        self.desks.deliver(reader, range(len(self.desks.topics[writer.role.name])))

    @precondition(lambda self: len(self.ids) < MOST_REQUESTS)
    @rule(terms=moneys())
    def ask(self, terms: tuple[str, str]) -> None:
        request_id, store = self.desks.fresh(), self.desks.contractor
        wanted = self.typed(terms, "as asked")
        assert self.do(
            store,
            lambda key: asks.execute(store, key, RequestPayment(request_id, "ada", wanted)),
            lambda key: asks.execute(store, key, RequestPayment(request_id, "ada", self.typed(terms, "other words"))),
        )
        self.ids.append(request_id)
        self.note(request_id)

    def note(self, request_id: UUID) -> None:
        """Note what a person typed, as it now stands on the contractor's side."""
        register = self.desks.contractor.tables.copy[request_id].row.request
        assert register is not None
        amount = Decimal(typed_fields(register.terms)["amount"])
        self.desks.asked[request_id, register.revision] = amount, register.terms.money.currency
        self.shown.setdefault(request_id, []).append((register.revision, register.terms.hash))

    @precondition(lambda self: self.ids)
    @rule(which=WHICH, actor=CONTRACTORS, terms=moneys())
    def revise(self, which: int, actor: str, terms: tuple[str, str]) -> None:
        request_id, store = self.pick(which), self.desks.contractor
        row = store.tables.copy[request_id].row
        before, changes = status_by_rules(row.request, row.decision), {"amount": terms[0], "currency": terms[1]}
        changed = self.do(
            store,
            lambda key: asks.execute(store, key, RevisePayment(request_id, actor, changes)),
            lambda key: asks.execute(store, key, RevisePayment(request_id, actor, changes | {"description": "other"})),
        )
        self.met["revise", before, bool(changed)] += 1
        assert row.request is not None
        same = (
            Decimal(terms[0]) == Decimal(row.request.terms.money.amount)
            and terms[1] == row.request.terms.money.currency
        )
        may = actor != "eve" and before in (Status.PENDING, Status.REJECTED)
        assert changed is (None if not may else not same or before is Status.REJECTED)
        if changed:
            self.note(request_id)
            after = store.tables.copy[request_id].row
            assert after.request is not None and after.request.version == row.request.version + 1
            assert Decimal(after.request.terms.money.amount) == Decimal(terms[0])
            assert after.request.revision > max(row.request.revision, row.decision.rejected_upto if row.decision else 0)
            assert status_by_rules(after.request, after.decision) is Status.PENDING

    @precondition(lambda self: self.ids)
    @rule(which=WHICH, actor=CONTRACTORS, at_once=st.booleans())
    def withdraw(self, which: int, actor: str, at_once: bool) -> None:
        request_id, store = self.pick(which), self.desks.contractor
        row = store.tables.copy[request_id].row
        before = status_by_rules(row.request, row.decision)
        changed = self.do(
            store,
            lambda key: asks.execute(store, key, AskWithdrawal(request_id, actor)),
            lambda key: asks.execute(store, key, AskWithdrawal(request_id, f"{actor} Jr")),
        )
        self.met["withdraw", before, bool(changed)] += 1
        may = actor != "eve" and before is not Status.ACCEPTED
        assert changed is (None if not may else before in (Status.PENDING, Status.REJECTED))
        after = store.tables.copy[request_id].row
        assert not changed or status_by_rules(after.request, after.decision) is Status.WITHDRAWING, (
            "an ask, never a fact"
        )
        if at_once:
            self.carry(by_contractor=True)
