"""What was typed to revise a request outlives a database that does not answer."""

import threading
from dataclasses import replace
from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from paydesk.contractor.form import RequestForm
from paydesk.contractor.home import ContractorHome
from paydesk.domain.commands import ContractorCommand
from paydesk.domain.payment_request import changed_terms
from paydesk.infra.core.errors import OutcomeUnknown
from paydesk.infra.core.query import Result
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import contractor, opened, seen, shown
from tests.tui.test_manager_desk import accepted_by_zoe, of

KEPT = pytest.mark.fault(
    kind="What was typed to revise a request is there again after a failure that wrote nothing.",
    mended="contractor/actions.py",
)


def typed(pilot: Pilot[None], name: str) -> str:
    return pilot.app.screen.query_one(f"#{name}", Input).value


async def revising(pilot: Pilot[None], *first: str) -> None:
    """Open the form of PR-1007, and change amount and description."""
    await opened(pilot)
    await pilot.press(*first, "e")
    await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm) and "It becomes" in shown(pilot))
    await pilot.press("home", "1", "tab", "tab", "end", *" by May")


@pytest.mark.long
@KEPT
@pytest.mark.parametrize("first", [(), ("enter",)], ids=["list", "detail"])
async def test_a_lost_database_keeps_what_was_typed_of_a_revision_and_it_is_sent_once(
    world: World, first: tuple[str, ...]
) -> None:
    desk = FakeContractorDesk(world)
    async with contractor(world, desk=desk).run_test(size=(100, 30)) as pilot:
        await revising(pilot, *first)
        world.down = True
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Your draft is kept; ^s tries again." in shown(pilot), 10)
        assert typed(pilot, "amount") == "12400.00" and typed(pilot, "description").endswith(" by May")
        assert "It becomes" in shown(pilot) and "revise PR-1007" in shown(pilot)
        world.down = False
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 is revised: revision 2, 12,400.00 EUR" in shown(pilot))
        assert world.requests[of(world, "PR-1007")].terms.description.endswith(" by May") and len(desk.keys) == 1


