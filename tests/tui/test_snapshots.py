"""How the screens look, as pictures: a changed label or a shifted column is seen here."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, seen, shown, still

SIZES = [(80, 24), (120, 36)]
Look = Callable[[Pilot[None]], Awaitable[None]]


def after(*keys: str, wait_for: str = "") -> Look:
    """Return what presses keys once the first rows stand, and waits for words on the screen."""

    async def run(pilot: Pilot[None]) -> None:
        await still(pilot)
        await pilot.press(*keys)
        if wait_for:
            await seen(pilot, lambda: wait_for in shown(pilot))
        await still(pilot)

    return run


CONTRACTOR = {
    "home": after(wait_for="4 requests"),
    "everyone": after("m", wait_for="8 requests"),
    "form": after("n", wait_for="new request"),
    "form-problems": after("n", *"1,5", "tab", *"X", "ctrl+s", wait_for="Write the description"),
    "form-filled": after("n", *"120.50", "tab", "tab", *"Hotel, Lyon", wait_for="120.50 EUR"),
    "rejected": after("j", "enter", wait_for="rejected by bo"),
    "revise": after("e", wait_for="It becomes"),
    "palette": after("colon", wait_for="Search for commands"),
    "withdraw": after("w", wait_for="Withdraw PR-1007?"),
    "help": after("question_mark", wait_for="Next row"),
    "insights-table": after("2", "t", wait_for="last 14 days"),
}
MANAGER = {
    "inbox": after(wait_for="6 waiting"),
    "held": after("j", "a", wait_for="5 waiting"),
    "causes": after("x", wait_for="7  There is another reason."),
    "note": after("x", "6", wait_for="enter rejects"),
    "bulk": after("space", "space", "a", wait_for="y approve 2"),
    "decided": after("d", wait_for="2 decided"),
    "detail": after("enter", wait_for="requested"),
    "help": after("question_mark", wait_for="Send what is held now"),
    "insights": after("2", wait_for="Time to decision"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", CONTRACTOR)
def test_contractor(snap_compare: Any, world: World, name: str, size: tuple[int, int]) -> None:
    assert snap_compare(contractor(world), terminal_size=size, run_before=CONTRACTOR[name])


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", MANAGER)
def test_manager(snap_compare: Any, world: World, name: str, size: tuple[int, int]) -> None:
    assert snap_compare(manager(world), terminal_size=size, run_before=MANAGER[name])


def test_a_wide_inbox_has_the_pane_beside_it(snap_compare: Any, world: World) -> None:
    assert snap_compare(manager(world), terminal_size=(160, 45), run_before=after("j", wait_for="ada, last 90 days"))


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
    from paydesk.tui.columns import laid_out

    wider = (replace(home.COLUMNS[0], width=10), *home.COLUMNS[1:])
    assert [size for _, size in laid_out(home.COLUMNS, 80)] != [size for _, size in laid_out(wider, 80)]
