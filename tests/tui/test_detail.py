"""One request in full: it is scrolled like the list; what lapsed or was withdrawn is said before anyone opens it."""

from dataclasses import replace

import pytest

from paydesk.domain.commands import Approve, confirm_withdrawal, decide
from paydesk.domain.payment_request import checked_terms
from paydesk.tui.screens.detail import DetailScreen
from tests.fakes import World
from tests.tui.conftest import contractor, opened, seen, shown


async def test_the_detail_scrolls_by_lines_screenfuls_and_to_both_ends(world: World) -> None:
    async with contractor(world).run_test(size=(60, 12)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))
        body = pilot.app.screen.query_one("#detail-body")
        await seen(pilot, lambda: body.max_scroll_y > 4)
        for key, where in (("G", body.max_scroll_y), ("g", 0), ("ctrl+d", body.size.height - 2), ("ctrl+u", 0)):
            await pilot.press(key)
            await seen(pilot, lambda where=where: body.scroll_y == min(where, body.max_scroll_y))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("withdrawn", "late"), [(False, "revision 2"), (True, "revision 2 and the withdrawal")], ids=["revised", "both"]
)
async def test_what_lapses_is_said_in_a_line(world: World, withdrawn: bool, late: str) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        request = table.rows[0].request
        assert request is not None
        first = decide(Approve(request.id, "bo", 1, request.terms.hash), request, None, world.now, world.now)
        assert first is not None
        more = checked_terms("1250", "EUR", "August retainer")
        world.put(replace(request, version=3, revision=2, terms=more, withdrawal_asked=withdrawn))
        await seen(pilot, lambda: "1,250.00 EUR" in shown(pilot))
        world.decisions[request.id] = first
        world.tell(request.id)
        await seen(pilot, lambda: f"{request.number} was accepted; {late} came too late and lapsed." in shown(pilot))


async def test_a_withdrawal_that_is_confirmed_is_said_in_a_line_and_only_then(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("w", "y")
        await seen(pilot, lambda: "withdrawing: the manager's side has to confirm it." in shown(pilot))
        request = table.rows[0].request
        assert request is not None and "confirmed" not in shown(pilot)
        world.decisions[request.id] = confirm_withdrawal(request, None, world.now, world.now)
        world.tell(request.id)
        await seen(pilot, lambda: f"{request.number} is withdrawn, confirmed." in shown(pilot))
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "withdrawn" in shown(pilot))
        assert "confirmed" not in shown(pilot)  # It was so when the desk opened.
