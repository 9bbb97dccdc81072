"""Looks: columns that never cut an amount, ASCII marks, terminals without colour, totals of many currencies."""

from datetime import timedelta
from uuid import UUID

import pytest
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import Theme

from paydesk.cli.options import LOOKS as LOOK_NAMES
from paydesk.contractor.app import ContractorApp
from paydesk.contractor.home import COLUMNS
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from paydesk.manager import columns
from paydesk.tui.table.columns import DESCRIPTION_CELLS, laid_out
from paydesk.tui.themes import THEMES
from tests.fakes import NOON, FakeContractorDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown

MOST = "9999999999999.99"


def put(world: World, place: int, amount: str, currency: str, who: str = "ada") -> None:
    terms = checked_terms(amount, currency, f"Asked for the time number {place}")
    command = RequestPayment(UUID(int=0x0199_0000_0000_7000_8000_0000_0000_1001 + place), who, terms)
    world.put(request_payment(command, f"PR-{100001 + place}", NOON - timedelta(minutes=place)))


@pytest.mark.parametrize("table", [COLUMNS, columns.inbox(lambda _: ())], ids=["home", "inbox"])
@pytest.mark.parametrize("width", [79, 80, 100, 130, 200])
def test_the_longest_amount_leaves_the_description_its_room(table: tuple[columns.Column, ...], width: int) -> None:
    needs = {"Amount": 20, "Request": 8}
    layout = {
        column.title: cells for column, cells in laid_out(table, width, lambda column: needs.get(column.title, 0))
    }
    assert layout["Amount"] == 20
    assert layout["Description"] >= DESCRIPTION_CELLS
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


async def test_esc_takes_away_what_was_typed_and_never_how_the_desk_opens(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        mine, typed = "4 requests   from:me (ada)", ("slash", *"cur:EUR", "enter")
        for keys, wanted in (
            (("escape",), mine),
            (typed, "2 requests   from:me cur:EUR"),
            (("escape",), mine),
            (("m",), "8 requests   everyone"),
            (("escape",), mine),
        ):
            await pilot.press(*keys)
            await seen(pilot, lambda wanted=wanted: wanted in shown(pilot))  # type: ignore[misc]


@pytest.mark.long
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
            ("2",),
            ("1",),
            ("x" if role == "manager" else "n",),
        ):
            await pilot.press(*keys)
            await pilot.pause()
            text = painted(pilot)
            assert text.isascii(), sorted({char for char in text if not char.isascii()})


async def test_the_look_is_the_one_that_was_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [look.name for look in THEMES] == [f"paydesk-{name}" for name in LOOK_NAMES]
    for named, environment, expected in (
        ("", {}, "paydesk-dusk"),
        ("", {"PAYDESK_THEME": "contrast"}, "paydesk-contrast"),
        ("paper", {"PAYDESK_THEME": "contrast"}, "paydesk-paper"),
        ("", {"TEXTUAL_THEME": "nord"}, "nord"),
    ):
        for name in ("PAYDESK_THEME", "TEXTUAL_THEME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert ContractorApp(lambda: FakeContractorDesk(world), now=world.clock, look=named).theme == expected


async def test_a_look_that_is_not_there_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYDESK_THEME", "sepia")
    app = contractor(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: [*app._notifications])
        (notice,) = app._notifications
        assert notice.message == "There is no look of that name; there are dusk, paper and contrast."
    assert app.theme == "paydesk-dusk"


@pytest.mark.parametrize("look", THEMES, ids=lambda look: str(look.name))
def test_every_word_can_be_read(look: Theme) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 between text and what is behind it; 7 to 1 for the look with high contrast (1.4.6)."""
    least = 7.0 if "contrast" in look.name else 4.5
    for behind in (look.background, look.surface, look.panel):
        for text in (look.foreground, look.secondary, look.accent, look.error, look.success):
            assert behind and text
            assert contrast_ratio(Color.parse(behind), Color.parse(text)) >= least, (look.name, text, behind)


def contrast_ratio(one: Color, other: Color) -> float:
    """Return the contrast of two colors, as WCAG 2.2 defines it: 1 for none, 21 for black and white."""
    dark, light = sorted(map(relative_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def relative_luminance(color: Color) -> float:
    """Return how light a color is, as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