@pytest.mark.long
@KEPT
async def test_what_became_of_a_request_meanwhile_is_seen_in_the_form_that_opens_again(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        world.down = True
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Your draft is kept; ^s tries again." in shown(pilot), 10)
        accepted_by_zoe(world, "PR-1007")
        world.down = False
        await seen(pilot, lambda: "⚠ PR-1007 is accepted and cannot be" in shown(pilot))
        assert typed(pilot, "amount") == "12400.00"


@KEPT
async def test_what_is_refused_about_the_request_itself_is_said_and_opens_no_form(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        accepted_by_zoe(world, "PR-1007")  # Which this desk has not heard of yet.
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 is accepted and cannot be revised." in shown(pilot))
        assert not isinstance(pilot.app.screen, RequestForm)


REVISIONS = pytest.mark.fault(
    kind="What is typed to revise one revision never replaces a later one unseen.",
    mended="domain/stale.py",
)
ELSEWHERE = pytest.mark.fault(
    kind="What was typed to revise a request is kept whatever screen is shown when it fails, and is known again as "
    "one's own where it is saved all the same.",
    mended="contractor/actions.py",
)


@REVISIONS
async def test_a_revision_of_a_second_desk_that_was_not_heard_of_is_shown_and_not_overwritten(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        number = of(world, "PR-1007")
        request = world.requests[number]
        other = replace(request, version=2, revision=2, terms=changed_terms(request.terms, amount="98"))
        world.requests[number] = other  # No hint comes.
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 changed since you looked:" in shown(pilot), 10)
        await seen(pilot, lambda: "⚠ It was revised meanwhile" in shown(pilot), 10)
        assert world.requests[number] == other and typed(pilot, "amount") == "12400.00"
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Change it all the same?" in shown(pilot))
        await pilot.press("y")
        await seen(pilot, lambda: "PR-1007 is revised: revision 3, 12,400.00 EUR" in shown(pilot))


class SavedUnheard(FakeContractorDesk):
    """Saves the first command, and its answer is lost; or waits before that it does not know."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.lost = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def execute(self, key: UUID, command: ContractorCommand) -> Result:
        self.go_on.wait(30)
        done = super().execute(key, command)
        if not self.lost:
            self.lost += 1
            raise OutcomeUnknown("It is not known whether this is saved.", "Send it again.")
        return done


@pytest.mark.long
@ELSEWHERE
@pytest.mark.parametrize("edits", [False, True], ids=["as sent", "typed on"])
async def test_a_revision_that_is_saved_though_its_answer_was_lost_is_known_as_ones_own(
    world: World, edits: bool
) -> None:
    async with contractor(world, desk=SavedUnheard(world)).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "✓ What you sent is there" in shown(pilot), 10)
        assert "not here" not in shown(pilot)
        if edits:
            await pilot.press("tab", "tab", "end", *" or June", "ctrl+s")
            await seen(pilot, lambda: "PR-1007 is revised: revision 3, 12,400.00 EUR" in shown(pilot))
        else:
            await pilot.press("escape")
            await seen(pilot, lambda: len(pilot.app.screen_stack) == 1)
            assert world.requests[of(world, "PR-1007")].revision == 2


@ELSEWHERE
async def test_sending_again_what_is_saved_already_makes_no_second_revision(world: World) -> None:
    async with contractor(world, desk=SavedUnheard(world)).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "✓ What you sent is there" in shown(pilot), 10)
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 says so already" in shown(pilot))
        assert world.requests[of(world, "PR-1007")].revision == 2


@pytest.mark.long
@ELSEWHERE
@pytest.mark.parametrize(
    ("key", "saved"), [("enter", False), ("n", True), pytest.param("2", True, marks=pytest.mark.long)], ids=str
)
async def test_what_was_typed_is_kept_where_the_person_is_on_another_screen_when_it_fails(
    world: World, key: str, saved: bool
) -> None:
    desk = SavedUnheard(world)
    async with contractor(world, desk=desk).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        desk.go_on.clear()
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.press(key)
        await seen(pilot, lambda: len(pilot.app.screen_stack) == 2)
        world.down = not saved
        desk.go_on.set()
        home = pilot.app.screen_stack[0].query_one(ContractorHome)
        await seen(pilot, lambda: home.actions.unsent == ["PR-1007"], 10)
        world.down = False
        await pilot.press("escape")
        await seen(pilot, lambda: "what you typed of PR-1007 is kept, e there goes on" in shown(pilot))
        await pilot.press("e")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm) and "It becomes" in shown(pilot))
        assert typed(pilot, "amount") == "12400.00" and typed(pilot, "description").endswith(" by May")
        desk.lost = 1
        if saved:
            await seen(pilot, lambda: "✓ What you sent is there" in shown(pilot), 10)
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 says so already" in shown(pilot) or "PR-1007 is revised" in shown(pilot))
        assert world.requests[of(world, "PR-1007")].revision == 2
        assert home.actions.unsent == [], "it is kept no more"


ASKED = pytest.mark.fault(
    kind="Before what was typed is lost it is asked whether that is meant; where nothing was typed, nothing is asked.",
    mended="contractor/form.py",
)


@ASKED
@pytest.mark.parametrize("key", ["escape", "ctrl+x"])
async def test_a_form_that_revises_is_left_after_y_where_something_was_changed(world: World, key: str) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await revising(pilot)
        await pilot.press(key)
        await seen(pilot, lambda: "Discard what you typed?" in shown(pilot), 10)
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        assert typed(pilot, "amount") == "12400.00"
        await pilot.press(key, "y")
        await seen(pilot, lambda: len(pilot.app.screen_stack) == 1)


@ASKED
@pytest.mark.parametrize("keys", [("n",), ("e",), ("enter", "n"), ("e", "end", "1", "backspace")], ids=str)
async def test_a_form_in_which_nothing_was_typed_is_left_without_a_question(
    world: World, keys: tuple[str, ...]
) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        for key in ("ctrl+x", "escape"):
            await pilot.press(*keys)
            await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm) and pilot.app.focused is not None)
            await pilot.press(key)
            await seen(pilot, lambda: not isinstance(pilot.app.screen, RequestForm))
            assert "Discard" not in shown(pilot) and "draft kept" not in shown(pilot)
            await pilot.press("escape")


@pytest.mark.long
@ASKED
async def test_a_draft_that_was_resumed_and_stays_as_it_was_is_kept(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("n", "7", "escape", "n", "end", "9", "backspace", "escape")
        await seen(pilot, lambda: "draft kept, n resumes it" in shown(pilot), 10)
        await pilot.press("n", "ctrl+x")
        await seen(pilot, lambda: "Discard what you typed?" in shown(pilot), 10)
