"""Keys that are others than usual: what they do, what names them, and the guards that go by them."""

from paydesk.contractor.app import ContractorApp
from paydesk.manager.app import ManagerApp
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import Clock, opened, seen, shown

KEYS = {"manager.approve": "A,f5", "manager.undo": "U", "manager.decided": "D", "desk.help": "exclamation_mark"}


def manager(world: World, clock: Clock) -> ManagerApp:
    return ManagerApp(lambda: FakeManagerDesk(world), now=world.clock, monotonic=clock, keys=KEYS)


async def test_another_key_decides_and_everything_that_names_it_says_so(world: World) -> None:
    async with manager(world, Clock()).run_test(size=(100, 40)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "D decided" in shown(pilot) and "A Approve" in shown(pilot))
        await pilot.press("a", "question_mark")
        assert not world.holds and len(pilot.app.screen_stack) == 1, "the usual keys do nothing now"
        await pilot.press("A")
        await seen(pilot, lambda: "· U undo · S send now" in shown(pilot))
        await pilot.press("u")
        assert len(world.holds) == 1
        await pilot.press("exclamation_mark")
        await seen(pilot, lambda: "A      Approve" in shown(pilot) and "!      Keys" in shown(pilot))
        await pilot.press("escape", "U")
        await seen(pilot, lambda: not world.holds)
        await pilot.press("x", "1")
        await seen(pilot, lambda: len(world.holds) == 1)
        await pilot.press("f5")
        await seen(pilot, lambda: len(world.holds) == 2)
        await pilot.press("D")
        await seen(pilot, lambda: "D inbox" in shown(pilot))


async def test_another_key_that_is_held_decides_once_too(world: World) -> None:
    clock = Clock(step_s=0.0)
    async with manager(world, clock).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        for _ in range(10):
            clock.now += 0.033
            await pilot.press("A")
        await seen(pilot, lambda: "Key held: 1 decided, 9 ignored." in shown(pilot))
        await seen(pilot, lambda: len(world.holds) == 1)


async def test_two_keys_that_changed_places_do_what_the_other_did(world: World) -> None:
    keys = {"manager.approve": "x", "manager.reject": "a"}
    app = ManagerApp(lambda: FakeManagerDesk(world), now=world.clock, monotonic=Clock(), keys=keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await seen(pilot, lambda: "1-7 rejects" in shown(pilot))
        await pilot.press("escape", "x")
        await seen(pilot, lambda: "✓ accepted" in shown(pilot))


async def test_dialogs_name_the_keys_that_answer_them(world: World) -> None:
    keys = {"cause.duplicate": "d", "bulk.yes": "Y"}
    app = ManagerApp(lambda: FakeManagerDesk(world), now=world.clock, monotonic=Clock(), keys=keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("x")
        await seen(
            pilot,
            lambda: "d 2 3 4 5 6 7 rejects" in shown(pilot) and "d  This payment was requested before." in shown(pilot),
        )
        await pilot.press("d")
        await seen(pilot, lambda: len(world.holds) == 1)
        await pilot.press("space", "space", "a")
        await seen(pilot, lambda: "Y approve 2   esc keeps them" in shown(pilot))
        await pilot.press("Y")
        await seen(pilot, lambda: len(world.holds) == 3)


async def test_a_form_is_sent_by_another_key_and_an_empty_list_names_the_one_that_opens_it() -> None:
    world = World()
    keys = {"form.send": "f9", "contractor.new": "plus"}
    app = ContractorApp(lambda: FakeContractorDesk(world), now=world.clock, keys=keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "Press + to ask for a payment." in shown(pilot))
        await pilot.press("plus", *"5", "tab", *"EUR", "tab", *"tea", "f9")
        await seen(pilot, lambda: "asks for 5.00 EUR" in shown(pilot))
