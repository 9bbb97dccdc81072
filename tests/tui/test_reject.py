"""The dialog of the causes: it names what is rejected, and never rejects terms that came under it unseen."""

from dataclasses import replace

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from paydesk.domain.payment_request import checked_terms
from paydesk.manager.dialogs.reject import NOT_REJECTED_YET, CauseDialog
from tests.fakes import World
from tests.tui.conftest import Clock, manager, opened, seen, shown
from tests.tui.test_manager_desk import accepted_by_zoe, of

LONG = "August retainer, and that of September, October and November as well"


def changes(world: World, amount: str = "99999") -> None:
    """Have the request under the cursor revised."""
    request = world.requests[of(world, "PR-1002")]
    terms = checked_terms(amount, "EUR", LONG, reference=request.terms.reference or "")
    more = {"version": request.version + 1, "revision": request.revision + 1}
    world.put(replace(request, **more, terms=terms))  # type: ignore[arg-type]


def asks(pilot: Pilot[None]) -> bool:
    return isinstance(pilot.app.screen, CauseDialog)


async def test_it_names_number_amount_contractor_and_as_much_of_the_description_as_fits(world: World) -> None:
    changes(world)
    async with manager(world).run_test(size=(60, 15)) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await seen(pilot, lambda: "Reject PR-1002  99,999.00 EUR" in shown(pilot))
        assert "brno-cablage · August retainer, and that of Septem…" in shown(pilot)


@pytest.mark.parametrize("size", [(60, 15), (80, 24)])
@pytest.mark.parametrize("way", [[], ["enter"]], ids=["list", "detail"])
async def test_other_terms_are_shown_and_rejected_only_by_a_second_key(
    world: World, size: tuple[int, int], way: list[str]
) -> None:
    async with manager(world).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press(*way, "x")
        await seen(pilot, lambda: "1-7 rejects" in shown(pilot))
        changes(world)
        await seen(pilot, lambda: "Reject PR-1002  99,999.00 EUR" in shown(pilot))
        await seen(pilot, lambda: "⚠ It changed meanwhile: amount 18,400.00 EUR →" in shown(pilot))
        await pilot.press("1")
        await seen(pilot, lambda: NOT_REJECTED_YET in shown(pilot) and "1-7 rejects" in shown(pilot))
        assert not world.holds
        await pilot.press("1")
        await seen(pilot, lambda: of(world, "PR-1002") in world.holds)
        assert world.decisions[of(world, "PR-1002")].revision == 2


async def test_a_note_that_was_typed_stays_and_waits_for_a_second_enter(world: World) -> None:
    async with manager(world).run_test(size=(60, 15)) as pilot:
        await opened(pilot)
        await pilot.press("x", "6", *"which month?")
        changes(world)
        await seen(pilot, lambda: "Reject PR-1002  99,999.00 EUR" in shown(pilot))
        await pilot.press("enter")
        await seen(pilot, lambda: NOT_REJECTED_YET in shown(pilot) and "which month?" in shown(pilot))
        assert not world.holds
        await pilot.press("enter")
        await seen(pilot, lambda: of(world, "PR-1002") in world.holds)


