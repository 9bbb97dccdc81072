"""The line of keys: what does something for the row under the cursor, each key always in its place."""

import pytest
from textual.events import AppBlur, AppFocus
from textual.pilot import Pilot

from paydesk.manager.app import ManagerApp
from paydesk.tui.keys.footer import KeyFooter
from paydesk.tui.screens.detail import DetailScreen
from paydesk.tui.screens.dialogs import Confirm
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import Clock, contractor, manager, opened, seen, shown
from tests.tui.screens import LockedToo


def line(pilot: Pilot[None]) -> str:
    """Return the line of keys of the screen at the bottom of the stack, what does nothing in brackets."""
    footer = pilot.app.screen_stack[0].query_one(KeyFooter)
    return " ".join(key.text if key.lives else f"({key.text})" for key in footer.keys)


def detail_line(pilot: Pilot[None]) -> str:
    footer = pilot.app.screen.query_one(KeyFooter)
    return " ".join(key.text if key.lives else f"({key.text})" for key in footer.keys)


async def test_a_row_that_cannot_be_changed_makes_its_keys_faint_and_moves_none(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: line(pilot) == "⏎ n e w / ? q")
        before = shown(pilot).splitlines()[-1]
        await pilot.press("G")
        await seen(pilot, lambda: line(pilot) == "⏎ n (e) (w) / ? q")
        assert shown(pilot).splitlines()[-1] == before
        await pilot.press("e")
        await seen(pilot, lambda: "PR-1001 is accepted and cannot be revised." in shown(pilot))
        await pilot.press("m", "g")  # Everyone's, from the top.
        await seen(pilot, lambda: "PR-1008" in shown(pilot) and line(pilot) == "⏎ n (e) (w) / ? q")  # Another's.


async def test_what_is_taken_back_already_can_be_neither_revised_nor_taken_back(world: World) -> None:
    world.queued.update(world.requests)
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("w", "y")
        await seen(pilot, lambda: "withdrawing" in shown(pilot) and line(pilot) == "⏎ n (e) (w) / ? q")


async def test_an_empty_list_offers_nothing_for_a_row(world: World) -> None:
    world.requests.clear()
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "Nothing waits" in shown(pilot))
        await seen(pilot, lambda: line(pilot) == "(⏎) (a) (x) (u) / ? q")


async def test_taking_back_is_offered_while_something_is_held(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: line(pilot) == "⏎ a x (u) / ? q")
        await pilot.press("a")
        await seen(pilot, lambda: line(pilot) == "⏎ a x u / ? q")
        await pilot.press("k")
        await seen(pilot, lambda: line(pilot) == "⏎ (a) (x) u / ? q")  # The row that is decided.
        await pilot.press("enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen) and detail_line(pilot) == "(a) (x) u ? q")
        await pilot.press("u")
        await seen(pilot, lambda: detail_line(pilot) == "a x (u) ? q")


@pytest.mark.parametrize(
    ("columns", "marking"), [(80, "a x space v * esc ? q"), (110, "⏎ a x (u) space v * esc / ? q")]
)
async def test_marks_bring_their_keys(world: World, columns: int, marking: str) -> None:
    async with manager(world).run_test(size=(columns, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space")
        await seen(pilot, lambda: line(pilot) == marking)
        assert len(shown(pilot).splitlines()[-1].rstrip()) <= columns
        await pilot.press("escape")
        await seen(pilot, lambda: line(pilot) == "⏎ a x (u) / ? q")
        await pilot.press("v")
        await seen(pilot, lambda: line(pilot) == marking)
        await pilot.press("escape")
        await seen(pilot, lambda: line(pilot) == "⏎ a x (u) / ? q")


@pytest.mark.parametrize("opens", ["x", "question_mark", "colon"])
async def test_behind_a_dialog_there_is_no_key(world: World, opens: str) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: line(pilot) == "⏎ a x (u) / ? q")
        await pilot.press(opens)
        await seen(pilot, lambda: not line(pilot) and "? Keys  q Quit" not in shown(pilot))
        await pilot.press("escape")
        await seen(pilot, lambda: line(pilot) == "⏎ a x (u) / ? q")


async def test_a_key_of_ones_own_keeps_the_usual_place(world: World) -> None:
    keys = {"manager.approve": "f5", "table.open": "o", "desk.quit": "Q"}
    app = ManagerApp(lambda: FakeManagerDesk(world), now=world.clock, monotonic=Clock(), keys=keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: line(pilot) == "o f5 x (u) / ? Q")


async def test_a_click_is_the_key_and_a_faint_one_says_why(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "w Withdraw" in shown(pilot))
        place = shown(pilot).splitlines()[-1].index("Withdraw")
        await pilot.hover(KeyFooter, offset=(place, 0))
        await pilot.click(KeyFooter, offset=(place, 0))
        await seen(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("escape", "G")
        await seen(pilot, lambda: line(pilot) == "⏎ n (e) (w) / ? q")
        await pilot.click(KeyFooter, offset=(place, 0))
        await seen(pilot, lambda: "PR-1001 is accepted and cannot be withdrawn." in shown(pilot))


@pytest.mark.parametrize("key", ["e", "w"])
async def test_no_change_of_a_locked_request_is_offered_and_the_key_says_why(world: World, key: str) -> None:
    async with contractor(world, desk=LockedToo(world)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "j", key)
        await seen(pilot, lambda: "PR-1003 is locked: enter tells why, and what to do." in shown(pilot))
        assert line(pilot) == "⏎ n (e) (w) / ? q"
        await pilot.press("enter", key)
        await seen(pilot, lambda: "PR-1003 is locked: what to do about it stands above." in shown(pilot))
        assert detail_line(pilot) == "(e) (w) n (o) ? q" and "`paydesk doctor` shows both versions." in shown(pilot)
        assert len(pilot.app.screen_stack) == 2


@pytest.mark.fault(
    kind="The keys stay on the screen while another window has the keyboard.", mended="tui/keys/footer.py"
)
@pytest.mark.parametrize("where", ["list", "detail"])
async def test_the_keys_stay_while_another_window_has_the_keyboard(world: World, where: str) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        if where == "detail":
            await pilot.press("enter")
            await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        await seen(pilot, lambda: "a" in detail_line(pilot))
        before = detail_line(pilot)
        pilot.app.post_message(AppBlur())
        await seen(pilot, lambda: not pilot.app.app_focus and pilot.app.focused is None)
        await pilot.pause()
        assert detail_line(pilot) == before
        pilot.app.post_message(AppFocus())
        await seen(pilot, lambda: pilot.app.app_focus)
        await pilot.pause()
        assert detail_line(pilot) == before
