"""What stays between starts: filter, order, look and pane; and the first hint, which comes once."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from paydesk.contractor.app import ContractorApp
from paydesk.contractor.home import ContractorHome
from paydesk.manager.app import ManagerApp
from paydesk.manager.preview import Preview
from paydesk.tui.state import KeptFiles, KeptView
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import Clock, opened, seen, shown

HINT = "n asks for a payment · ? shows all keys · esc hides this line"


def contractor(world: World, view: Path, look: str = "") -> ContractorApp:
    return ContractorApp(lambda: FakeContractorDesk(world), now=world.clock, files=KeptFiles(view=view), look=look)


def manager(world: World, view: Path, stack: str = "embedded") -> ManagerApp:
    desk = FakeManagerDesk(world)
    desk.stack = stack
    return ManagerApp(lambda: desk, now=world.clock, monotonic=Clock(), files=KeptFiles(view=view))


def kept(view: Path) -> Mapping[str, object]:
    document: dict[str, object] = json.loads(view.read_text())
    return document


@pytest.fixture
def view(tmp_path: Path) -> Path:
    """A file of who has used a desk before."""
    file = tmp_path / "state" / "view.json"
    KeptView(file).tip_was_seen()
    return file


async def test_the_next_start_shows_the_list_as_it_was_left(world: World, view: Path) -> None:
    async with manager(world, view).run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        assert not pilot.app.query_one(Preview).display
        await pilot.press("s", "p", "slash", *"cur:EUR", "enter")
        await seen(pilot, lambda: "3 waiting   cur:EUR   newest first" in shown(pilot))
    async with manager(world, view).run_test(size=(120, 36)) as pilot:
        await seen(pilot, lambda: "3 waiting   cur:EUR   newest first" in shown(pilot))
        assert "The list is as you left it: cur:EUR." in shown(pilot)
        assert pilot.app.query_one(Preview).display
        await pilot.press("escape")
        await seen(pilot, lambda: "6 waiting" in shown(pilot))
        assert "as you left it" not in shown(pilot), "it is not, since"
    async with manager(world, view, "production").run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "6 waiting" in shown(pilot))
        assert "newest first" not in shown(pilot) and not pilot.app.query_one(Preview).display
    assert kept(view)["stacks"] == {"embedded": {"sort": "newest first", "peek": True, "filter": ""}}


async def test_a_list_without_a_filter_that_was_left_so_is_called_by_what_it_shows(world: World, view: Path) -> None:
    KeptView(view).keep("embedded", filter="")
    async with contractor(world, view).run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "The list is as you left it: all requests." in shown(pilot))


async def test_what_is_chosen_before_the_desk_is_open_wins(world: World, view: Path) -> None:
    KeptView(view).keep("embedded", filter="cur:USD", sort="oldest first")
    async with contractor(world, view).run_test(size=(80, 24)) as pilot:
        await pilot.press("m")
        await seen(pilot, lambda: "8 requests   everyone (m shows yours)   oldest first" in shown(pilot))
        assert "oldest first" in shown(pilot)


async def test_a_look_that_is_chosen_stays_and_one_that_is_asked_for_wins(
    world: World, view: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAYDESK_THEME", raising=False)
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    async with contractor(world, view).run_test(size=(80, 24)) as pilot:
        pilot.app.theme = "paydesk-paper"
        await seen(pilot, lambda: kept(view).get("theme") == "paydesk-paper")
    assert contractor(world, view).theme == "paydesk-paper"
    assert contractor(world, view, "contrast").theme == "paydesk-contrast"
    monkeypatch.setenv("PAYDESK_THEME", "dusk")
    asked = contractor(world, view)
    assert asked.theme == "paydesk-dusk"
    async with asked.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
    assert kept(view)["theme"] == "paydesk-paper", "for one start alone"


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[1]",
        '{"theme": 3, "hinted": true, "stacks": []}',
        '{"theme": "sepia", "hinted": true, "stacks": {"embedded": {"sort": "no way", "filter": "x", "peek": 1}}}',
        '{"hinted": true, "stacks": {"embedded": {"sort": 7, "filter": "amt>>", "peek": "yes"}}}',
    ],
)
async def test_a_broken_file_is_not_taken_and_told_in_the_log(
    world: World, view: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    view.write_text(text)
    async with manager(world, view).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "6 waiting" in shown(pilot))
        assert not pilot.app._notifications, "nobody asked for a look"
        await pilot.press("s")
        await seen(pilot, lambda: "newest first" in shown(pilot))
    assert kept(view)["stacks"]["embedded"]["sort"] == "newest first"  # type: ignore[index]
    assert bool(caplog.records) is ("not json" in text or "way" in text or ">>" in text)


def test_a_folder_that_cannot_be_written_keeps_nobody_from_working(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    view = KeptView(tmp_path / "file" / "view.json")
    view.keep("embedded", sort="due first")
    assert view.of("embedded") == {}


@pytest.mark.parametrize("key", ["escape", "question_mark"])
async def test_who_is_new_is_told_once_how_to_begin(world: World, tmp_path: Path, key: str) -> None:
    view = tmp_path / "view.json"
    async with contractor(world, view).run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: HINT in shown(pilot))
        await pilot.press("W")
        assert HINT in shown(pilot), "that key does nothing"
        await pilot.press(key)
        await seen(pilot, lambda: HINT not in shown(pilot))
        assert ("from:me" in shown(pilot)) is (key == "escape"), "esc goes back one thing a press"
    assert not KeptView(view).tip_due
    async with contractor(world, view).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: "4 requests" in shown(pilot))
        assert not any(pane.lines.tip_stands for pane in pilot.app.panes)  # type: ignore[attr-defined]


async def test_a_key_that_does_something_ends_the_hint_and_leaves_what_was_said_since(
    world: World, tmp_path: Path
) -> None:
    async with contractor(world, tmp_path / "view.json").run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: HINT in shown(pilot))
        pilot.app.query_one(ContractorHome).notice("Something else was said.")
        await pilot.press("m")
        await seen(pilot, lambda: "everyone" in shown(pilot))
        assert "Something else was said." in shown(pilot) and not KeptView(tmp_path / "view.json").tip_due


async def test_the_manager_is_told_of_the_keys_that_decide(world: World, tmp_path: Path) -> None:
    hint = "a approves · x rejects · ? shows all keys · esc hides this line"
    async with manager(world, tmp_path / "view.json").run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await seen(pilot, lambda: hint in shown(pilot))
        await pilot.press("a")
        await seen(pilot, lambda: "u undo" in shown(pilot) and hint not in shown(pilot))


async def test_inbox_and_decided_list_have_an_order_each(world: World, view: Path) -> None:
    async with manager(world, view).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("s")
        await seen(pilot, lambda: "newest first" in shown(pilot))
        await pilot.press("d")
        await seen(pilot, lambda: "last decided first" in shown(pilot))
        await pilot.press("s", "s")
        await seen(pilot, lambda: "last decided first" not in shown(pilot))
        await pilot.press("d")
        await seen(pilot, lambda: "newest first" in shown(pilot))
    assert kept(view)["stacks"]["embedded"]["sort"] == "newest first"  # type: ignore[index]
