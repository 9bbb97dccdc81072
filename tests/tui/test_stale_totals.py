"""What other rows came to is dimmed until the rows that are shown now are counted."""

import threading

import pytest
from textual.pilot import Pilot

from paydesk.domain.copy import StatusTotal
from paydesk.infra.pages import PageQuery
from paydesk.tui.desk_app import DeskApp
from paydesk.tui.request_table import RequestTable
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown


class SlowContractor(FakeContractorDesk):
    """Counts only while it may."""

    may = threading.Event()

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        assert self.may.wait(60)
        return super().totals(query)


class SlowManager(FakeManagerDesk):
    """Counts only while it may."""

    may = threading.Event()

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        assert self.may.wait(60)
        return super().totals(query)


def dimmed(pilot: Pilot[None]) -> bool:
    """Whether all sums on the screen are dim; fails where only some are."""
    found = {each.styles.text_opacity < 1 for each in pilot.app.screen.query("#totals Static, #summary Static")}
    assert len(found) == 1
    return found.pop()


def made(world: World, role: str) -> tuple[DeskApp, threading.Event]:
    if role == "contractor":
        desk = SlowContractor(world)
        return contractor(world, desk=desk), desk.may
    slow = SlowManager(world)
    return manager(world, desk=slow), slow.may


@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_sums_of_another_filter_are_dim_until_this_one_is_counted(world: World, role: str) -> None:
    app, may = made(world, role)
    may.set()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "oldest" in shown(pilot) and not dimmed(pilot))
        may.clear()
        try:
            await pilot.press("slash", *"cur:gbp", "enter")
            table = pilot.app.screen.query_one(RequestTable)
            await seen(pilot, lambda: dimmed(pilot) and all("GBP" in str(row.terms) for row in table.rows))
            await pilot.press("escape", *("m" if role == "contractor" else ""))
            await seen(pilot, lambda: not dimmed(pilot))  # These are the sums that still stand.
            await pilot.press("slash", *"cur:usd", "enter")
            await seen(pilot, lambda: dimmed(pilot))
        finally:
            may.set()
        await seen(pilot, lambda: not dimmed(pilot))


async def test_another_order_has_the_same_sums(world: World) -> None:
    app, may = made(world, "contractor")
    may.set()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "oldest" in shown(pilot))
        await pilot.press("s")
        assert not dimmed(pilot)


async def test_what_was_decided_is_not_what_waits(world: World) -> None:
    app, may = made(world, "manager")
    may.set()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "oldest" in shown(pilot))
        may.clear()
        await pilot.press("d")
        await seen(pilot, lambda: dimmed(pilot))
        may.set()
        await seen(pilot, lambda: not dimmed(pilot) and "✓ accepted    1" in shown(pilot))
