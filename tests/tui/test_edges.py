"""Where lists end: nothing touches the terminal's edge, and no rule stands where nothing is beside the list."""

import pytest

from paydesk.contractor.columns import COLUMNS, EVERYONES
from paydesk.manager.preview import Preview
from paydesk.tui.table.columns import CURSOR_CELLS, Column, laid_out
from tests.fakes import World
from tests.tui.conftest import contractor, manager, opened, seen, shown


@pytest.mark.parametrize("columns", [COLUMNS, EVERYONES], ids=["mine", "everyone's"])
@pytest.mark.parametrize("width", [80, 100, 112, 160])
def test_a_cell_is_left_at_the_right_edge(columns: tuple[Column, ...], width: int) -> None:
    sizes = [cells for _, cells in laid_out(columns, width)]
    assert CURSOR_CELLS + sum(sizes) + len(sizes) - 1 == width - 1


async def test_beside_an_empty_inbox_there_is_no_rule(world: World) -> None:
    async with manager(World()).run_test(size=(160, 45)) as pilot:
        await seen(pilot, lambda: "Nothing waits for a decision." in shown(pilot))
        await seen(pilot, lambda: pilot.app.query_one(Preview).display and "│" not in shown(pilot))
    async with manager(world).run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "│" in shown(pilot))


async def test_everyones_list_says_whose_each_is_on_a_narrow_terminal_too(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "Delivery" in shown(pilot))
        await pilot.press("m")
        await seen(pilot, lambda: "PR-1006  studio-nord " in shown(pilot) and "Delivery" not in shown(pilot))
        await pilot.press("m")
        await seen(pilot, lambda: "Delivery" in shown(pilot) and "From" not in shown(pilot))


async def test_lines_that_a_narrow_terminal_needed_are_given_back_to_the_list(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "under 1 d:" in shown(pilot))
        before = shown(pilot)
        await pilot.resize_terminal(30, 24)
        await seen(pilot, lambda: "oldest" not in shown(pilot).splitlines()[3])
        await pilot.resize_terminal(80, 24)
        await seen(pilot, lambda: shown(pilot) == before)
