"""The warning that a request looks like another: before it is sent, and before it is approved."""

from datetime import timedelta
from uuid import UUID

import pytest

from paydesk.contractor.form import RequestForm
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.tui.screens.detail import DetailScreen
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import Clock, contractor, manager, opened, seen, shown


def again(world: World) -> None:
    """Have the second request asked for once more, a day later, with its reference."""
    terms = checked_terms("18400", "EUR", "August retainer, once more", reference="R-1")
    command = RequestPayment(UUID(int=77), "Brno-Cablage", terms)
    world.put(request_payment(command, "PR-1077", world.now - timedelta(days=3)))


async def test_a_row_says_which_other_it_looks_like_and_the_detail_says_why(world: World) -> None:
    again(world)
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "⚠ like PR-1077 · August retainer" in shown(pilot))
        await pilot.press("enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        await seen(pilot, lambda: "⚠ Looks like PR-1077 (pending)" in shown(pilot))
        assert "reference R-1" in shown(pilot)


async def test_a_row_that_comes_later_is_compared_too(world: World) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        again(world)
        await seen(pilot, lambda: "⚠ like PR-1002" in shown(pilot) or "⚠ like PR-1077" in shown(pilot))


async def test_the_question_before_many_names_those_that_look_alike(world: World) -> None:
    again(world)
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "a")
        await seen(pilot, lambda: "⚠ PR-1002 looks like PR-1077 (pending)" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: len(world.holds) == 2)


@pytest.mark.fault(
    kind="What is shown to be decided is what the next key decides, also when it changes while it is asked about.",
    mended="manager/dialogs/bulk.py",
)
async def test_the_question_before_many_names_what_comes_to_look_alike_while_it_stands(world: World) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "a")
        await seen(pilot, lambda: "y approve 2" in shown(pilot) and "looks like" not in shown(pilot))
        again(world)
        await seen(pilot, lambda: "⚠ PR-1002 looks like PR-1077 (pending)" in shown(pilot))


@pytest.mark.parametrize("way", [[], ["enter"]], ids=["list", "detail"])
async def test_approving_what_looks_like_another_says_so_first_and_a_second_key_approves(
    world: World, way: list[str]
) -> None:
    again(world)
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "⚠ like PR-1077" in shown(pilot))
        await pilot.press(*way, "a")
        warning = "⚠ PR-1002 looks like PR-1077 (pending): same amount and reference R-1. a again approves it."
        await seen(pilot, lambda: warning in " ".join(shown(pilot).split()))
        assert not world.holds and table.current is not None and table.current.number == "PR-1002"
        await pilot.press("a")
        await seen(pilot, lambda: len(world.holds) == 1 and table.current and table.current.number == "PR-1003")
        await pilot.press(*(["escape"] if way else []), "a")
        await seen(pilot, lambda: len(world.holds) == 2)


async def test_what_was_told_of_one_is_told_again_after_the_cursor_was_elsewhere(world: World) -> None:
    clock = Clock(step_s=0.0)
    again(world)
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "⚠ like PR-1077" in shown(pilot))
        clock.now += 1
        for way, wait_s in (([], 1.0), (["j", "k"], 0.3), ([], 0.1)):
            await pilot.press(*way, "a")
            await seen(pilot, lambda: "a again approves it." in " ".join(shown(pilot).split()))
            assert not world.holds
            clock.now += wait_s
        await pilot.press("x", "1")
        await seen(pilot, lambda: len(world.holds) == 1)


@pytest.mark.long
async def test_sending_what_looks_like_another_asks_first(world: World) -> None:
    desk = FakeContractorDesk(world, "studio-nord")
    async with contractor(world, desk=desk).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("n", *"150000", "tab")
        field = pilot.app.screen.query_one("#currency")
        field.value = "JPY"  # type: ignore[attr-defined]
        await pilot.press("tab", *"photos", "tab")
        await seen(pilot, lambda: "You ask for" in shown(pilot) and "150,000 JPY" in shown(pilot))
        await seen(pilot, lambda: "⚠ Looks like PR-1006 (pending)" in shown(pilot))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Ask for this again?" in shown(pilot))
        await pilot.press("escape")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "looks like PR-1006 (pending): same amount, 2 days apart" in shown(pilot))
        count = len(world.requests)
        await pilot.press("y")
        await seen(pilot, lambda: len(world.requests) == count + 1)
