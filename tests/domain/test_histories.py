"""Every status and every command on both sides, in histories that Hypothesis makes up: late, twice, in any order."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from paydesk.domain.commands import Approve, Reject, Undo
from paydesk.domain.decision import Cause, CauseCode
from paydesk.domain.errors import KeyReused
from paydesk.domain.status import Status
from paydesk.infra.core.command_key import CommandResult
from paydesk.manager import commands as decides
from tests.domain.contractors import WHICH, Contractors, moneys
from tests.domain.desks import status_by_rules

CAUSES = (Cause(CauseCode.DUPLICATE), Cause(CauseCode.NEEDS_INFO, "Which month?"))
MANAGERS = st.sampled_from(("bo", "bo", "cy", "ADA"))
SEEN = st.sampled_from((0, 0, 0, 1, 2))
HOLDS = st.sampled_from((8.0, 8.0, 0.0))
SCENES = (
    (),
    ("approve",),
    ("reject",),
    ("approve", "undone"),
    ("approve", "taken back"),
    ("approve", "taken back", "undone"),
    ("approve", "revised"),
    ("reject", "revised", "undone"),
    ("approve", "heard"),
    ("reject", "revised"),
    ("reject", "heard", "revised"),
    ("taken back",),
    ("taken back", "heard"),
)
NEVER_MET = {(command, Status.WITHDRAWING) for command in ("approve", "reject", "undo")}
"""The manager's side is never open with a withdrawal known."""
COMMANDS = ("revise", "withdraw", "approve", "reject", "undo")


