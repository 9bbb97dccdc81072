"""Who quits right after a key that asks for something leaves once that is done, and stays where it is refused."""

from collections.abc import Awaitable, Callable
from threading import Event, Semaphore
from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

from paydesk.domain.commands import ContractorCommand, Decide
from paydesk.domain.status import Outcome
from paydesk.infra.core.query import Result
from paydesk.tui.desk import pane
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.pace import scaled
from tests.tui.conftest import contractor, manager, opened, seen, shown
from tests.tui.test_manager_desk import Slow, of


def left(pilot: Pilot[None]) -> bool:
    """Whether the program was told to end."""
    return pilot.app.return_code is not None


async def test_a_decision_typed_ahead_of_the_key_that_quits_is_made(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a", "q")
        await seen(pilot, lambda: left(pilot))
    assert world.decisions[of(world, "PR-1002")].outcome is Outcome.ACCEPTED


async def test_nothing_that_is_typed_after_it_decides(world: World) -> None:
    desk = Slow(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a", "q", "a", "x", "1")
        await seen(pilot, lambda: "Leaving as soon as it is done …" in shown(pilot))
        assert not left(pilot) and len(pilot.app.screen_stack) == 1
        desk.let_through.release(2)
        await seen(pilot, lambda: left(pilot))
    assert list(world.holds) == [of(world, "PR-1002")]


async def test_what_is_taken_back_before_quitting_is_taken_back(world: World) -> None:
    desk = Slow(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a", "u", "q")
        desk.let_through.release()
        await seen(pilot, lambda: left(pilot))
    assert of(world, "PR-1002") not in world.decisions and not world.holds


async def test_what_is_refused_keeps_the_desk_open_and_says_why(world: World) -> None:
    class Refusing(Slow):
        def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
            assert self.let_through.acquire(timeout=scaled(60))
            self._answers()
            return super().decided(key, command, hold_s)

    desk = Refusing(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a", "q")
        await seen(pilot, lambda: "Leaving as soon as it is done …" in shown(pilot))
        world.down = True
        desk.let_through.release()
        await seen(pilot, lambda: "PostgreSQL does not answer. Nothing was written." in shown(pilot))
        assert not left(pilot)
        await pilot.press("q")
        await seen(pilot, lambda: left(pilot))


async def test_what_takes_for_ever_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane, "LEAVE_S", 0.2)
    desk = Slow(world)
    async with manager(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        try:
            await pilot.press("a", "q")
            await seen(pilot, lambda: left(pilot))
        finally:
            desk.let_through.release()


async def test_a_request_that_was_just_sent_is_asked_for(world: World) -> None:
    class SlowToo(FakeContractorDesk):
        let_through = Semaphore(0)

        def execute(self, key: UUID, command: ContractorCommand) -> Result:
            assert self.let_through.acquire(timeout=scaled(60))
            return super().execute(key, command)

    desk, before = SlowToo(world), len(world.requests)
    async with contractor(world, desk=desk).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("n", *"120.50", "tab", "tab", *"Hotel", "ctrl+s", "q")
        await seen(pilot, lambda: "Leaving as soon as it is done …" in shown(pilot))
        desk.let_through.release()
        await seen(pilot, lambda: left(pilot))
    assert len(world.requests) == before + 1


class Died(Exception):
    """Something in the desk failed."""


async def _by_key(pilot: Pilot[None]) -> None:
    await opened(pilot)
    await pilot.press("q")


async def _by_signal(pilot: Pilot[None]) -> None:
    await opened(pilot)
    pilot.app.exit()  # What a signal's handler calls.


async def _by_fault(pilot: Pilot[None]) -> None:
    await opened(pilot)

    def fail() -> None:
        raise Died

    pilot.app.call_later(fail)


@pytest.mark.fault(
    kind="What is held when a desk dies stays held until its time; only a person who quits sends it at once.",
    mended="tui/app.py",
)
@pytest.mark.parametrize(("ends", "quits"), [(_by_key, True), (_by_signal, False), (_by_fault, False)])
def test_only_a_person_who_quits_releases_what_is_held(
    world: World, ends: Callable[[Pilot[None]], Awaitable[None]], quits: bool
) -> None:
    desk = FakeManagerDesk(world)
    manager(world, desk=desk).run(headless=True, auto_pilot=ends)  # type: ignore[arg-type]
    assert desk.closed and desk.quits is quits


QUITTING = pytest.mark.fault(kind="What ^c says about quitting is so where it is pressed.", mended="tui/app.py")


@QUITTING
@pytest.mark.parametrize("dialog", [["x"], ["question_mark"], ["space", "a"]])
async def test_in_a_dialog_how_to_quit_is_told_once_and_is_so(world: World, dialog: list[str]) -> None:
    async with manager(world).run_test(size=(80, 24), notifications=True) as pilot:
        await opened(pilot)
        await pilot.press(*dialog)
        await seen(pilot, lambda: isinstance(pilot.app.screen, ModalScreen))
        await pilot.press("ctrl+c")
        await seen(pilot, lambda: "esc goes back; then q quits." in shown(pilot))
        assert "^q" not in shown(pilot)
        await pilot.press("escape")
        await seen(pilot, lambda: not isinstance(pilot.app.screen, ModalScreen))
        await pilot.press("q")
        await seen(pilot, lambda: left(pilot))


@QUITTING
@pytest.mark.parametrize("keys", [["n"], ["slash"]])
async def test_where_a_q_is_typed_no_sentence_says_that_it_quits(world: World, keys: list[str]) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press(*keys)
        await seen(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("ctrl+c")
        await seen(pilot, lambda: "^q quits, where the terminal lets it through; esc and then q too." in shown(pilot))
        await pilot.press("ctrl+q")
        await seen(pilot, lambda: left(pilot))


@pytest.mark.fault(
    kind="What waits says what it waits for after two seconds, and gives up with a sentence.", mended="waiting.py"
)
def test_a_desk_whose_database_is_frozen_says_what_it_waits_for_after_the_screen_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoke = Event()

    class Frozen(FakeManagerDesk):
        def close(self, *, quits: bool = True) -> str:
            assert spoke.wait(scaled(60))
            return super().close(quits=quits)

    async def quit_it(pilot: Pilot[None]) -> None:
        await opened(pilot)
        await pilot.press("q")

    sentences: list[str] = []
    app = manager(world, desk=Frozen(world))
    app.say_while_closing = lambda sentence: (sentences.append(sentence), spoke.set())
    monkeypatch.setattr("paydesk.waiting.SAY_AFTER_S", 0.01)
    app.run(headless=True, auto_pilot=quit_it)
    assert sentences == ["Waiting for what is held to be sent, and for this desk to close ..."]
