"""The link of a document: where it leads is shown before anything is opened."""

from uuid import UUID

import pytest

from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.payment_request import checked_terms
from tests.fakes import NOON, World
from tests.tui.conftest import contractor, manager, opened, seen, shown

LINK = "https://docs.example.org/invoices/81"


@pytest.mark.fault(
    kind="Look-alike letters in the host of a link and in a payee are warned about wherever these are typed or read.",
    mended="domain/doubts.py",
)
@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_look_alike_letters_are_said_where_a_link_is_read_and_before_it_is_opened(role: str) -> None:
    world, warning = World(), "⚠ The host of the link mixes scripts"
    terms = checked_terms("5", "EUR", "tea", document="https://pаypal.com/a", pay_to="PаyPal")
    world.put(request_payment(RequestPayment(UUID(int=1), "ada", terms), "PR-1", NOON))
    async with (contractor(world) if role == "contractor" else manager(world)).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await seen(pilot, lambda: warning in shown(pilot) and "⚠ The payee mixes scripts" in shown(pilot))
        await pilot.press("o")
        await seen(pilot, lambda: "Open a document at" in shown(pilot) and "а (U+0430)" in shown(pilot))


@pytest.mark.parametrize("role", ["contractor", pytest.param("manager", marks=pytest.mark.long)])
async def test_the_host_is_shown_before_a_document_is_opened(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for place, link in enumerate(("", LINK)):
        terms = checked_terms("5", "EUR", "tea", document=link)
        world.put(request_payment(RequestPayment(UUID(int=place + 1), "ada", terms), f"PR-{place}", NOON))
    app = contractor(world) if role == "contractor" else manager(world)
    went: list[str] = []
    monkeypatch.setattr(app, "open_url", went.append)
    async with app.run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("g" if table.rows[0].number == "PR-1" else "G", "enter", "o")
        await seen(pilot, lambda: "Open a document at docs.example.org?" in shown(pilot) and LINK in shown(pilot))
        await pilot.press("enter", "n")
        await seen(pilot, lambda: "Open a document" not in shown(pilot))
        assert not went
        await pilot.press("o", "y")
        await seen(pilot, lambda: went == [LINK])
        await pilot.press("q", "j", "k", "G" if table.rows[0].number == "PR-1" else "g", "enter", "o")
        await seen(pilot, lambda: "PR-0 has no document." in shown(pilot))
