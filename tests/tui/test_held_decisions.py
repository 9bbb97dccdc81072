"""After undo and after a refusal the cursor is on that request again: the next key means it, and nobody else's."""

from dataclasses import replace
from uuid import UUID

import pytest

from paydesk.domain.commands import Approve, Decide, Undo
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Outcome
from paydesk.infra.core.query import Result
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import Clock, manager, opened, seen, shown
from tests.tui.test_manager_desk import Slow, of


class Noting(FakeManagerDesk):
    """A desk that notes in which order it was asked to do what."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.asked: list[str] = []

    def _note(self, command: str, request_id: UUID) -> None:
        self.asked.append(f"{command} {self.world.requests[request_id].number}")

    def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
        self._note("approve", command.id)
        return super().decided(key, command, hold_s)

    def undone(self, command: Undo) -> Result:
        self._note("undo", command.id)
        return super().undone(command)


TWICE = ["approve PR-1002", "undo PR-1002", "approve PR-1002"]


@pytest.mark.parametrize("way", [[], ["slash", *"status:pending", "enter"]], ids=["inbox", "filtered by status"])
async def test_who_takes_back_and_decides_again_decides_the_same_request(world: World, way: list[str]) -> None:
    desk = Noting(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press(*way)
        await seen(pilot, lambda: not way or (table.rows and "status:pending" in shown(pilot)))
        await pilot.press("a")
        await seen(pilot, lambda: "✓ accepted PR-1002 · sends in" in shown(pilot))
        await pilot.press("u")
        await seen(pilot, lambda: "PR-1002 is pending again" in shown(pilot))
        await seen(pilot, lambda: table.current and table.current.number == "PR-1002")
        await pilot.press("a")
        await seen(pilot, lambda: desk.asked == TWICE)
        await seen(pilot, lambda: world.holds.keys() == {of(world, "PR-1002")})
        await seen(pilot, lambda: table.current and table.current.number == "PR-1003")


async def test_keys_pressed_faster_than_they_are_done_mean_the_same(world: World) -> None:
    desk = Noting(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("a", "u", "a", "u", "a", "a")
        await seen(pilot, lambda: world.holds.keys() == {of(world, "PR-1002"), of(world, "PR-1003")})
        assert desk.asked == [*TWICE, *TWICE[1:], "approve PR-1003"]
        await seen(pilot, lambda: table.current and table.current.number == "PR-1004")


async def test_undo_goes_back_from_afar_and_moving_on_moves_on_from_there(world: World) -> None:
    async with manager(world, desk=Noting(world)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("a", "j", "j", "j", "u", "j")
        await seen(pilot, lambda: "PR-1002 is pending again" in shown(pilot))
        assert table.current is not None and table.current.number == "PR-1003"


@pytest.mark.fault(
    kind="What is taken back is under the cursor, in whatever order, or the line says that it is not in this list.",
    mended="manager/inbox_rows.py",
)
@pytest.mark.parametrize("orders", [1, 2, 3], ids=["newest", "largest", "smallest"])
async def test_in_another_order_the_cursor_is_on_what_is_taken_back_and_the_next_key_means_it(
    world: World, orders: int
) -> None:
    desk = Noting(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("j", "a")
        await seen(pilot, lambda: "✓ accepted PR-1003 · sends in" in shown(pilot))
        for _ in range(orders):
            await pilot.press("s")
            await seen(pilot, lambda: table.rows and all(row.number != "PR-1003" for row in table.rows))
        await pilot.press("u")
        await seen(pilot, lambda: "PR-1003 is pending again: nothing was sent." in shown(pilot))
        await seen(pilot, lambda: table.current and table.current.number == "PR-1003")
        assert "new between these" not in shown(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: desk.asked == [sentence.replace("1002", "1003") for sentence in TWICE])


@pytest.mark.fault(
    kind="What is taken back is under the cursor, in whatever order, or the line says that it is not in this list.",
    mended="manager/inbox_rows.py",
)
async def test_in_another_order_all_that_one_key_takes_back_is_shown_again(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        before = {row.number for row in table.rows}
        await pilot.press("j", "space", "space", "a")
        await seen(pilot, lambda: "y approve 2" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: len(world.holds) == 2 and "y approve" not in shown(pilot))
        await pilot.press("s")
        await seen(pilot, lambda: table.rows and not any(row.id in world.holds for row in table.rows))
        await pilot.press("u")
        await seen(pilot, lambda: "2 are pending again: nothing was sent." in shown(pilot))
        await seen(pilot, lambda: {row.number for row in table.rows} == before)
        assert "new between these" not in shown(pilot)


@pytest.mark.fault(
    kind="What is taken back is under the cursor, in whatever order, or the line says that it is not in this list.",
    mended="manager/inbox_rows.py",
)
async def test_what_is_taken_back_and_hidden_by_the_filter_is_said_to_be_not_in_this_list(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: "✓ accepted PR-1002 · sends in" in shown(pilot))
        await pilot.press("slash", *"PR-1003", "enter")
        await seen(pilot, lambda: [row.number for row in table.rows] == ["PR-1003"])
        await pilot.press("u")
        await seen(pilot, lambda: "PR-1002 is pending again: nothing was sent. It is not in this list." in shown(pilot))
        assert table.current is not None and table.current.number == "PR-1003"


async def test_a_refused_decision_brings_the_cursor_back_to_what_changed(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        request = world.requests[of(world, "PR-1002")]
        terms = checked_terms("99999", "EUR", "August retainer")
        # It changes behind the screen: no news are told, so the old revision is still what a person sees.
        world.requests[request.id] = replace(request, version=2, revision=2, terms=terms)
        await pilot.press("a")
        await seen(pilot, lambda: "PR-1002 changed since you looked" in shown(pilot))
        await seen(pilot, lambda: table.current and table.current.number == "PR-1002" and table.current.revision == 2)
        assert not world.holds
        await pilot.press("a")
        await seen(pilot, lambda: world.holds.keys() == {request.id})
        assert world.decisions[request.id].outcome is Outcome.ACCEPTED
        assert world.decisions[request.id].revision == 2


async def test_a_key_on_its_way_to_the_next_row_decides_nothing_where_the_cursor_came_back(world: World) -> None:
    clock, desk = Clock(step_s=0.0), Slow(world)
    async with manager(world, clock=clock, desk=desk).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        request = world.requests[of(world, "PR-1002")]
        world.requests[request.id] = replace(request, version=2, revision=2, terms=checked_terms("9", "EUR", "less"))
        clock.now += 1
        await pilot.press("a")
        desk.let_through.release()
        await seen(pilot, lambda: table.current and table.current.number == "PR-1002" and table.current.revision == 2)
        clock.now += 0.4
        await pilot.press("a")
        await seen(pilot, lambda: "PR-1002 is only just shown as 9.00 EUR" in shown(pilot))
        assert not world.holds


async def test_what_changed_since_it_was_marked_is_not_marked_again(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "a")
        await seen(pilot, lambda: "y approve 2" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: len(world.holds) == 2)
        request = world.requests[of(world, "PR-1002")]
        world.put(replace(request, version=2, revision=2, terms=checked_terms("9", "EUR", "less")))
        await pilot.press("u")
        await seen(pilot, lambda: not world.holds and "1 marked" in shown(pilot))
        assert "┃  PR-1003" in shown(pilot)


async def test_what_a_killed_desk_left_held_is_said_and_taken_back_by_the_next(world: World) -> None:
    request = world.requests[of(world, "PR-1002")]
    FakeManagerDesk(world).execute(UUID(int=7), Approve(request.id, "bo", 1, request.terms.hash), 60)
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "✓ accepted PR-1002" in shown(pilot) and "sends in" in shown(pilot))
        await pilot.press("u")
        await seen(pilot, lambda: "PR-1002 is pending again: nothing was sent" in shown(pilot))
        assert not world.holds


async def test_two_decisions_taken_back_before_either_was_done_leave_the_cursor_on_the_first(world: World) -> None:
    desk = Slow(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("a", "a", "u", "u")
        assert table.current and table.current.number == "PR-1002"
        desk.let_through.release(2)
        await seen(pilot, lambda: "PR-1002 is pending again" in shown(pilot) and not world.holds)
        await seen(pilot, lambda: table.current and table.current.number == "PR-1002")
