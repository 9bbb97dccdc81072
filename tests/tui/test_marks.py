"""Marks on the manager's list, and what one key does to many requests."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from paydesk.domain.commands import Decide, RequestPayment, request_payment
from paydesk.domain.decision import CauseCode
from paydesk.domain.errors import PaydeskError
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.core.query import Result, Sort, in_order
from paydesk.manager import reach
from paydesk.manager.dialogs.bulk import BulkDialog
from paydesk.manager.inbox import ManagerInbox
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import Clock, manager, opened, seen, shown
from tests.tui.test_manager_desk import accepted_by_zoe, of

WAITING = ["PR-1002", "PR-1003", "PR-1004", "PR-1006", "PR-1007", "PR-1008"]


def decided(world: World) -> set[str]:
    """Return what was decided on the desk under test, by number."""
    return {str(world.requests[request_id].number) for request_id in world.holds}


async def test_marks_are_decided_after_y_and_taken_back_by_one_key(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("space", "space")
        await seen(pilot, lambda: "┃  PR-1002" in shown(pilot) and "2 marked" in shown(pilot))
        assert table.current is not None and table.current.number == "PR-1004", "space moves on"
        await pilot.press("a", "enter")
        await seen(pilot, lambda: "18,400.00 EUR and 312.45 USD   2 requests" in shown(pilot))
        await pilot.press("enter")
        assert not world.holds, "enter confirms nothing"
        await pilot.press("y")
        await seen(pilot, lambda: decided(world) == {"PR-1002", "PR-1003"})
        await seen(pilot, lambda: "u undo the last 2" in shown(pilot) and "marked" not in shown(pilot))
        await pilot.press("a")
        await seen(pilot, lambda: decided(world) == {"PR-1002", "PR-1003", "PR-1004"})
        await pilot.press("u")
        await seen(pilot, lambda: decided(world) == {"PR-1002", "PR-1003"} and "PR-1004 is pending" in shown(pilot))
        await pilot.press("u")
        await seen(pilot, lambda: not world.holds and "2 are pending again: nothing was sent" in shown(pilot))
        await seen(pilot, lambda: "┃  PR-1002" in shown(pilot) and "2 marked" in shown(pilot))
        await pilot.press("u")
        await seen(pilot, lambda: "nothing to undo" in shown(pilot))


@pytest.mark.fault(
    kind="Where nobody decided there is nothing to undo and nothing to send, and the request and its status are named.",
    mended="domain/refusals.py",
)
async def test_the_line_names_what_the_next_undo_takes_back(world: World) -> None:
    async with manager(world).run_test(size=(100, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "a")
        await seen(pilot, lambda: "2 requests" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: "2 decisions held" in shown(pilot) and "u undo the last 2" in shown(pilot))
        await pilot.press("a")
        await seen(pilot, lambda: "3 decisions held" in shown(pilot) and "u undo PR-1004 ·" in shown(pilot))
        await pilot.press("u")
        await seen(pilot, lambda: "PR-1004 is pending again" in shown(pilot))


async def test_a_range_and_all_are_marked_and_esc_takes_marks_off(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("j", "v", "j", "j", "v")
        await seen(pilot, lambda: "3 marked" in shown(pilot) and "┃▸ PR-1006" in shown(pilot))
        await pilot.press("asterisk")
        await seen(pilot, lambda: "6 marked" in shown(pilot))
        await pilot.press("escape")
        await seen(pilot, lambda: "┃" not in shown(pilot))
        await pilot.press("v", "escape", "k", "v", "escape", "space")
        await seen(pilot, lambda: "1 marked" in shown(pilot))
        await pilot.press("d")
        await seen(pilot, lambda: "2 decided" in shown(pilot))
        await pilot.press("d")
        await seen(pilot, lambda: "6 waiting" in shown(pilot) and "marked" not in shown(pilot))


def many(world: World, count: int) -> None:
    """Have so many more asked for, each a minute after the other."""
    for place in range(count):
        terms = checked_terms(f"{place + 1}", "CHF", f"task {place}")
        command = RequestPayment(UUID(int=10_000 + place), "gil", terms)
        request = request_payment(command, f"PR-{2000 + place}", world.now + timedelta(minutes=place))
        world.requests[request.id] = request


async def test_all_and_a_range_reach_beyond_what_the_list_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "MAX_MARKED", 300)
    many(world, 300)
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "306 waiting" in shown(pilot))
        assert len(table.rows) < 300
        await pilot.press("asterisk")
        await seen(pilot, lambda: "300 marked" in shown(pilot) and "Only the first 300" in shown(pilot))
        await pilot.press("escape", "j", "v", "G")
        await seen(pilot, lambda: table.current is not None and table.current.number == "PR-2299")
        await pilot.press("k", "k", "k", "k", "k", "k", "v")
        await seen(pilot, lambda: "299 marked" in shown(pilot) and "Only" not in shown(pilot))
        await pilot.press("a")
        await seen(pilot, lambda: "of these were marked beyond the rows" in shown(pilot))


@pytest.mark.fault(
    kind="A range and `*` mark only what the list showed: never what came between its rows and is held back.",
    mended="manager/reach.py",
)
@pytest.mark.parametrize("sort", [Sort.OLDEST, Sort.LARGEST, Sort.SMALLEST])
@pytest.mark.parametrize("keys", [["g", "v", "G", "v"], ["asterisk"], ["G", "v", "g", "v"]])
async def test_what_is_held_back_between_the_rows_is_never_marked(world: World, sort: Sort, keys: list[str]) -> None:
    desk = FakeManagerDesk(world)
    async with manager(world, desk=desk).run_test(size=(100, 24)) as pilot:
        table = await opened(pilot)
        pane = pilot.app.query_one(ManagerInbox)
        while pane.sort is not sort:
            await pilot.press("s")
        await seen(pilot, lambda: len(table.rows) == len(WAITING) and table.rows == in_order(table.rows, sort))
        painted = {row.number for row in table.rows}
        first, last = table.rows[2].request, table.rows[3].request
        assert first is not None and last is not None
        amounts = [Decimal(copy.terms.money.amount) for copy in (first, last)]
        terms = checked_terms(f"{sum(amounts) / 2:.2f}", first.terms.money.currency, "never seen")
        asked_at = first.requested_at + (last.requested_at - first.requested_at) / 2
        fifth = request_payment(RequestPayment(UUID(int=77), "gil", terms), "PR-1077", asked_at)
        world.put(fifth)
        await seen(pilot, lambda: "1 new between these, press r" in shown(pilot))
        assert {row.number for row in table.rows} == painted
        await pilot.press(*keys)
        await seen(pilot, lambda: f"{len(WAITING)} marked; what is new between these is not." in shown(pilot))
        await pilot.press("a")
        await seen(pilot, lambda: f"y approve {len(WAITING)}" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: decided(world) == painted)
        assert fifth.id not in world.holds


@pytest.mark.fault(
    kind="A range and `*` mark only what the list showed: never what came between its rows and is held back.",
    mended="manager/reach.py",
)
@pytest.mark.parametrize("key", ["v", "asterisk"])
async def test_a_mark_is_of_what_was_on_the_screen_and_not_of_what_was_changed_behind_it(
    world: World, key: str
) -> None:
    async with manager(world).run_test(size=(100, 24)) as pilot:
        await opened(pilot)
        request = world.requests[of(world, "PR-1003")]
        terms = checked_terms("99999", "USD", "never seen")
        world.requests[request.id] = replace(request, version=2, revision=2, terms=terms)  # Without news.
        await pilot.press(*(["v", "G", "v"] if key == "v" else [key]), "a")
        await seen(
            pilot, lambda: "PR-1003 changed since you looked" in " ".join(shown(pilot).replace("│", " ").split())
        )
        await pilot.press("y")
        await seen(pilot, lambda: decided(world) == {*WAITING} - {"PR-1003"})


@pytest.mark.fault(
    kind="A range and `*` mark only what the list showed: never what came between its rows and is held back.",
    mended="manager/reach.py",
)
async def test_a_range_to_a_row_that_another_decided_goes_no_further(world: World) -> None:
    async with manager(world).run_test(size=(100, 24)) as pilot:
        table = await opened(pilot)
        await pilot.press("v", "j", "j")
        accepted_by_zoe(world, "PR-1004")
        world.tell(of(world, "PR-1004"))
        await seen(pilot, lambda: table.current is not None and str(table.current.status) == "accepted")
        await pilot.press("v")
        await seen(pilot, lambda: "2 marked" in shown(pilot))


async def test_marks_are_rejected_with_one_cause(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "x", "6")
        await seen(pilot, lambda: "enter goes on" in shown(pilot))
        await pilot.press(*"which?", "enter")
        await seen(pilot, lambda: "y reject 2" in shown(pilot) and "More information is needed. which?" in shown(pilot))
        assert not world.holds
        await pilot.press("y")
        await seen(pilot, lambda: decided(world) == {"PR-1002", "PR-1003"})
        causes = {
            decision.cause.code
            for decision in world.decisions.values()
            if decision.cause and decision.cause.note == "which?"
        }
        assert causes == {CauseCode.NEEDS_INFO}


@pytest.mark.fault(
    kind="A mark that the filter does not hide is not said to be hidden by it.", mended="manager/inbox_rows.py"
)
async def test_what_is_skipped_is_named_with_the_reason_and_no_filter_is_said_to_hide_it(world: World) -> None:
    async with manager(world, person="fjord-media").run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("asterisk")
        await seen(pilot, lambda: "6 marked" in shown(pilot))
        # Behind the screen, without news: what was marked is still what a person sees.
        second = world.requests[of(world, "PR-1002")]
        terms = checked_terms("99999", "EUR", "August retainer")
        world.requests[second.id] = replace(second, version=2, revision=2, terms=terms)
        accepted_by_zoe(world, "PR-1003")
        await pilot.press("a")
        await seen(pilot, lambda: "3 skipped" in shown(pilot))
        text = " ".join(shown(pilot).replace("│", " ").split())
        assert "shown by the filter" not in text, "there is none"
        assert "PR-1002 changed since you looked: amount 18,400.00 EUR → 99,999.00 EUR" in text
        assert "PR-1003 was accepted by zoe" in text
        assert "PR-1004: Nobody decides a request of their own." in text
        await pilot.press("y")
        await seen(pilot, lambda: decided(world) == {"PR-1006", "PR-1007", "PR-1008"})


async def test_a_changed_revision_takes_its_mark_off(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space")
        await seen(pilot, lambda: "2 marked" in shown(pilot))
        request = world.requests[of(world, "PR-1002")]
        terms = checked_terms("1", "EUR", "August retainer")
        world.put(replace(request, version=2, revision=2, terms=terms))
        await seen(pilot, lambda: "PR-1002 changed: the mark is off." in shown(pilot) and "1 marked" in shown(pilot))


@pytest.mark.fault(
    kind="What is shown to be decided is what the next key decides, also when it changes while it is asked about.",
    mended="manager/dialogs/bulk.py",
)
@pytest.mark.parametrize("how", ["revised", "accepted by another"])
async def test_the_question_about_marks_says_what_is_decided_when_one_changes_meanwhile(world: World, how: str) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "a")
        await seen(pilot, lambda: "18,400.00 EUR and 312.45 USD   2 requests" in shown(pilot))
        request = world.requests[of(world, "PR-1002")]
        if how == "revised":
            terms = checked_terms("99999", "EUR", "August retainer")
            world.put(replace(request, version=2, revision=2, terms=terms))
        else:
            accepted_by_zoe(world, "PR-1002")
            world.put(request)
        await seen(pilot, lambda: "312.45 USD   1 request" in shown(pilot) and "y approve 1" in shown(pilot))
        await seen(pilot, lambda: "1 skipped" in shown(pilot) and "18,400.00 EUR and" not in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: decided(world) == {"PR-1003"} and not isinstance(pilot.app.screen, BulkDialog))


@pytest.mark.long
@pytest.mark.fault(
    kind="A mark that the filter does not hide is not said to be hidden by it.", mended="manager/inbox_rows.py"
)
async def test_a_mark_that_the_filter_hides_by_now_is_counted(world: World) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        table = await opened(pilot)
        await pilot.press("slash", *"status:pending", "enter")
        await seen(pilot, lambda: len(table.rows) > 2 and "status:pending" in shown(pilot))
        await pilot.press("g", "space", "space", "a")
        await seen(pilot, lambda: "2 requests" in shown(pilot))
        (inbox,) = pilot.app.screen_stack[0].query(ManagerInbox)
        first = next(iter(inbox.selection.marks))
        accepted_by_zoe(world, str(world.requests[first].number))
        world.tell(first)
        await seen(pilot, lambda: "1 of the marks is not shown by the filter" in shown(pilot))


class SlowDesk(FakeManagerDesk):
    """Decides only as often as it is let, then waits; the database may go instead."""

    def __init__(self, world: World, refusal: PaydeskError | None = None) -> None:
        super().__init__(world)
        self.may = threading.Semaphore(2)
        self.refusal = refusal

    def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
        if self.refusal is not None and not self.may.acquire(blocking=False):
            raise self.refusal
        if self.refusal is None:
            self.may.acquire()
        return super().decided(key, command, hold_s)


async def test_it_can_be_stopped_half_way_and_the_rest_stays_marked(world: World) -> None:
    desk = SlowDesk(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("asterisk", "a")
        await seen(pilot, lambda: "y approve 6" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: "2 of 6" in shown(pilot) and "esc stops here" in shown(pilot))
        await pilot.press("escape")
        desk.may.release(10)
        await seen(pilot, lambda: "3 of 6 decided" in shown(pilot) and "3 not tried" in shown(pilot))
        await pilot.press("escape")
        await seen(pilot, lambda: "3 marked" in shown(pilot))
        assert decided(world) == set(WAITING[:3])


async def test_a_lost_database_ends_it_at_once_with_the_reason(world: World) -> None:
    desk = SlowDesk(world, ServerDown("PostgreSQL does not answer.", "Nothing was written."))
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("asterisk", "a")
        await seen(pilot, lambda: "y approve 6" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: "2 of 6 decided" in shown(pilot) and "3 not tried" in shown(pilot))
        assert "PR-1004: PostgreSQL does not answer." in shown(pilot)
        await pilot.press("escape")
        await seen(pilot, lambda: "4 marked" in shown(pilot))
        world.now += timedelta(seconds=9)
        await pilot.press("u")
        await seen(pilot, lambda: "too late to undo" in shown(pilot))


async def test_a_paste_confirms_nothing(world: World) -> None:
    clock = Clock()
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space", "a")
        await seen(pilot, lambda: "y approve 1" in shown(pilot))
        clock.step_s = 0.001
        await pilot.press(*"jkjky")
        await seen(pilot, lambda: not isinstance(pilot.app.screen, BulkDialog))
        assert not world.holds
