"""The manager's desk: what its keys decide, and what keeps them from deciding."""

from dataclasses import replace
from datetime import timedelta
from threading import Semaphore
from uuid import UUID

import pytest
from textual.events import Key

from paydesk.domain.commands import Approve, Decide, RequestPayment, decide, request_payment
from paydesk.domain.copy import Delivery
from paydesk.domain.decision import CauseCode
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Outcome
from paydesk.infra.core.health import Part, PartState
from paydesk.infra.core.query import Result
from paydesk.manager.inbox import ManagerInbox
from paydesk.tui.screens.detail import DetailScreen
from tests.fakes import FakeManagerDesk, World
from tests.pace import scaled
from tests.tui.conftest import Clock, manager, opened, seen, shown


def of(world: World, number: str) -> UUID:
    return next(request.id for request in world.requests.values() if request.number == number)


def accepted_by_zoe(world: World, number: str) -> UUID:
    """Have another manager accept a request behind the screen; returns its id, for whoever tells of it."""
    request = world.requests[of(world, number)]
    decided = decide(
        Approve(request.id, "zoe", request.revision, request.terms.hash), request, None, world.now, world.now
    )
    assert decided is not None
    world.decisions[request.id] = decided
    return request.id


async def test_approving_moves_on_and_holds_with_a_countdown(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        assert [row.number for row in table.rows][:2] == ["PR-1002", "PR-1003"], "oldest first"
        await pilot.press("a")
        await seen(pilot, lambda: "✓ accepted PR-1002 · sends in 8 s · u undo · S send now" in shown(pilot))
        assert table.current is not None and table.current.number == "PR-1003"
        world.now += timedelta(seconds=3)
        await seen(pilot, lambda: "✓ accepted · sends in 5 s" in shown(pilot))
        assert table.rows[0].number == "PR-1002", "a decided row stays in place"
        world.now += timedelta(seconds=6)
        await seen(pilot, lambda: "u undo · S" not in shown(pilot))
        world.tell(of(world, "PR-1002"))
        await seen(pilot, lambda: table.rows[0].delivery is Delivery.SENT)
        await pilot.press("j")
        await seen(pilot, lambda: table.rows[0].number == "PR-1003")
        assert world.decisions[of(world, "PR-1002")].decided_by == "bo"


async def test_undo_takes_back_the_last_and_after_the_window_it_is_too_late(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: "sends in" in shown(pilot))
        await pilot.press("u")
        await seen(pilot, lambda: "PR-1002 is pending again: nothing was sent" in shown(pilot))
        assert of(world, "PR-1002") not in world.decisions
        await pilot.press("k", "a")
        await seen(pilot, lambda: of(world, "PR-1002") in world.decisions)
        world.now += timedelta(seconds=9)
        await pilot.press("u")
        await seen(pilot, lambda: "too late to undo" in shown(pilot))
        assert world.decisions[of(world, "PR-1002")].outcome is Outcome.ACCEPTED


class Slow(FakeManagerDesk):
    """A desk whose decisions take until they are let through."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.let_through = Semaphore(0)

    def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
        assert self.let_through.acquire(timeout=scaled(60))
        return super().decided(key, command, hold_s)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("u", "PR-1003 is pending again: nothing was sent"), ("S", "Sent: 2 decisions.")],
)
async def test_what_is_pressed_while_a_decision_is_written_waits_for_it(world: World, key: str, sentence: str) -> None:
    desk = Slow(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        desk.let_through.release()
        await pilot.press("a")
        await seen(pilot, lambda: "✓ accepted PR-1002 · sends in" in shown(pilot))
        await pilot.press("a", key)
        assert of(world, "PR-1003") not in world.decisions
        desk.let_through.release()
        await seen(pilot, lambda: sentence in shown(pilot))
        assert of(world, "PR-1002") in world.decisions, "the keystroke before is another one"
        assert world.holds.keys() == ({of(world, "PR-1002")} if key == "u" else set())


async def test_a_digit_rejects_at_once_and_a_needed_note_is_asked_for(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x", "1")
        await seen(pilot, lambda: of(world, "PR-1002") in world.decisions)
        await pilot.press("x", "6", "enter")
        await seen(pilot, lambda: "Write a note of 3 to 500 characters" in shown(pilot))
        await pilot.press(*"abc")
        await seen(pilot, lambda: "Write a note of 3 to 500 characters" not in shown(pilot))
        await pilot.press("ctrl+u")
        await pilot.press(*"which month?", "enter")
        await seen(pilot, lambda: of(world, "PR-1003") in world.decisions)
        causes = [world.decisions[of(world, number)].cause for number in ("PR-1002", "PR-1003")]
        assert [cause.code for cause in causes if cause] == [CauseCode.DUPLICATE, CauseCode.NEEDS_INFO]
        assert causes[1] is not None and causes[1].note == "which month?"


async def test_esc_keeps_the_request(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x", "7", "escape", "escape")
        await seen(pilot, lambda: "Reject PR-1002" not in shown(pilot))
        assert of(world, "PR-1002") not in world.decisions


async def test_a_key_acts_on_what_is_on_the_screen_and_on_nothing_newer(world: World) -> None:
    async with manager(world).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        request = world.requests[of(world, "PR-1002")]
        terms = checked_terms("99999", "EUR", "August retainer")
        # It changes behind the screen: no news are told, so the old revision is still what a person sees.
        world.requests[request.id] = replace(request, version=2, revision=2, terms=terms)
        await pilot.press("a")
        await seen(pilot, lambda: "changed since you looked" in shown(pilot))
        assert request.id not in world.decisions


async def test_another_managers_decision_is_told_with_who_and_when(world: World) -> None:
    async with manager(world).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        accepted_by_zoe(world, "PR-1002")
        await pilot.press("a")
        await seen(pilot, lambda: "PR-1002 was accepted by zoe at 2026-08-28 12:00:00 UTC" in shown(pilot))


async def test_nobody_decides_their_own(world: World) -> None:
    async with manager(world, person="Brno-Cablage").run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: "Nobody decides a request of their own." in shown(pilot))


async def test_a_held_key_decides_once(world: World) -> None:
    clock = Clock(step_s=0.0)
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        for _ in range(20):
            clock.now += 0.033
            await pilot.press("a")
        await seen(pilot, lambda: "Key held: 1 decided, 19 ignored." in shown(pilot))
        await seen(pilot, lambda: len(world.holds) == 1)
        clock.now += 1
        await pilot.press("a")
        await seen(pilot, lambda: len(world.holds) == 2)


async def test_keys_faster_than_anyone_types_decide_nothing(world: World) -> None:
    clock = Clock(step_s=0.001)
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        for key in "abxa":
            pilot.app.post_message(Key(key, key))
        await seen(pilot, lambda: "faster than anyone types" in shown(pilot))
        assert not world.holds


async def test_arrivals_come_at_the_end_and_those_between_wait(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        terms = checked_terms("5", "EUR", "late")
        newest = request_payment(RequestPayment(UUID(int=99), "ada", terms), "PR-1050", world.now)
        between = request_payment(RequestPayment(UUID(int=98), "ada", terms), "PR-1051", world.now - timedelta(days=3))
        world.put(newest)
        world.put(between)
        await seen(pilot, lambda: table.rows[-1].number == "PR-1050" and "1 new between these, press r" in shown(pilot))
        assert "PR-1051" not in [row.number for row in table.rows]
        await pilot.press("r")
        await seen(pilot, lambda: "PR-1051" in [row.number for row in table.rows])


async def test_the_detail_decides_what_it_shows_and_the_decided_list_holds_it(world: World) -> None:
    async with manager(world, desk=FakeManagerDesk(world, hold_s=0)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        await pilot.press("a")
        await seen(pilot, lambda: "Approved by bo, revision 1" in shown(pilot))
        await pilot.press("q", "d")
        await seen(pilot, lambda: "PR-1002" in [row.number for row in table.rows] and "decided" in shown(pilot))
        await pilot.press("d")
        await seen(pilot, lambda: table.rows and table.rows[0].number == "PR-1003")


@pytest.mark.fault(
    kind="While Kafka is away nothing is said to be sent: it is released, and leaves when Kafka answers.",
    mended="manager/held_decisions.py",
)
@pytest.mark.parametrize(
    ("keys", "sentence"),
    [(["a"], "Released: PR-1002 18,400.00 EUR leaves when"), (["a", "a"], "Released: 2 decisions leave when")],
)
async def test_what_is_sent_now_while_kafka_is_away_is_released_and_not_sent(
    world: World, keys: list[str], sentence: str
) -> None:
    desk = FakeManagerDesk(world)
    desk.reading = replace(desk.reading, kafka=Part(PartState.DOWN, "Kafka does not answer."))
    async with manager(world, desk=desk).run_test(size=(120, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "Offline: Kafka does not answer" in shown(pilot))
        for many, key in enumerate(keys, 1):
            await pilot.press(key)
            await seen(pilot, lambda many=many: len(world.holds) == many)
        await seen(pilot, lambda: "send" in shown(pilot))
        await pilot.press("S")
        await seen(pilot, lambda: not world.holds and f"{sentence} Kafka answers." in shown(pilot))
        assert "Sent:" not in shown(pilot)


async def test_send_now_leaves_nothing_held(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: "sends in" in shown(pilot))
        await pilot.press("S")
        await seen(pilot, lambda: not world.holds and "Sent: PR-1002 18,400.00 EUR is accepted." in shown(pilot))


@pytest.mark.long
async def test_a_hold_that_ran_out_in_a_restored_schema_is_asked_of_on_its_row(world: World) -> None:
    first, second = of(world, "PR-1002"), of(world, "PR-1003")
    for request_id in (first, second):
        request = world.requests[request_id]
        decided = decide(Approve(request_id, "bo", 1, request.terms.hash), request, None, world.now, world.now)
        assert decided is not None
        world.before[request_id], world.decisions[request_id] = None, decided
        world.holds[request_id] = world.now + timedelta(days=36500)
        world.overdue.add(request_id)
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(
            pilot, lambda: "◔ PR-1002 and 1 more never sent. On its row: S sends it, u undoes it" in shown(pilot)
        )
        assert "✓ accepted · bo is asked" in shown(pilot) and "sends in" not in shown(pilot)
        await pilot.press("G", "S")
        await seen(pilot, lambda: "Put the cursor on the decision that was never sent" in shown(pilot))
        assert world.overdue == {first, second}, "what is overdue is never sent with the others"
        await pilot.press("g", "S")
        await seen(pilot, lambda: "Sent: PR-1002 " in shown(pilot) and world.overdue == {second})
        await pilot.press("j", "u")
        await seen(pilot, lambda: "PR-1003 is pending again: nothing was sent" in shown(pilot))
        assert first in world.decisions and second not in world.decisions
        before = of(world, "PR-1001")
        pilot.app.query_one(ManagerInbox).lines._until = 0.0  # What stood there has been read.
        world.overdue.add(before)
        world.holds[before] = world.now + timedelta(days=36500)
        world.tell(before)
        await seen(pilot, lambda: "◔ PR-1001 never sent. On its row" in shown(pilot) and "press r" not in shown(pilot))
