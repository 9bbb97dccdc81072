"""The filter line on both desks: what it shows, completes, refuses and remembers; and the order of the list."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input

from paydesk.contractor.app import ContractorApp
from paydesk.tui.desk.filter_line import FilterField
from paydesk.tui.state import KeptFiles
from paydesk.tui.table.request_table import RequestTable
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown


def typed(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query_one("#filter-field", Input).value


async def shows(pilot: Pilot[None], *numbers: str) -> None:
    """Wait until exactly these rows are in the list."""
    table = pilot.app.screen.query_one(RequestTable)
    await seen(pilot, lambda: [row.number for row in table.rows] == list(numbers) and table.current)


def names(text: str) -> list[str]:
    """Return the keys that type a text."""
    signs = {
        " ": "space",
        ":": "colon",
        ">": "greater_than_sign",
        "=": "equals_sign",
        "-": "minus",
        '"': "quotation_mark",
    }
    return [signs.get(char, char) for char in text]


@pytest.mark.long
async def test_a_filter_is_typed_applied_and_taken_away_again(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *names("cur:EUR amt>=5000"), "enter")
        await shows(pilot, "PR-1002", "PR-1004")
        await seen(pilot, lambda: "2 waiting" in shown(pilot) and "cur:EUR amt>=5000" in shown(pilot))
        await pilot.press("slash", *names("-brno"), "enter")
        await shows(pilot, "PR-1004")
        await pilot.press("slash", "escape")
        await shows(pilot, "PR-1004")
        await pilot.press("escape")
        await seen(pilot, lambda: "6 waiting" in shown(pilot))
        await pilot.press("slash", *names("status:accepted,rejected"), "enter")
        await shows(pilot, "PR-1001", "PR-1005")
        await pilot.press("escape", "escape")
        await seen(pilot, lambda: "6 waiting" in shown(pilot))


async def test_what_cannot_be_read_is_pointed_at_and_changes_nothing(world: World) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *names("cur:EUR status:pendin"), "enter")
        await seen(pilot, lambda: "There is no status 'pendin'" in shown(pilot))
        lines = shown(pilot).splitlines()
        row = next(place for place, line in enumerate(lines) if "status:pendin" in line)
        assert lines[row + 1].index("^") == lines[row].index("pendin")
        assert len(table.rows) == 6
        await pilot.press("end", "g", "enter")
        await shows(pilot, "PR-1002", "PR-1004", "PR-1007")


@pytest.mark.fault(
    kind="A mark under a fault stands under it in the cells of a terminal, whatever stands before it.",
    mended="cli/exits.py",
)
@pytest.mark.parametrize("before", ["e\u0301te\u0301", "ที่พัก", "👩🏽\u200d💻", "北京", "🇩🇪", "a\u0323\u0302"])
async def test_a_fault_behind_text_of_any_width_is_pointed_at_on_the_desk(world: World, before: str) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("slash")
        pilot.app.screen.query_one(FilterField).value = f'"{before}" status:pendin'
        await pilot.press("enter")
        await seen(pilot, lambda: "There is no status 'pendin'" in shown(pilot))
        lines = shown(pilot).splitlines()
        row = next(place for place, line in enumerate(lines) if "status:pendin" in line)
        mark, fault = lines[row + 1].index("^"), lines[row].index("pendin")
        assert cell_len(lines[row + 1][:mark]) == cell_len(lines[row][:fault])


async def test_a_reason_of_two_lines_hangs_under_its_text(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *names("cur:EUR status:pendin"), "enter")
        await seen(pilot, lambda: "There is no status 'pendin'" in shown(pilot))
        lines = shown(pilot).splitlines()
        first = next(place for place, line in enumerate(lines) if "There is no status" in line)
        under = lines[first + 1]
        assert len(under) - len(under.lstrip()) == lines[first].index("There")


async def test_the_whole_line_is_cleared_wherever_the_cursor_stands(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *names("status:pendin cur:EUR"), "enter")
        await seen(pilot, lambda: "There is no status 'pendin'" in shown(pilot))
        await pilot.press("ctrl+u")
        await seen(pilot, lambda: not typed(pilot) and "There is no status" not in shown(pilot))
        await pilot.press(*names("hotel"), "enter")
        await shows(pilot, "PR-1003")


async def test_fields_and_values_are_completed(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash")
        await seen(pilot, lambda: "status:" in shown(pilot) and "tab completes, enter applies" in shown(pilot))
        await pilot.press("f", "tab")
        await seen(pilot, lambda: "brno-cablage" in shown(pilot))
        await pilot.press("s", "tab")
        assert typed(pilot) == "from:studio-nord"
        await pilot.press("enter")
        await shows(pilot, "PR-1006")


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.long
async def test_the_contractor_sees_everyones_or_any_filter(world: World, size: tuple[int, int]) -> None:
    async with contractor(world).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("slash")
        await seen(pilot, lambda: typed(pilot) == "from:me ")
        await pilot.press(*names("status:rejected"), "enter")
        await shows(pilot, "PR-1005")
        await seen(pilot, lambda: "1 request   from:me status:rejected" in shown(pilot))
        assert "everyone" not in shown(pilot)
        await pilot.press("escape")
        await seen(pilot, lambda: "4 requests   from:me (ada)" in shown(pilot))
        await pilot.press("slash", "ctrl+u", "enter")
        await seen(pilot, lambda: "8 requests" in shown(pilot) and "everyone's requests" in shown(pilot))
        await pilot.press("slash", *names("zzz"), "enter")
        await seen(pilot, lambda: "Nothing fits this filter." in shown(pilot) and "0 requests" in shown(pilot))


@pytest.mark.long
async def test_the_last_filters_come_back_also_after_a_start(world: World, tmp_path: Path) -> None:
    file = tmp_path / "state" / "filters.json"
    for _ in range(2):
        app = ContractorApp(lambda: FakeContractorDesk(world), now=world.clock, files=KeptFiles(file))
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot)
            await pilot.press("slash", "ctrl+u", *names("logo"), "enter")
            await pilot.press("slash", "ctrl+u", *names("hotel"), "enter")
            await shows(pilot, "PR-1003")
            await pilot.press("slash", "up", "up")
            assert typed(pilot) == "logo"
            await pilot.press("down")
            assert typed(pilot) == "hotel"
    assert json.loads(file.read_text()) == ["logo", "hotel"]
    file.write_text("no json")
    app = ContractorApp(lambda: FakeContractorDesk(world), now=world.clock, files=KeptFiles(file))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", "up")
        assert typed(pilot) == "from:me "


@pytest.mark.long
async def test_s_goes_through_every_order(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        for words, first in (("newest first", "PR-1008"), ("largest first", "PR-1006"), ("smallest first", "PR-1003")):
            await pilot.press("s")
            await seen(pilot, lambda words=words: words in shown(pilot))  # type: ignore[misc]
            await seen(pilot, lambda first=first: table.rows and table.rows[0].number == first)  # type: ignore[misc]
        await pilot.press("s")
        await seen(pilot, lambda: "due first" in shown(pilot))
        await pilot.press("s")
        await seen(pilot, lambda: table.rows and table.rows[0].number == "PR-1002" and "first" not in shown(pilot))
        await pilot.press("slash", *names("status:accepted,rejected"), "enter")
        await seen(pilot, lambda: "2 requests" in shown(pilot))
        await pilot.press("s", "s", "s", "s", "s")
        await seen(pilot, lambda: "last decided first" in shown(pilot))  # What waits has no such order.


async def test_enter_is_offered_only_for_what_can_be_read(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"cur:EUR")
        await seen(pilot, lambda: "enter applies" in shown(pilot))
        await pilot.press("space", *"foo:bar")
        await seen(pilot, lambda: "foo:bar" in shown(pilot) and "enter applies" not in shown(pilot))
