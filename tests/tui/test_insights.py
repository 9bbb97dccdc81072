"""Insights: exact numbers beside the bars, the same as tables, of what the filter shows, read again when told."""

import re
from uuid import UUID

import pytest
from textual.pilot import Pilot

from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.insights import Insights
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.query import PageQuery
from paydesk.tui.screens import insights
from paydesk.tui.screens.health import HealthScreen
from paydesk.tui.screens.insights import InsightsScreen
from paydesk.tui.text.insights_plot import bar
from tests.fakes import NOON, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown


def rows(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the screen without their bars."""
    return [re.sub(r"[\s━╸]+", " ", line).strip() for line in shown(pilot).splitlines()]


async def test_the_numbers_stand_beside_the_bars(world: World) -> None:
    async with manager(world).run_test(size=(100, 45)) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await seen(pilot, lambda: "By currency" in shown(pilot))
        lines = rows(pilot)
        assert "8 requests everyone as of 12:00:00" in lines
        for line in (
            "Day Requested Decided",
            "Sat 15 Aug 0 0",
            "Sat 22 Aug 1 0",
            "Sun 23 Aug 1 0",
            "Mon 24 Aug 2 0",
            "Fri 28 Aug 1 2",
            "oldest 5 d 50% in 2 d 18 h, 90% in 5 d 23 h",
            "under 1 d 1 under 1 h 0",
            "1–3 d 2 1–24 h 0",
            "3–7 d 3 1–3 d 1",
            "over 7 d 0 3–7 d 1",
            "over 7 d 0",
            "EUR 4 30,030.00 28,780.00",
            "GBP 1 96.10 0.00",
            "KWD 1 640.000 640.000",
        ):
            assert line in lines, (line, lines)
        await pilot.press("t")
        await seen(pilot, lambda: "Asked for" in shown(pilot))
        lines = rows(pilot)
        assert "Fri 28 Aug 1 1 1" in lines and "Currency Requests Asked for Waiting Waiting for" in lines
        await pilot.press("end")
        await seen(pilot, lambda: "USD 1 312.45 1 312.45" in rows(pilot))
        await pilot.press("t", "q")
        await seen(pilot, lambda: not isinstance(pilot.app.screen, InsightsScreen))


async def test_what_is_below_is_told_until_it_is_seen(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await seen(pilot, lambda: "↓ 5 more lines below: j" in shown(pilot) and "EUR" not in shown(pilot))
        await pilot.press("j", "j", "j", "j")
        await seen(pilot, lambda: "↓ 1 more line below: j" in shown(pilot))
        await pilot.press("j")
        await seen(pilot, lambda: "USD" in shown(pilot) and "below" not in shown(pilot))
        await pilot.press("k", "t")
        await seen(pilot, lambda: "more lines below" in shown(pilot))
        await pilot.resize_terminal(100, 50)
        await seen(pilot, lambda: "Waiting for" in shown(pilot) and "below" not in shown(pilot))


async def test_it_follows_the_filter_of_the_list_and_is_read_again_when_something_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insights, "REST_S", 0.0)
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await seen(pilot, lambda: "4 requests from:me (ada)" in rows(pilot)[2])
        terms = checked_terms("7", "EUR", "one more")
        world.put(request_payment(RequestPayment(UUID(int=77), "ada", terms), "PR-2000", NOON))
        await seen(pilot, lambda: "5 requests from:me (ada)" in rows(pilot)[2])
        await pilot.press("3")
        await seen(pilot, lambda: isinstance(pilot.app.screen, HealthScreen))
        await pilot.press("1", "m", "2")
        await seen(pilot, lambda: "9 requests everyone" in rows(pilot)[2])


async def test_hints_wait_a_moment_and_r_does_not(world: World) -> None:
    class Counting(FakeManagerDesk):
        read = 0

        def insights(self, query: PageQuery) -> Insights:
            self.read += 1
            return super().insights(query)

    desk = Counting(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("2")
        await seen(pilot, lambda: desk.read == 1 and "8 requests" in shown(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, InsightsScreen)
        for _ in range(50):
            screen.read()
        await pilot.pause()
        assert desk.read == 1, "it was read just now"
        await pilot.press("r")
        await seen(pilot, lambda: desk.read == 2)


async def test_without_requests_it_says_what_to_do_and_without_a_database_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insights, "REST_S", 0.0)
    world = World()
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "Press n to ask" in shown(pilot))
        await pilot.press("m", "2")
        await seen(pilot, lambda: "There are no requests yet: q, then n, asks for a payment." in shown(pilot))
        world.down = True
        await pilot.press("r")
        await seen(pilot, lambda: "PostgreSQL does not answer." in shown(pilot))


def test_a_bar_is_as_long_as_its_number_and_anything_above_nothing_is_seen() -> None:
    assert (bar(4, 4, 4), bar(2, 4, 4), bar(0, 4, 4), bar(0, 0, 4)) == ("━━━━", "━━  ", "    ", "    ")
    assert bar(1, 1_000_000, 10) == "╸".ljust(10) and bar(3, 8, 4) == "━╸  "
    assert all(len(bar(value, 7, 5)) == 5 for value in range(8))
