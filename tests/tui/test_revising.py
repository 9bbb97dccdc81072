"""What was typed to revise a request outlives a database that does not answer."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from paydesk.contractor.form import RequestForm
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import contractor, opened, seen, shown
from tests.tui.test_manager_desk import accepted_by_zoe, of

KEPT = pytest.mark.fault(
    kind="What was typed to revise a request is there again after a failure that wrote nothing.",
    mended="contractor/actions.py",
)


def typed(pilot: Pilot[None], name: str) -> str:
    return pilot.app.screen.query_one(f"#{name}", Input).value


async def revising(pilot: Pilot[None], *first: str) -> None:
    """Open the form of PR-1007, and change amount and description."""
    await opened(pilot)
    await pilot.press(*first, "e")
    await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm) and "It becomes" in shown(pilot))
    await pilot.press("home", "1", "tab", "tab", "end", *" by May")


@KEPT
@pytest.mark.parametrize("first", [(), ("enter",)], ids=["list", "detail"])
async def test_a_lost_database_keeps_what_was_typed_of_a_revision_and_it_is_sent_once(
    world: World, first: tuple[str, ...]
) -> None:
    desk = FakeContractorDesk(world)
    async with contractor(world, desk=desk).run_test(size=(100, 30)) as pilot:
        await revising(pilot, *first)
        world.down = True
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Your draft is kept; ^s tries again." in shown(pilot), 10)
        assert typed(pilot, "amount") == "12400.00" and typed(pilot, "description").endswith(" by May")
        assert "It becomes" in shown(pilot) and "revise PR-1007" in shown(pilot)
        world.down = False
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 is revised: revision 2, 12,400.00 EUR" in shown(pilot))
        assert world.requests[of(world, "PR-1007")].terms.description.endswith(" by May") and len(desk.keys) == 1


@KEPT
async def test_what_became_of_a_request_meanwhile_is_seen_in_the_form_that_opens_again(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        world.down = True
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Your draft is kept; ^s tries again." in shown(pilot), 10)
        accepted_by_zoe(world, "PR-1007")
        world.down = False
        await seen(pilot, lambda: "⚠ PR-1007 is accepted and cannot be" in shown(pilot))
        assert typed(pilot, "amount") == "12400.00"


@KEPT
async def test_what_is_refused_about_the_request_itself_is_said_and_opens_no_form(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        accepted_by_zoe(world, "PR-1007")  # Which this desk has not heard of yet.
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 is accepted and cannot be revised." in shown(pilot))
        assert not isinstance(pilot.app.screen, RequestForm)


ASKED = pytest.mark.fault(
    kind="Before what was typed is lost it is asked whether that is meant; where nothing was typed, nothing is asked.",
    mended="contractor/form.py",
)


@ASKED
@pytest.mark.parametrize("key", ["escape", "ctrl+x"])
async def test_a_form_that_revises_is_left_after_y_where_something_was_changed(world: World, key: str) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        await pilot.press(key)
        await seen(pilot, lambda: "Discard what you typed?" in shown(pilot), 10)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        assert typed(pilot, "amount") == "12400.00"
        await pilot.press(key, "y")
        await seen(pilot, lambda: len(pilot.app.screen_stack) == 1)


@ASKED
@pytest.mark.parametrize("keys", [("n",), ("e",), ("enter", "n"), ("e", "end", "1", "backspace")], ids=str)
async def test_a_form_in_which_nothing_was_typed_is_left_without_a_question(
    world: World, keys: tuple[str, ...]
) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        for key in ("ctrl+x", "escape"):
            await pilot.press(*keys)
            await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm) and pilot.app.focused is not None)
            await pilot.press(key)
            await seen(pilot, lambda: not isinstance(pilot.app.screen, RequestForm))
            assert "Discard" not in shown(pilot) and "draft kept" not in shown(pilot)
            await pilot.press("escape")


@ASKED
async def test_a_draft_that_was_resumed_and_stays_as_it_was_is_kept(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("n", "7", "escape", "n", "end", "9", "backspace", "escape")
        await seen(pilot, lambda: "draft kept, n resumes it" in shown(pilot), 10)
        await pilot.press("n", "ctrl+x")
        await seen(pilot, lambda: "Discard what you typed?" in shown(pilot), 10)
