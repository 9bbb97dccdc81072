"""The number of a request is whole wherever a desk shows it, however many digits it has."""

import re
from dataclasses import replace
from uuid import UUID

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from paydesk.contractor.columns import COLUMNS, EVERYONES
from paydesk.manager.columns import DECIDED_COLUMNS, inbox
from paydesk.tui.table.columns import Column, fitted, laid_out, padded
from tests.fakes import World
from tests.tui.conftest import contractor, manager, opened, seen, shown

_WHOLE = pytest.mark.fault(
    kind="Nothing is cut in a pipe, and where something is cut `…` says so; a request's number is never cut.",
    mended="tui/table/columns.py",
)
_LONGEST = "123456789012"


@_WHOLE
@pytest.mark.parametrize("columns", [COLUMNS, EVERYONES, DECIDED_COLUMNS, inbox(lambda _: ())])
@pytest.mark.parametrize("digits", range(1, 13))
@pytest.mark.parametrize("width", [40, 60, 72, 80, 100, 160])
def test_the_column_of_the_number_is_as_wide_as_its_rows_need(
    columns: tuple[Column, ...], digits: int, width: int
) -> None:
    needs = {"Request": len("PR-") + digits, "Amount": 20}
    (cells,) = [
        size
        for column, size in laid_out(columns, width, lambda column: needs.get(column.title, 0))
        if column.title == "Request"
    ]
    assert cells >= needs["Request"]


@_WHOLE
@pytest.mark.parametrize("width", range(1, 40))
def test_a_cell_that_is_cut_goes_through_no_number(width: int) -> None:
    text = "⚠ like PR-1000230 · 北京 logo design"
    cell = fitted(text, width)
    assert cell_len(cell) == width
    assert cell.count("PR-") == cell.count("PR-1000230")
    assert ("…" in cell) is (cell_len(text) > width)
    assert cell_len(padded(text, width)) == max(width, cell_len(text))


def _renumbered(world: World, digits: int) -> dict[UUID, str]:
    """Give every request of the world a number of so many digits."""
    numbers = {}
    for place, (request_id, request) in enumerate(list(world.requests.items())):
        number = f"PR-{int(_LONGEST[:digits]) + place:0{digits}d}"
        world.requests[request_id] = replace(request, number=number)
        numbers[request_id] = number
    return numbers


def _whole(pilot: Pilot[object], numbers: dict[UUID, str]) -> bool:
    """Whether each number on the screen is one of the numbers, and none is cut."""
    text = shown(pilot)
    parts = len(re.findall("PR-", text)) + len(re.findall(r"PR?…", text))
    return parts == sum(text.count(number) for number in numbers.values())


@_WHOLE
@pytest.mark.parametrize("digits", [7, 12])
@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_list_detail_and_dialogs_show_whole_numbers(world: World, digits: int, size: tuple[int, int]) -> None:
    numbers = _renumbered(world, digits)
    async with contractor(world).run_test(size=size) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "PR-" in shown(pilot) and _whole(pilot, numbers))
        number = table.rows[0].number
        await pilot.press("w")
        await seen(pilot, lambda: f"Withdraw {number}?" in shown(pilot))
        await pilot.press("escape", "enter")
        await seen(pilot, lambda: f" {number}   " in shown(pilot) and _whole(pilot, numbers))
    async with manager(world).run_test(size=size) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "PR-" in shown(pilot) and _whole(pilot, numbers))
        number = table.rows[0].number
        await pilot.press("x")
        await seen(pilot, lambda: f"Reject {number} " in shown(pilot))
        await pilot.press("escape", "enter")
        await seen(pilot, lambda: f" {number}   " in shown(pilot) and _whole(pilot, numbers))


@_WHOLE
async def test_a_line_that_is_too_long_ends_in_an_ellipsis(world: World) -> None:
    name = "a name that goes on and on " * 3
    async with contractor(world, name[:70].strip()).run_test(size=(60, 18)) as pilot:
        await seen(pilot, lambda: "…" in shown(pilot).splitlines()[0])
