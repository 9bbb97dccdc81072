"""How the screens look, as pictures: a changed label or a shifted column is seen here."""

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, seen, shown
from tests.tui.screens import ADA, BO, SCREENS, Screen

SIZES = [(80, 24), (120, 36)]
QUICK = {(screen.role, screen.name): screen for screen in SCREENS if screen.quick}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", [name for role, name in QUICK if role == ADA])
def test_contractor(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    screen = QUICK[ADA, name]
    assert snap_compare(screen.app(), terminal_size=size, run_before=screen.reach)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", [name for role, name in QUICK if role == BO])
def test_manager(snap_compare: Any, name: str, size: tuple[int, int]) -> None:
    screen = QUICK[BO, name]
    assert snap_compare(screen.app(), terminal_size=size, run_before=screen.reach)


def test_a_wide_inbox_has_the_pane_beside_it(snap_compare: Any, world: World) -> None:
    aside = Screen(BO, "aside", ("j",), "ada, last 90 days")
    assert snap_compare(manager(world), terminal_size=(160, 45), run_before=aside.reach)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_empty_desk_says_what_to_do(snap_compare: Any, size: tuple[int, int]) -> None:
    world = World()

    async def run(pilot: Pilot[None]) -> None:
        await seen(pilot, lambda: "Press n to ask for a payment." in shown(pilot))

    assert snap_compare(contractor(world, desk=FakeContractorDesk(world)), terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_an_empty_inbox_says_what_to_do(snap_compare: Any, size: tuple[int, int]) -> None:
    world = World()

    async def run(pilot: Pilot[None]) -> None:
        await seen(pilot, lambda: "Nothing waits for a decision." in shown(pilot))

    assert snap_compare(manager(world, desk=FakeManagerDesk(world)), terminal_size=size, run_before=run)


def test_a_shifted_column_is_seen(world: World) -> None:
    """The pictures can fail: the same desk with one column a cell wider renders differently."""
    from dataclasses import replace

    from paydesk.contractor import home
    from paydesk.tui.table.columns import laid_out

    wider = (replace(home.COLUMNS[0], width=10), *home.COLUMNS[1:])
    assert [size for _, size in laid_out(home.COLUMNS, 80)] != [size for _, size in laid_out(wider, 80)]
