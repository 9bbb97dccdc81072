"""What is left of a hold is counted by the database's clock, whatever the desk's own machine says."""

from datetime import UTC, datetime, timedelta

import pytest

from paydesk.infra.core.clock import ASK_AGAIN_S, DatabaseClock
from paydesk.manager.app import ManagerApp
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import Clock, opened, seen, shown

CLOCK = pytest.mark.fault(
    kind="Times of one side are of one clock, the database's; a desk's own may be minutes off.",
    mended="infra/core/clock.py",
)
OFF = [timedelta(minutes=10), timedelta(minutes=-10), timedelta(0)]


@CLOCK
@pytest.mark.parametrize("off", OFF, ids=str)
async def test_a_desk_counts_down_by_the_clock_that_ends_the_hold(world: World, off: timedelta) -> None:
    desk = FakeManagerDesk(world)
    now = world.now
    desk.clock = DatabaseClock(lambda: 0.0)
    desk.clock.ask(lambda: now)
    async with ManagerApp(lambda: desk, now=lambda: now + off, monotonic=Clock()).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: "sends in 8 s" in shown(pilot))


@CLOCK
@pytest.mark.parametrize("off", OFF, ids=str)
def test_the_clock_goes_on_from_what_the_database_answered_by_a_clock_that_nobody_sets(off: timedelta) -> None:
    ticks, moment = [100.0], datetime.now(UTC) + off
    clock = DatabaseClock(lambda: ticks[0])
    assert not clock.known and clock.due
    clock.ask(lambda: moment)
    ticks[0] += 5
    assert clock.now() == moment + timedelta(seconds=5) and not clock.due
    clock.ask(lambda: pytest.fail("it was asked a moment ago"))
    ticks[0] += ASK_AGAIN_S
    later = moment - timedelta(hours=1)
    clock.ask(lambda: later)
    assert clock.now() == later, "the database's clock was set"
