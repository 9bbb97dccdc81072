"""The cursor goes to what was just asked for or changed, wherever filter and order put it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from textual.pilot import Pilot

from paydesk.contractor.form import RequestForm
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.query import Sort
from paydesk.tui.screens.detail import DetailScreen
from paydesk.tui.table.request_table import RequestTable
from tests.fakes import World
from tests.tui.conftest import contractor, opened, seen, shown

HOTEL = (*"10", "tab", "ctrl+u", *"EUR", "tab", "ctrl+u", *"hotel", "ctrl+s")


def many(world: World) -> World:
    """Put 300 requests of ada's, of 1,000 to 1,299 EUR, before the others."""
    for place in range(300):
        terms = checked_terms(f"{1000 + place}", "EUR", f"task {place}")
        at = world.now - timedelta(days=30) + timedelta(minutes=place)
        asked = request_payment(RequestPayment(UUID(int=10_000 + place), "ada", terms), f"PR-{2000 + place}", at)
        world.requests[asked.id] = asked
    return world


def under(table: RequestTable) -> str:
    """Return what the request under the cursor is for."""
    return table.current.terms.description if table.current is not None and table.current.terms else ""


async def sorted_by(pilot: Pilot[None], order: Sort) -> None:
    """Press ``s`` until the list has this order, and wait until it is shown."""
    while order not in shown(pilot):
        await pilot.press("s")
        await pilot.pause()


async def form(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, the last of which opens the form."""
    await pilot.press(*keys)
    await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))


@pytest.mark.long
@pytest.mark.parametrize("order", Sort)
async def test_what_was_asked_for_is_followed_to_wherever_the_order_puts_it(world: World, order: Sort) -> None:
    async with contractor(many(world)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await sorted_by(pilot, order)
        first = order in (Sort.NEWEST, Sort.SMALLEST, Sort.DECIDED)
        await form(pilot, "G" if first else "g", "n")
        await pilot.press(*HOTEL)
        await seen(pilot, lambda: under(table) == "hotel" and "▸" in shown(pilot))
        await seen(pilot, lambda: not (table.edges.above if first else table.edges.below))
        await pilot.press(*("j", "k") if first else ("k", "j"))
        await seen(pilot, lambda: under(table) == "hotel")


@pytest.mark.long
async def test_what_lands_amid_many_has_its_neighbours_around_it(world: World) -> None:
    async with contractor(many(world)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await sorted_by(pilot, Sort.LARGEST)
        await form(pilot, "g", "n")
        await pilot.press(*"1100.50", *HOTEL[2:])
        await seen(pilot, lambda: under(table) == "hotel" and "▸ PR-1309" in shown(pilot))
        await pilot.press("k")
        await seen(pilot, lambda: under(table) == "task 101" and "  PR-1309" in shown(pilot))
        await pilot.press("j", "j")
        await seen(pilot, lambda: under(table) == "task 100")


@pytest.mark.long
async def test_a_hand_that_moves_on_is_not_held(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await form(pilot, "G", "n")
        await pilot.press(*HOTEL)
        await seen(pilot, lambda: under(table) == "hotel")
        await pilot.press("j")
        world.tell()
        await pilot.pause()
        assert under(table) == "Photo set for brochure"


async def test_what_was_revised_is_followed(world: World) -> None:
    async with contractor(many(world)).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await sorted_by(pilot, Sort.LARGEST)
        await pilot.press("g")
        await seen(pilot, lambda: under(table) == "Photo set for brochure")
        await form(pilot, "e")
        await pilot.press("ctrl+u", *"5", "ctrl+s")
        await seen(pilot, lambda: "PR-1007 is revised: revision 2, 5.00 EUR." in shown(pilot))
        await seen(pilot, lambda: under(table) == "Photo set for brochure" and "▸ PR-1007" in shown(pilot))
        await seen(pilot, lambda: not table.edges.below)


async def test_new_like_this_goes_on_with_the_new_one_and_so_does_the_list(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("G", "enter")
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen) and "PR-1001" in shown(pilot))
        await form(pilot, "n")
        await pilot.press(*HOTEL)
        await seen(pilot, lambda: isinstance(pilot.app.screen, DetailScreen) and "hotel" in shown(pilot))
        await seen(pilot, lambda: "PR-1009 asks for 10.00 EUR." in shown(pilot) and "PR-1001" not in shown(pilot))
        await pilot.press("q")
        await seen(pilot, lambda: under(table) == "hotel" and "▸ PR-1009" in shown(pilot))


@pytest.mark.long
async def test_what_the_filter_hides_is_said_and_the_key_that_shows_it_goes_there(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *"cur:USD", "enter")
        await seen(pilot, lambda: len(table.rows) == 1)
        await form(pilot, "n")
        await pilot.press(*HOTEL)
        await seen(pilot, lambda: "PR-1009 asks for 10.00 EUR; the filter hides it, m shows it." in shown(pilot))
        assert [row.number for row in table.rows] == ["PR-1003"]
        await pilot.press("m")
        await seen(pilot, lambda: under(table) == "hotel")


@pytest.mark.long
@pytest.mark.parametrize(
    ("keys", "notice"),
    [
        (("e", "ctrl+u", *"7", "ctrl+s"), "PR-1007 is revised; the filter hides it, m shows it."),
        (("w", "y"), "PR-1007 is withdrawing; the filter hides it, m shows it."),
    ],
    ids=["revised", "withdrawing"],
)
async def test_what_a_change_takes_out_of_the_filter_is_said_too(
    world: World, keys: tuple[str, ...], notice: str
) -> None:
    world.queued.update(world.requests)
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *"status:pending", "space", "a", "m", "t", "greater_than_sign", *"1000", "enter")
        await seen(pilot, lambda: table.current and table.current.number == "PR-1007" and len(table.rows) < 4)
        await pilot.press(*keys)
        await seen(pilot, lambda: notice in shown(pilot))
        await seen(pilot, lambda: all(row.number != "PR-1007" for row in table.rows))


@pytest.mark.long
async def test_a_decision_that_makes_it_fit_later_moves_nobody(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *"amt", "less_than_sign", *"400", "enter")
        await seen(pilot, lambda: len(table.rows) == 2)
        await form(pilot, "n")
        await pilot.press("ctrl+u", *"500", "tab", "ctrl+u", *"EUR", "tab", *"hotel", "ctrl+s")
        await seen(pilot, lambda: "the filter hides it" in shown(pilot))
        asked, before = (
            next(request for request in world.requests.values() if request.number == "PR-1009"),
            table.current,
        )
        world.put(replace(asked, version=2, revision=2, terms=checked_terms("5", "EUR", "hotel")))
        await seen(pilot, lambda: any(row.number == "PR-1009" for row in table.rows))
        assert before and table.current and table.current.id == before.id
