"""A list longer than what is held of it: every row can be come to, from both ends and from the middle."""

from datetime import timedelta
from uuid import UUID

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.scrollbar import ScrollTo

from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.table.window import MAX_HELD, PAGE
from tests.fakes import NOON, World
from tests.tui.conftest import contractor, manager, opened, seen, shown, still

MANY = 1000
TERMS = checked_terms("12", "EUR", "one of many")


def asked(place: int, who: str = "ada") -> RequestRegister:
    """Return one of many, each a minute after the one before."""
    sent = NOON - timedelta(days=5) + timedelta(minutes=place)
    return RequestRegister(UUID(int=place + 1), 1, f"PR-{place:04}", who, sent, 1, TERMS)


@pytest.fixture
def many() -> World:
    world = World()
    world.requests = {register.id: register for register in map(asked, range(MANY))}
    return world


async def at(pilot: Pilot[None], table: RequestTable, number: str) -> None:
    """Wait until the cursor is on a request, and that is painted."""
    await seen(pilot, lambda: table.current and table.current.number == number and f"▸ {number}" in shown(pilot))


async def test_the_last_row_is_a_key_away_and_so_is_the_first(many: World) -> None:
    async with contractor(many).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        assert len(table.rows) == PAGE
        await at(pilot, table, "PR-0999")
        await seen(pilot, lambda: table.virtual_size.height == MANY + 1)
        await pilot.press("G")
        await at(pilot, table, "PR-0000")
        await seen(pilot, lambda: round(table.scroll_y) == table.max_scroll_y > MANY - 24)
        await pilot.press("k", "k")
        await at(pilot, table, "PR-0002")
        await pilot.press("g")
        await at(pilot, table, "PR-0999")
        assert table.scroll_y == 0


@pytest.mark.long
async def test_keys_typed_ahead_of_the_rows_are_made_up_for(many: World) -> None:
    async with manager(many).run_test(size=(80, 24)) as pilot:
        table = pilot.app.screen.query_one(RequestTable)
        await pilot.press("G", "k", "k")
        await at(pilot, table, "PR-0997")
        await pilot.press("g", "j")
        await at(pilot, table, "PR-0001")


@pytest.mark.long
async def test_page_after_page_nothing_is_left_out_either_way(many: World) -> None:
    async with contractor(many).run_test(size=(80, 60)) as pilot:
        table = await opened(pilot)
        # The sums take lines from the list, once there is room for them.
        await seen(
            pilot, lambda: all(words in shown(pilot) for words in ("12,000.00 EUR", "oldest 5 d", "1,000 requests"))
        )
        step = table.size.height - 2
        for key, ends, sign in (("ctrl+d", "PR-0000", -1), ("ctrl+u", "PR-0999", 1)):
            place = 999 if sign < 0 else 0
            while table.current is None or table.current.number != ends:
                await pilot.press(key)
                place = max(0, min(999, place + sign * step))
                await at(pilot, table, f"PR-{place:04}")
                assert len(table.rows) <= MAX_HELD + PAGE
                numbers = [int(row.number[3:]) for row in table.rows]
                assert numbers == list(range(numbers[0], numbers[-1] - 1, -1)), "a row is missing amid those held"


async def test_the_scrollbar_and_the_wheel_take_the_cursor_along(many: World) -> None:
    async with contractor(many).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: table.virtual_size.height == MANY + 1)
        table.post_message(ScrollTo(y=500, animate=False))
        await seen(pilot, lambda: table.current and abs(int(table.current.number[3:]) - 499) <= 3)
        assert f"▸ {table.current.number}" in shown(pilot) if table.current else False
        before = table.current
        wheel = MouseScrollDown(table, 5, 5, 0, 0, 0, False, False, False)
        table.post_message(wheel)
        await seen(
            pilot, lambda: table.current and before and int(table.current.number[3:]) == int(before.number[3:]) - 3
        )
        await seen(pilot, lambda: "   ·" not in shown(pilot))


@pytest.mark.long
async def test_what_arrives_moves_neither_cursor_nor_line(many: World) -> None:
    async with contractor(many).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("G", *("k" * 30))
        await at(pilot, table, "PR-0030")
        line = shown(pilot).splitlines().index(next(x for x in shown(pilot).splitlines() if "▸ PR-0030" in x))
        many.put(asked(MANY))
        await seen(pilot, lambda: "1,001 requests" in shown(pilot))
        await still(pilot)
        assert "▸ PR-0030" in shown(pilot).splitlines()[line]


@pytest.mark.long
async def test_a_request_that_is_decided_far_down_stays_until_the_cursor_leaves(many: World) -> None:
    many.requests[UUID(int=MANY)] = asked(MANY - 1, "eko-labs")  # It looks like no other, so one key decides it.
    async with manager(many).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("G")
        await at(pilot, table, "PR-0999")
        await pilot.press("a")
        await seen(pilot, lambda: "✓ accepted" in shown(pilot))
        many.put(asked(MANY))
        await seen(pilot, lambda: table.rows[-1].number == "PR-1000")
        assert table.rows[-2].number == "PR-0999"
        await pilot.press("g")
        await at(pilot, table, "PR-0000")
        await pilot.press("u")
        await seen(pilot, lambda: "PR-0999 is pending again" in shown(pilot))