class Histories(Contractors):
    """Managers besides, and a broker that delivers whatever it likes as often as it likes."""

    @initialize(terms=moneys(), scene=st.sampled_from(SCENES))
    def begin(self, terms: tuple[str, str], scene: tuple[str, ...]) -> None:
        """Begin with something to decide, and often with something decided, held or taken back besides."""
        self.ask(terms)
        self.carry(by_contractor=True)
        for word in scene:
            if word == "taken back":
                self.withdraw(0, "ada", True)
            elif word == "revised":
                self.revise(0, "ada", ("77", "EUR"))
                self.carry(by_contractor=True)
            elif word == "undone":
                self.undo(0, None)
            elif word == "heard":
                self.desks.wait(9.0)
                self.carry(by_contractor=False)
            else:
                self.decide(word, 0, "bo", 0, 8.0, None if word == "approve" else CAUSES[0])
            self.desks.check()

    @precondition(lambda self: self.desks.manager.tables.copy)
    @rule(which=WHICH, actor=MANAGERS, seen=SEEN, hold_s=HOLDS)
    def approve(self, which: int, actor: str, seen: int, hold_s: float) -> None:
        self.decide("approve", which, actor, seen, hold_s, None)

    @precondition(lambda self: self.desks.manager.tables.copy)
    @rule(which=WHICH, actor=MANAGERS, seen=SEEN, hold_s=HOLDS, cause=st.sampled_from(CAUSES))
    def reject(self, which: int, actor: str, seen: int, hold_s: float, cause: Cause) -> None:
        self.decide("reject", which, actor, seen, hold_s, cause)

    def decide(self, word: str, which: int, actor: str, seen: int, hold_s: float, cause: Cause | None) -> None:
        """Decide what was on the screen: as it is now, or one of the revisions before."""
        request_id, store = self.pick(which), self.desks.manager
        kept = store.tables.copy.get(request_id)
        if kept is None or kept.row.request is None:
            return
        row, request = kept.row, kept.row.request
        before, now = status_by_rules(row.request, row.decision), (request.revision, request.terms.hash)
        at = now if not seen else self.shown[request_id][-seen % len(self.shown[request_id])]

        def say(key: UUID, revision: int) -> CommandResult:
            if cause is None:
                return decides.execute(store, key, Approve(request_id, actor, revision, at[1]), hold_s)
            return decides.execute(store, key, Reject(request_id, actor, revision, at[1], cause), hold_s)

        changed = self.do(store, lambda key: say(key, at[0]), lambda key: say(key, at[0] + 1))
        self.met[word, before, bool(changed)] += 1
        own = actor.casefold() == request.contractor
        may = before is Status.PENDING and at == now and not own
        decision = row.decision
        mine = decision is not None and not own and (decision.revision, decision.decided_by) == (at[0], actor)
        became = Status.ACCEPTED if cause is None else Status.REJECTED
        again = mine and before is became and (cause is None or (decision is not None and decision.cause == cause))
        assert changed is (True if may else False if again else None)
        after = store.tables.copy[request_id].row
        if changed:
            assert status_by_rules(after.request, after.decision) is became
            assert after.decision is not None and after.decision.terms == request.terms
            held = {sent.event.id for sent in store.tables.outbox.values() if sent.event.request_id == request_id}
            assert bool(held & self.desks.held()) is (hold_s > 0), "held exactly when that was asked for"

    @precondition(lambda self: self.desks.manager.tables.copy)
    @rule(which=WHICH, other=st.sampled_from((None, None, "bo", "cy")))
    def undo(self, which: int, other: str | None) -> None:
        request_id, store = self.pick(which), self.desks.manager
        kept = store.tables.copy.get(request_id)
        if kept is None:
            return
        decision, held = kept.row.decision, self.desks.held()
        actor = other or (decision.decided_by if decision is not None else None) or "bo"
        mine = decision is not None and decision.decided_by == actor
        holds = [sent for sent in store.tables.outbox.values() if sent.event.id in held]
        before = next((row.event.previous for row in holds if row.event.request_id == request_id), None)
        changed = self.do(
            store,
            lambda key: decides.execute(store, key, Undo(request_id, actor)),
            lambda key: decides.execute(store, key, Undo(request_id, f"{actor} Jr")),
        )
        self.met["undo", status_by_rules(kept.row.request, decision), bool(changed)] += 1
        assert changed is (True if mine and before is not None else None)
        if changed and before is not None:
            after = store.tables.copy[request_id].row
            withdrawn = after.request is not None and after.request.withdrawal_asked
            assert withdrawn or after.decision == before.decision, "as it was before"

    @rule(actor=MANAGERS)
    def send_now(self, actor: str) -> None:
        decides.send_now(self.desks.manager, None, actor)

    @rule(seconds=st.sampled_from((1.0, 5.0, 9.0)))
    def wait(self, seconds: float) -> None:
        self.desks.wait(seconds)

    @rule(contractor=st.booleans(), most=st.sampled_from((1, 500)))
    def relay(self, contractor: bool, most: int) -> None:
        self.desks.relay(self.desks.contractor if contractor else self.desks.manager, most)

    @rule(contractor=st.booleans(), picks=st.lists(st.integers(0, 30), min_size=1, max_size=5))
    def deliver(self, contractor: bool, picks: list[int]) -> None:
        side = self.desks.contractor if contractor else self.desks.manager
        events = self.desks.topics["manager" if contractor else "contractor"]
        if events:
            self.desks.deliver(side, [pick % len(events) for pick in picks])

    @precondition(lambda self: self.done)
    @rule(which=st.integers(0, 30))
    def repeat(self, which: int) -> None:
        """A command that is said again with its key has no second effect, and with other content is refused."""
        again, result, other = self.done[which % len(self.done)]
        sides = self.desks.contractor, self.desks.manager
        before = [(side.tables.copy, side.tables.outbox) for side in sides]
        assert again() == result
        with pytest.raises(KeyReused):
            other()
        assert [(side.tables.copy, side.tables.outbox) for side in sides] == before

    @rule(order=st.integers(0, 1000))
    def settle(self, order: int) -> None:
        self.desks.settle(order)

    @invariant()
    def holds(self) -> None:
        self.desks.check()

    def teardown(self) -> None:
        self.desks.settle(1)
        self.desks.check()


def play(examples: int, steps: int, **more: Any) -> set[tuple[str, Status]]:
    """Play histories; returns which command met which status."""
    Histories.met.clear()
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )
    return {(command, before) for command, before, _ in Histories.met}


def test_every_history_ends_equal_on_both_sides() -> None:
    met = play(60, 30, derandomize=True)
    assert {command for command, _ in met} == set(COMMANDS) and not met & NEVER_MET


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_status_meets_every_command_in_long_histories() -> None:
    assert play(500, 60) == {(command, before) for command in COMMANDS for before in Status} - NEVER_MET
