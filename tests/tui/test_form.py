"""The form of a request: what it says of a field, what it keeps, and how one goes from field to field."""

from paydesk.contractor.forms import RequestForm
from tests.fakes import World
from tests.tui.conftest import contractor, opened, seen, shown


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
