"""The palette: one line for each thing that can be done, and no looks but this program's own."""

from textual.command import CommandList
from textual.pilot import Pilot

from tests.fakes import World
from tests.tui.conftest import contractor, opened, seen, shown


def entries(pilot: Pilot[None]) -> list[str]:
    """Return what the list of the palette offers."""
    commands = pilot.app.screen.query_one(CommandList)
    return [str(option.prompt) for option in commands.options]


async def test_each_entry_is_one_line_with_its_key(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("colon")
        await seen(pilot, lambda: any("New, or the kept draft" in entry for entry in entries(pilot)))
        offered = entries(pilot)
        assert not [entry for entry in offered if "\n" in entry]
        assert [entry.split()[0] for entry in offered if "New, or the kept draft" in entry] == ["n"]
        await pilot.press(*"health")
        await seen(pilot, lambda: [entry.split()[:2] for entry in entries(pilot)][:1] == [["3", "Health:"]])
        await pilot.press("enter")
        await seen(pilot, lambda: "Arrivals" in shown(pilot))


async def test_the_looks_are_the_three_of_this_program(world: World) -> None:
    app = contractor(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("colon")
        await seen(pilot, lambda: any("Look" in entry for entry in entries(pilot)))
        looks = [entry.strip() for entry in entries(pilot) if "Look:" in entry]
        assert looks == ["Look: dusk", "Look: paper", "Look: contrast"]
        for word in ("theme", "colour"):
            await pilot.press("ctrl+u", *word)
            await seen(pilot, lambda: [entry.strip() for entry in entries(pilot)] == looks)
        await pilot.press("ctrl+u")
        assert "nord" not in str(entries(pilot)) and "Theme" not in str(entries(pilot))
        await pilot.press(*"paper")
        await seen(pilot, lambda: [entry.strip() for entry in entries(pilot)] == ["Look: paper"])
        await pilot.press("enter")
        await seen(pilot, lambda: app.theme == "paydesk-paper")
