"""What a desk tells is told whole: the end of a sentence is what to do."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from paydesk.cli.role_commands import with_unit
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.text import counted
from tests.fakes import World
from tests.tui.conftest import contractor, manager, opened, seen, shown
from tests.tui.test_manager_desk import of


def notices(pilot: Pilot[None]) -> str:
    """Return what the screen shows, as if its lines were wide enough."""
    return " ".join(shown(pilot).split())


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_long_refusal_goes_on_in_a_second_line(world: World, size: tuple[int, int]) -> None:
    async with manager(world).run_test(size=size) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "6 waiting" in shown(pilot) and "oldest" in shown(pilot))
        await pilot.pause()  # The list has given these lines away.
        lines = table.size.height
        request = world.requests[of(world, "PR-1002")]
        terms = checked_terms("99999", "EUR", "August retainer", reference=request.terms.reference or "")
        world.requests[request.id] = replace(request, version=2, revision=2, terms=terms)
        await pilot.press("a")
        whole = (
            "PR-1002 changed since you looked: it is at revision 2 by brno-cablage, 99,999.00 EUR, August retainer. "
            "Look at it again, then decide."
        )
        await seen(pilot, lambda: whole in notices(pilot))
        await pilot.press("j", "a")
        await seen(pilot, lambda: "✓ accepted PR-1003" in shown(pilot) and table.size.height == lines)


async def test_a_desk_does_not_tell_who_sits_there_to_be_another(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("m")
        await seen(pilot, lambda: len(table.rows) == 8)
        await pilot.press("g")
        assert table.current is not None and table.current.contractor != "ada"
        await pilot.press("w")
        await seen(pilot, lambda: "may change it." in notices(pilot))
        assert "--as" not in notices(pilot)


def test_one_is_one_and_a_time_has_its_unit() -> None:
    assert [counted(n, "request") for n in (0, 1, 2, 1024)] == [
        "0 requests",
        "1 request",
        "2 requests",
        "1,024 requests",
    ]
    assert (
        counted(1, "currency", "currencies") == "1 currency" and counted(2, "currency", "currencies") == "2 currencies"
    )
    assert [with_unit(typed) for typed in ("2", " 2.5 ", "2s", "5m")] == ["2 s", "2.5 s", "2s", "5m"]
