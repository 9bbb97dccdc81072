"""What other rows came to is dimmed until the rows that are shown now are counted."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from paydesk.domain.copy import StatusTotal
from paydesk.infra.core.query import PageQuery
from paydesk.tui.table.request_table import RequestTable
from tests.fakes import FakeContractorDesk, FakeDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown


class Slow(FakeDesk):
    """Counts only while it may."""

    def __init__(self, world: World) -> None:
        super().__init__(world)  # type: ignore[call-arg]
        self.may = threading.Event()
        self.may.set()

    def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
        assert self.may.wait(60)
        return super().totals(query)


class SlowContractor(Slow, FakeContractorDesk):
    """A contractor's."""


class SlowManager(Slow, FakeManagerDesk):
    """A manager's."""


def dimmed(pilot: Pilot[None]) -> bool:
    """Whether all sums on the screen are dim; fails where only some are."""
    faded = {widget.styles.text_opacity < 1 for widget in pilot.app.screen.query("#totals Static, #summary Static")}
    assert len(faded) == 1
    return faded.pop()


@asynccontextmanager
async def counted(world: World, role: str) -> AsyncIterator[tuple[Pilot[None], threading.Event]]:
    """Open a desk whose sums stand; with it comes what has to be set for it to count again once that was cleared."""
    if role == "contractor":
        asks = SlowContractor(world)
        app, may = contractor(world, desk=asks), asks.may
    else:
        decides = SlowManager(world)
        app, may = manager(world, desk=decides), decides.may
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "oldest" in shown(pilot) and not dimmed(pilot))
        try:
            yield pilot, may
        finally:
            may.set()


@pytest.mark.fault(
    kind="Totals beside a filter are of that filter, or it is said that they are being counted.",
    mended="tui/desk/totals_cache.py",
)
@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_counting_stands_beside_another_filter_until_its_rows_are_counted(world: World, role: str) -> None:
    async with counted(world, role) as (pilot, may):
        before = {"contractor": "4 requests", "manager": "6 waiting"}[role]
        await seen(pilot, lambda: before in shown(pilot))
        may.clear()
        await pilot.press("slash", *"cur:gbp", "enter")
        await seen(pilot, lambda: "counting …" in shown(pilot) and before not in shown(pilot))
        may.set()
        after = {"contractor": "1 request", "manager": "0 waiting"}[role]
        await seen(pilot, lambda: after in shown(pilot) and "counting" not in shown(pilot))


@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_sums_of_another_filter_are_dim_until_this_one_is_counted(world: World, role: str) -> None:
    async with counted(world, role) as (pilot, may):
        may.clear()
        await pilot.press("slash", *"cur:gbp", "enter")
        table = pilot.app.screen.query_one(RequestTable)
        await seen(pilot, lambda: dimmed(pilot) and all("GBP" in str(row.terms) for row in table.rows))
        await pilot.press("escape")
        await seen(pilot, lambda: not dimmed(pilot))  # These are the sums that still stand.
        await pilot.press("slash", *"cur:usd", "enter")
        await seen(pilot, lambda: dimmed(pilot))
        may.set()
        await seen(pilot, lambda: not dimmed(pilot))


async def test_another_order_has_the_same_sums(world: World) -> None:
    async with counted(world, "contractor") as (pilot, _):
        await pilot.press("s")
        assert not dimmed(pilot)


async def test_what_was_decided_is_not_what_waits(world: World) -> None:
    async with counted(world, "manager") as (pilot, may):
        may.clear()
        await pilot.press("d")
        await seen(pilot, lambda: dimmed(pilot))
        may.set()
        await seen(pilot, lambda: not dimmed(pilot) and "✓ accepted    1" in shown(pilot))
