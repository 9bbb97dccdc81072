"""Rows first: however low a terminal is, and no key acts on a row that is not seen."""

from uuid import UUID

import pytest
from textual.pilot import Pilot

from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.manager.inbox import ManagerInbox
from paydesk.tui.app import DeskApp
from paydesk.tui.table.request_table import RequestTable
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown

ROWS = pytest.mark.fault(
    kind="Rows come first, and no key acts on a row that is not seen.", mended="tui/desk/rows_first.py"
)
pytestmark = ROWS
CURRENCIES = {"EUR": "10.00", "USD": "11.00", "GBP": "12.00", "JPY": "1300", "KWD": "14.000"}


def many(currencies: int) -> World:
    """Return a world with requests of ada's in so many currencies."""
    world = World()
    for place in range(12):
        currency, amount = [*CURRENCIES.items()][place % currencies]
        terms = checked_terms(amount, currency, f"tea {place}")
        world.put(request_payment(RequestPayment(UUID(int=place + 1), "ada", terms), f"PR-{place + 10}", world.now))
    return world


def desk(role: str, world: World) -> DeskApp:
    return contractor(world) if role == "contractor" else manager(world)


def rows_seen(pilot: Pilot[None]) -> int:
    return sum("tea" in line or "PR-" in line for line in shown(pilot).splitlines())


@pytest.mark.parametrize("size", [(80, 24), (80, 16), (80, 12), (60, 10), (80, 10), (30, 10), (160, 10)], ids=str)
@pytest.mark.parametrize("currencies", [3, 5])
@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_three_rows_are_seen_from_ten_lines_on(role: str, currencies: int, size: tuple[int, int]) -> None:
    world = many(currencies)
    async with desk(role, world).run_test(size=size) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "counting" not in shown(pilot))
        await seen(pilot, lambda: rows_seen(pilot) >= 3 and "▸" in shown(pilot), 10)
        await pilot.press("j", "j", "j", "j")
        await seen(pilot, lambda: pilot.app.query_one(RequestTable).cursor_is_seen and rows_seen(pilot) >= 3, 10)


async def test_totals_come_back_where_there_is_room_again() -> None:
    async with contractor(many(3)).run_test(size=(80, 10)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: rows_seen(pilot) >= 3 and "pending  12" not in shown(pilot), 10)
        await pilot.resize_terminal(80, 24)
        await seen(pilot, lambda: "pending  12" in shown(pilot), 10)


@pytest.mark.parametrize("action", ["approve", "reject", "mark", "range", "open", "copy_number"])
async def test_what_would_act_on_a_row_that_was_scrolled_out_of_sight_shows_it_instead(action: str) -> None:
    async with manager(many(3)).run_test(size=(80, 14)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: rows_seen(pilot) >= 3, 10)
        pane = pilot.app.query_one(ManagerInbox)
        assert table.cursor_is_seen and not pane.acts_unseen(action)

        def scrolled() -> bool:
            table.scroll_to(y=8, animate=False, immediate=True)
            return not table.cursor_is_seen

        await seen(pilot, scrolled, 10)
        assert pane.acts_unseen(action)
        await seen(pilot, lambda: table.cursor_is_seen, 10)


@pytest.mark.parametrize("size", [(30, 5), (80, 4)], ids=str)
async def test_where_no_row_has_room_no_key_decides(size: tuple[int, int]) -> None:
    world = many(3)
    async with manager(world, desk=FakeManagerDesk(world)).run_test(size=size) as pilot:
        table = await opened(pilot)
        await pilot.pause()
        assert not table.cursor_is_seen
        await pilot.press("a", "x", "1", "space", "enter")
        await pilot.pause()
        assert all(row.status is Status.PENDING for row in table.rows) and not world.decisions
        assert len(pilot.app.screen_stack) == 1
        await pilot.resize_terminal(80, 24)
        await seen(pilot, lambda: table.cursor_is_seen, 10)