async def test_a_key_on_its_way_when_it_changed_does_not_count_as_having_seen_it(world: World) -> None:
    clock = Clock(step_s=0.0)
    async with manager(world, clock=clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x")
        changes(world)
        await seen(pilot, lambda: "It changed meanwhile" in shown(pilot))
        for wait_s, decided in ((0.2, False), (0.2, False), (0.2, False), (0.2, True)):
            clock.now += wait_s
            await pilot.press("1")
            await seen(pilot, lambda decided=decided: bool(world.holds) is decided and (decided or asks(pilot)))  # type: ignore[misc]


async def test_what_is_decided_by_another_is_said_and_no_key_rejects_it(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await seen(pilot, lambda: asks(pilot))
        world.tell(accepted_by_zoe(world, "PR-1002"))
        await seen(pilot, lambda: "⚠ PR-1002 is accepted already." in shown(pilot))
        await pilot.press("1")
        await seen(pilot, lambda: shown(pilot).count("PR-1002 is accepted already.") == 2)
        await pilot.press("escape")
        await seen(pilot, lambda: not asks(pilot) and not world.holds)


@pytest.mark.parametrize("cause", ["2", "6", "7"])
@pytest.mark.parametrize("size", [(60, 15), (80, 15), (80, 24)])
async def test_note_problem_and_keys_are_in_sight_on_a_small_terminal(
    world: World, size: tuple[int, int], cause: str
) -> None:
    async with manager(world).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await seen(pilot, lambda: "7  There is another reason." in shown(pilot) and "1-7 rejects" in shown(pilot))
        await pilot.press(cause)
        await seen(pilot, lambda: "Note to the contractor" in shown(pilot))
        changes(world)
        await seen(pilot, lambda: "Reject PR-1002  99,999.00 EUR" in shown(pilot))
        await pilot.press("enter")
        await seen(pilot, lambda: "✗ Write a note of 3" in shown(pilot) and "Note to the contractor" in shown(pilot))
        assert "enter rejects   esc back to the causes" in shown(pilot)


async def test_a_note_says_how_much_room_is_left_and_a_longer_one_is_not_cut(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x", "6", *"the bank's answer")
        await seen(pilot, lambda: "the bank's answer" in shown(pilot) and " left" not in shown(pilot))
        pilot.app.post_message(Paste("." * 471))
        await seen(pilot, lambda: "back to the causes   12 left" in shown(pilot))
        pilot.app.post_message(Paste("." * 13))
        await seen(pilot, lambda: "✗ The note is too long; write at most 500 characters." in shown(pilot))
        await pilot.press("enter", "backspace")
        await seen(pilot, lambda: "back to the causes   0 left" in shown(pilot) and "too long" not in shown(pilot))
        await pilot.press("enter")
        await seen(pilot, lambda: of(world, "PR-1002") in world.holds)
        cause = world.decisions[of(world, "PR-1002")].cause
        assert cause is not None and len(cause.note or "") == 500


@pytest.mark.long
@pytest.mark.fault(
    kind="A note that was typed for a rejection which wrote nothing is offered again.",
    mended="manager/dialogs/reject.py",
)
@pytest.mark.parametrize("size", [(60, 15), (100, 30)])
@pytest.mark.parametrize("way", [[], ["enter"]], ids=["list", "detail"])
async def test_a_note_is_offered_again_after_an_error_that_wrote_nothing(
    world: World, size: tuple[int, int], way: list[str]
) -> None:
    async with manager(world).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press(*way, "x", "7", *"ask Zoe")
        await seen(pilot, lambda: "ask Zoe" in shown(pilot))
        world.down = True
        await pilot.press("enter")
        await seen(pilot, lambda: "PostgreSQL does not answer" in shown(pilot) and not asks(pilot))
        world.down = False
        await pilot.press("x")
        await seen(pilot, lambda: "Your note is kept: 7 opens it." in shown(pilot))
        await pilot.press("7")
        await seen(pilot, lambda: "ask Zoe" in shown(pilot) and "enter rejects" in shown(pilot))
        await pilot.press("!", "enter")
        await seen(pilot, lambda: of(world, "PR-1002") in world.holds)
        cause = world.decisions[of(world, "PR-1002")].cause
        assert cause is not None and cause.note == "ask Zoe!", "what is typed goes on behind it"
        await pilot.press("u")
        await seen(pilot, lambda: not world.holds)
        await pilot.press("x")
        await seen(pilot, lambda: asks(pilot) and "1-7 rejects" in shown(pilot) and "is kept" not in shown(pilot))


@pytest.mark.long
@pytest.mark.fault(
    kind="A note that was typed for a rejection which wrote nothing is offered again.",
    mended="manager/dialogs/reject.py",
)
async def test_a_note_about_marks_is_offered_again_where_the_question_could_not_be_read(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "x", "n", "1", *"both of them")
        await seen(pilot, lambda: "both of them" in shown(pilot))
        world.down = True
        await pilot.press("enter")
        await seen(pilot, lambda: "✗ PostgreSQL does not answer" in shown(pilot) and "esc keeps them" in shown(pilot))
        await pilot.press("escape")
        world.down = False
        await pilot.press("x")
        await seen(pilot, lambda: "Your note is kept: 1 opens it." in shown(pilot))
        await pilot.press("1", "enter")
        await seen(pilot, lambda: "y reject 2" in shown(pilot) and "both of them" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: len(world.holds) == 2)
