"""What a list comes to: ages and sums of all that the filter shows, on lines that never cut an amount."""

from datetime import timedelta
from uuid import UUID

import pytest
from textual.pilot import Pilot

from paydesk.cli.demo import story
from paydesk.domain.ageing import Ageing
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.copy import StatusTotal
from paydesk.domain.money import Money
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.tui.table.window import PAGE
from paydesk.tui.widgets.summary import ageing_parts, flowed, status_lines
from tests.fakes import NOON, World
from tests.tui.conftest import contractor, manager, opened, seen, shown

MOST = Money(10**21 - 1, "EUR", 2)
WIDTHS = range(40, 161)


def line(pilot: Pilot[None], words: str) -> str:
    """Return the line of the screen that has these words, or an empty one."""
    return next((line for line in shown(pilot).splitlines() if words in line), "").strip()


async def test_both_desks_tell_ages_and_sums_of_what_the_filter_shows(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "oldest" in shown(pilot))
        assert line(pilot, "oldest") == "under 1 d: 1   1–3 d: 2   3–7 d: 3   over 7 d: 0   oldest 5 d"
        sums = "◦ pending     6   28,780.00 EUR   150,000 JPY   640.000 KWD   312.45 USD"
        assert line(pilot, "◦ pending") == sums
        await pilot.press("d")
        await seen(pilot, lambda: "✓ accepted    1   1,250.00 EUR" in shown(pilot) and "2 decided" in shown(pilot))
        await seen(pilot, lambda: line(pilot, "✗ rejected    1") == "✗ rejected    1      96.10 GBP")
        assert not line(pilot, "oldest")
        assert "2 decided   last decided first" in shown(pilot) and "d inbox" in shown(pilot)
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        mine = "under 1 d: 0   1–3 d: 1   3–7 d: 1   over 7 d: 0   oldest 4 d"
        await seen(pilot, lambda: line(pilot, "oldest") == mine)
        await pilot.press("slash", *" age<2d", "enter")
        await seen(pilot, lambda: line(pilot, "oldest").endswith("over 7 d: 0   oldest 1 d"))


async def test_the_oldest_is_of_the_whole_list_and_not_of_the_rows_that_are_held() -> None:
    world = World()
    for place in range(PAGE + 20):
        terms = checked_terms("1", "EUR", f"number {place}")
        asked = request_payment(RequestPayment(UUID(int=place + 1), "ada", terms), f"PR-{place}", NOON)
        world.requests[asked.id] = request_payment(
            RequestPayment(asked.id, "ada", terms), asked.number or "", NOON - timedelta(hours=2 * place)
        )
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "oldest 9 d" in shown(pilot))
        assert len(table.rows) == PAGE, "newest first, so the oldest is not among them"
        assert line(pilot, "oldest") == "under 1 d: 12   1–3 d: 24   3–7 d: 48   over 7 d: 36   oldest 9 d"


@pytest.mark.long
async def test_withdrawn_requests_are_in_the_totals_too(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "j", "w", "y")
        await seen(pilot, lambda: line(pilot, "↶ withdrawn  ").startswith("↶ withdrawn   1   312.45 USD"))


@pytest.mark.parametrize("large", [MOST, Money(5, "JPY", 0)])
def test_an_amount_is_shown_whole_or_counted(large: Money) -> None:
    sums = (large, Money(12_345, "KWD", 3), Money(99, "USD", 2), Money(7, "XAF", 0))
    total = StatusTotal(Status.WITHDRAWING, 1_234_567, sums)
    for width in WIDTHS:
        text = status_lines([total], width).plain
        whole = [money for money in sums if str(money) in text]
        missing = len(sums) - len(whole)
        assert len(text) <= width and "1,234,567" in text
        others = more(missing) if whole else f"in {missing} currencies"
        assert (others in text) is bool(missing) or width < len(others) + 26
        assert not any(char.isdigit() for char in _without(text, whole, missing)), text


def more(missing: int) -> str:
    """Return what stands for the sums that are not shown."""
    return f"and {missing} more {'currency' if missing == 1 else 'currencies'}"


def _without(text: str, whole: list[Money], missing: int) -> str:
    for known in ("1,234,567", *map(str, whole), more(missing), f"in {missing} currencies"):
        text = text.replace(known, "")
    return text


def test_ages_go_on_in_the_next_line_where_they_do_not_fit() -> None:
    parts = list(ageing_parts(Ageing((1_000_000,) * 4, NOON - timedelta(days=400)), NOON))
    assert len(flowed(parts, 160).plain.splitlines()) == 1
    for width in WIDTHS:
        lines = flowed(parts, width).plain.splitlines()
        assert all(len(line) <= width for line in lines)
        assert "   ".join(lines) == "   ".join(part.plain for part in parts), "nothing is lost"


def test_the_headline_of_the_demo_fits_80_columns_whole() -> None:
    roles = ["contractor", "manager"]
    yours = story.coming(story.Now(yours="contractor", yours_for_s=5, active_role="manager"))
    held = story.coming(story.Now(held=True))
    for coming in (yours, held, story.coming(story.Now(paused=True)), story.coming(story.Now(finished=True))):
        left, right = story.headline(coming, roles, "manager", 78)
        assert (left, right) == (coming, "○ contractor   ● manager") and len(left) + 1 + len(right) <= 78
    assert story.headline(held, roles, "manager", 158) == (f"paydesk demo   {held}", "○ contractor   ● manager")


async def test_rows_stay_where_they_are_when_nothing_waits_any_more() -> None:
    world = World()
    terms = checked_terms("5", "EUR", "tea")
    world.put(request_payment(RequestPayment(UUID(int=1), "ada", terms), "PR-1", NOON))
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "oldest now" in shown(pilot))
        place = table.region.y
        await pilot.press("a")
        await seen(pilot, lambda: "0 waiting" in shown(pilot) and "oldest" not in shown(pilot))
        assert table.region.y == place
        await pilot.press("d")
        await seen(pilot, lambda: "1 decided" in shown(pilot) and table.region.y == place - 1)
