"""The form of a request: what it says of a field, what it keeps, and how one goes from field to field."""

from dataclasses import replace

import pytest
from textual.events import Paste
from textual.widgets import Input

from paydesk.contractor.form import RequestForm
from paydesk.domain.money import Money
from paydesk.tui.app import MAX_PASTED
from tests.fakes import World
from tests.tui.conftest import contractor, opened, seen, shown


@pytest.mark.long
async def test_a_due_date_that_is_past_is_warned_about_under_its_field_and_in_the_preview_and_is_sent(
    world: World,
) -> None:
    async with contractor(world).run_test(size=(80, 30)) as pilot:
        table = await opened(pilot)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press(*"9", "tab", *"EUR", "tab", *"late", "tab", "tab", *"2020-01-31", "tab")
        await seen(pilot, lambda: shown(pilot).count("⚠ The due date 2020-01-31 is past.") == 2)
        today = f"{world.now:%Y-%m-%d}"
        await pilot.press("shift+tab", "ctrl+u", *today, "tab")
        await seen(pilot, lambda: today in shown(pilot) and "is past" not in shown(pilot))
        await pilot.press("shift+tab", "ctrl+u", *"2020-01-31", "ctrl+s")
        await seen(pilot, lambda: len(table.rows) == 5)
        assert table.rows[0].terms is not None and str(table.rows[0].terms.due_date) == "2020-01-31"


async def test_what_was_wrong_with_a_field_is_no_longer_said_when_it_is_right(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n", *"1,5", "tab")
        await seen(pilot, lambda: "Write 1.5: the point separates decimals" in shown(pilot))
        await pilot.press("shift+tab", "ctrl+u", *"1.5")
        await seen(pilot, lambda: "the point separates" not in shown(pilot))


async def test_that_a_draft_is_kept_stands_apart_from_the_order(world: World) -> None:
    async with contractor(world, "a-name-that-is-long").run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "from:me (a-name-that-is-long)   newest first" in shown(pilot))
        await pilot.press("n", "9", "escape")
        await seen(pilot, lambda: "newest first" in shown(pilot) and "draft kept" in shown(pilot))
        line = next(line for line in shown(pilot).splitlines() if "newest first" in line)
        assert "newest first   " in line and line.endswith("draft kept")
        await pilot.resize_terminal(100, 30)
        await seen(pilot, lambda: "draft kept, n resumes it" in shown(pilot))


@pytest.mark.long
async def test_a_form_as_it_was_opened_leaves_no_draft_and_what_was_kept_before_it_stays(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("enter", "n")
        await seen(pilot, lambda: "Photo set for brochure" in shown(pilot) and "new request" in shown(pilot))
        await pilot.press("escape", "q")
        await seen(pilot, lambda: "from:me" in shown(pilot))
        assert "draft kept" not in shown(pilot)
        await pilot.press("n", "7", "escape")
        await seen(pilot, lambda: "draft kept" in shown(pilot))
        await pilot.press("enter", "n", "end", "9", "backspace", "escape", "q", "n")
        await seen(pilot, lambda: "new request" in shown(pilot))
        assert pilot.app.screen.query_one("#amount", Input).value == "7"
        await pilot.press("backspace", "escape")
        await seen(pilot, lambda: "from:me" in shown(pilot) and "draft kept" not in shown(pilot))


async def test_the_arrows_go_from_field_to_field_and_the_help_says_so(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n", *"7", "down", "down", *"by arrow", "up", "up", "end", *"5")
        await seen(pilot, lambda: "75.00" in shown(pilot) and "by arrow" in shown(pilot))
        await pilot.press("up")
        assert pilot.app.focused is not None and pilot.app.focused.id == "send", "round, as with tab"
        await pilot.press("f1")
        await seen(pilot, lambda: "tab ↓" in shown(pilot) and "Field before, as shift+tab" in shown(pilot))


@pytest.mark.long
@pytest.mark.fault(
    kind="What looks like an IBAN is checked, and the form and the command line say what is wrong with it.",
    mended="domain/iban.py",
)
async def test_a_wrong_account_number_is_warned_about_under_its_field_and_is_sent(world: World) -> None:
    async with contractor(world).run_test(size=(80, 30)) as pilot:
        table = await opened(pilot)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        await pilot.press(*"9", "tab", *"EUR", "tab", *"logo", "tab", "tab", "tab", "tab", *"BE86539007547034", "tab")
        await seen(pilot, lambda: shown(pilot).count("⚠ The check digits of this IBAN do not fit") == 2)
        await pilot.press("shift+tab", "ctrl+u", *"BE68539007547034", "tab")
        await seen(pilot, lambda: "BE68539007547034" in shown(pilot) and "check digits" not in shown(pilot))
        await pilot.press("shift+tab", "ctrl+u", *"BE86539007547034", "ctrl+s")
        await seen(pilot, lambda: len(table.rows) == 5)
        assert table.rows[0].terms is not None and table.rows[0].terms.pay_to == "BE86539007547034"


@pytest.mark.fault(
    kind="What was not typed is kept as it is, also a currency that ISO 4217 has no more.",
    mended="domain/payment_request.py",
)
async def test_the_form_keeps_a_retired_currency_of_what_is_revised_and_refuses_it_for_a_new_request(
    world: World,
) -> None:
    (request,) = [candidate for candidate in world.requests.values() if "brochure" in candidate.terms.description]
    retired = replace(request.terms, money=Money(120000, "HRK", 2))
    world.put(replace(request, terms=retired, version=request.version + 1))
    async with contractor(world).run_test(size=(100, 36)) as pilot:
        table = await opened(pilot)
        await pilot.press("enter", "n")
        await seen(pilot, lambda: "✗ HRK is no currency of ISO 4217" in shown(pilot))
        await pilot.press("escape", "e")
        await seen(pilot, lambda: "revise" in shown(pilot) and "1,200.00 HRK" in shown(pilot))
        await pilot.press("tab", "tab", "end", *" by May", "ctrl+s")
        await seen(pilot, lambda: world.requests[request.id].terms.description.endswith(" by May"))
        assert world.requests[request.id].terms.money == retired.money
        await pilot.press("escape")
        assert table.rows


@pytest.mark.fault(kind="A paste of any length leaves the desk quick to answer.", mended="tui/app.py")
@pytest.mark.parametrize("way", [["n", "tab", "tab"], ["slash"]], ids=["form", "filter"])
async def test_of_a_paste_no_more_is_taken_than_makes_any_field_too_long(world: World, way: list[str]) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press(*way)
        await seen(pilot, lambda: isinstance(pilot.app.focused, Input))
        pilot.app.post_message(Paste("a log\n" * 500_000))
        field = pilot.app.focused
        assert isinstance(field, Input)
        before = field.value
        await seen(pilot, lambda: field.value != before)
        assert 2048 < len(field.value) <= len(before) + MAX_PASTED
        await pilot.press("enter")
        await seen(pilot, lambda: "too long" in shown(pilot))
