"""The warning that a request looks like another: before it is sent, and before it is approved."""

from datetime import timedelta
from uuid import UUID

import pytest

from paydesk.contractor.forms import RequestForm
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.tui.detail import DetailScreen
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown


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
