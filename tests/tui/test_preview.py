"""The pane beside the manager's list."""

from dataclasses import replace
from uuid import UUID

import pytest

from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.copy import RequestDetail, Step
from paydesk.domain.payment_request import checked_terms
from paydesk.tui.screens.detail import DetailScreen
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import manager, opened, seen, shown
from tests.tui.test_alike import again
from tests.tui.test_manager_desk import of


class Remembering(FakeManagerDesk):
    """Tells of a revision before the one that the world knows."""

    def detail(self, request_id: UUID) -> RequestDetail:
        detail = super().detail(request_id)
        asked = detail.copy.request
        if asked is None or asked.revision == 1:
            return detail
        old = checked_terms("18000", "EUR", asked.terms.description)
        first = Step(asked.requested_at, "requested", asked.contractor, 1, "", old.money, terms=old)
        return replace(detail, timeline=(first, replace(detail.timeline[0], kind="revised", revision=2)))


async def test_p_shows_the_contractors_last_days_what_looks_alike_and_what_the_revision_changed(world: World) -> None:
    again(world)
    request = world.requests[of(world, "PR-1002")]
    world.requests[request.id] = replace(request, version=2, revision=2)
    async with manager(world, desk=Remembering(world)).run_test(size=(110, 30)) as pilot:
        await opened(pilot)
        assert "last 90 days" not in shown(pilot)
        await pilot.press("p")
        await seen(pilot, lambda: "brno-cablage, last 90 days" in shown(pilot))
        text = shown(pilot)
        assert "◦ pending       2" in text and "36,800.00 EUR" in text and "✓ accepted      0" in text
        assert "⚠ Looks like PR-1077 (pending)" in text
        assert "amount 18,000.00 EUR →" in text
        await pilot.press("j")
        await seen(pilot, lambda: "ada, last 90 days" in shown(pilot) and "✓ accepted      1" in shown(pilot))
        await pilot.press("space", "escape")
        await seen(pilot, lambda: "┃" not in shown(pilot))
        await seen(pilot, lambda: "last 90 days" in shown(pilot))
        await pilot.press("escape")
        await seen(pilot, lambda: "last 90 days" not in shown(pilot))
        await pilot.press("p")
        await seen(pilot, lambda: "last 90 days" in shown(pilot))
        await pilot.press("p")
        await seen(pilot, lambda: "last 90 days" not in shown(pilot))


async def test_it_stands_by_itself_on_a_wide_terminal_and_comes_and_goes_with_the_width(world: World) -> None:
    async with manager(world).run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "brno-cablage, last 90 days" in shown(pilot))
        await pilot.resize_terminal(120, 36)
        await seen(pilot, lambda: "last 90 days" not in shown(pilot))
        await pilot.press("p")
        await seen(pilot, lambda: "last 90 days" in shown(pilot))
        await pilot.resize_terminal(80, 24)
        await seen(pilot, lambda: "last 90 days" not in shown(pilot))


async def test_without_room_p_opens_the_request(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("p")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen))


RENEWED = pytest.mark.fault(
    kind="What is shown beside a row is of now: it is read again when something changes, and by the key that reloads.",
    mended="manager/preview.py",
)


@RENEWED
@pytest.mark.parametrize("way", ["a hint", "r"])
async def test_the_last_ninety_days_are_counted_again_while_the_cursor_stays(world: World, way: str) -> None:
    async with manager(world).run_test(size=(160, 45)) as pilot:
        table = await opened(pilot)
        name = table.rows[0].contractor
        await seen(pilot, lambda: f"{name}, last 90 days" in shown(pilot) and "◦ pending       1" in shown(pilot), 20)
        listeners = list(world.listeners)
        if way == "r":
            world.listeners.clear()
        for place in range(2):
            terms = checked_terms("3", "EUR", f"again {place}")
            command = RequestPayment(UUID(int=900 + place), name, terms)
            world.put(request_payment(command, f"PR-{2000 + place}", world.now))
        if way == "r":
            await pilot.press("r")
        await seen(pilot, lambda: "◦ pending       3" in shown(pilot), 20)
        assert table.current is not None and table.current.contractor == name
        world.listeners.extend(listeners)
