"""A key that was on its way when its row changed decides nothing."""

from dataclasses import replace

import pytest

from paydesk.domain.payment_request import checked_terms
from tests.fakes import World
from tests.tui.conftest import Clock, manager, opened, seen, shown
from tests.tui.test_manager_desk import of


@pytest.mark.parametrize("way", [[], ["enter"]], ids=["list", "detail"])
async def test_what_changed_a_moment_before_the_key_was_not_what_the_person_saw(world: World, way: list[str]) -> None:
    clock = Clock(step_s=0.0)
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(*way)
        request = world.requests[of(world, "PR-1002")]
        terms = checked_terms("99999", "EUR", "August retainer")
        world.put(replace(request, version=2, revision=2, terms=terms))
        await seen(pilot, lambda: "99,999.00" in shown(pilot))
        clock.now += 0.4
        await pilot.press("a")
        await seen(pilot, lambda: "PR-1002 is only just shown as 99,999.00 EUR: look, then press" in shown(pilot))
        assert not world.holds
        clock.now += 1
        await pilot.press("a")
        await seen(pilot, lambda: request.id in world.holds)


@pytest.mark.long
async def test_a_request_that_slid_under_the_cursor_is_not_decided_by_a_key_on_its_way(world: World) -> None:
    clock = Clock(step_s=0.0)
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *"status:pending", "enter")
        await seen(pilot, lambda: table.current and table.current.number == "PR-1002" and "status:" in shown(pilot))
        clock.now += 1
        request = world.requests[of(world, "PR-1002")]
        world.put(replace(request, version=2, withdrawal_asked=True))
        await seen(pilot, lambda: table.current and table.current.number != "PR-1002")
        assert table.current
        under = table.current
        await pilot.press("a")
        await seen(pilot, lambda: f"{under.number} is only just shown as" in shown(pilot))
        assert not world.holds
