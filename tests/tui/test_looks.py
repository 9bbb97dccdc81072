"""Looks: columns that never cut an amount, ASCII marks, terminals without colour, totals of many currencies."""

from datetime import timedelta
from uuid import UUID

import pytest
from textual.color import Color
from textual.pilot import Pilot

from paydesk.contractor.home import COLUMNS
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.manager import columns
from paydesk.tui.columns import ROOM, laid_out
from tests.fakes import NOON, World
from tests.tui.conftest import contractor, manager, opened, seen, shown

MOST = "9999999999999.99"


def put(world: World, place: int, amount: str, currency: str, who: str = "ada") -> None:
    terms = checked_terms(amount, currency, f"Asked for the time number {place}")
    command = RequestPayment(UUID(int=0x0199_0000_0000_7000_8000_0000_0000_1001 + place), who, terms)
    world.put(request_payment(command, f"PR-{100001 + place}", NOON - timedelta(minutes=place)))


@pytest.mark.parametrize("table", [COLUMNS, columns.INBOX], ids=["home", "inbox"])
@pytest.mark.parametrize("width", [79, 80, 100, 130, 200])
def test_the_longest_amount_leaves_the_description_its_room(table: tuple[columns.Column, ...], width: int) -> None:
    needs = {"Amount": 20, "Request": 8}
    layout = {
        column.title: cells for column, cells in laid_out(table, width, lambda column: needs.get(column.title, 0))
    }
    assert layout["Amount"] == 20
    assert layout["Description"] >= ROOM
    assert sum(layout.values()) + len(layout) - 1 + 3 <= width


async def test_the_largest_amount_is_shown_whole_on_both_desks_at_80_columns() -> None:
    world = World()
    put(world, 0, MOST, "EUR")
    for app in (contractor(world), manager(world)):
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot)
            await seen(pilot, lambda: "9,999,999,999,999.99 EUR" in shown(pilot))
            assert "Asked for the time" in shown(pilot)


async def test_every_currency_of_a_total_is_shown_or_counted() -> None:
    world = World()
    for place, currency in enumerate(("EUR", "USD", "JPY", "KWD", "CHF")):
        put(world, place, "1000", currency)
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "and 3 more currencies" in shown(pilot))
    async with contractor(world).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "and 2 more currencies" in shown(pilot))


async def test_esc_takes_the_filter_away_once_and_m_brings_it_back(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        for key, wanted in (("escape", "everyone"), ("escape", "everyone"), ("m", "from:me (ada)")):
            await pilot.press(key)
            await seen(pilot, lambda wanted=wanted: wanted in shown(pilot))  # type: ignore[misc]
        assert "everyone" not in shown(pilot)


@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_ascii_terminals_get_ascii_alone(monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv("PAYDESK_ASCII", "1")
    world = World()
    put(world, 0, "12.50", "EUR")

    def painted(pilot: Pilot[None]) -> str:
        marks = pilot.app.get_line_filters()[-1]
        strips = pilot.app.screen._compositor.render_strips()
        return "\n".join(strip.apply_filter(marks, Color(0, 0, 0)).text for strip in strips)

    app = contractor(world) if role == "contractor" else manager(world)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        for keys in (
            (),
            ("enter",),
            ("escape",),
            ("question_mark",),
            ("escape",),
            ("x" if role == "manager" else "n",),
        ):
            await pilot.press(*keys)
            await pilot.pause()
            text = painted(pilot)
            assert text.isascii(), sorted({char for char in text if not char.isascii()})
