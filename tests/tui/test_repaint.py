"""How little is done for a frame: nothing is laid out anew for other words, and who paints has the right of way."""

import os
import subprocess
import sys
from uuid import UUID

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from paydesk.domain.copy import StatusTotal
from paydesk.infra.core import ui_priority
from paydesk.infra.core.query import News, PageQuery
from paydesk.manager.inbox import ManagerInbox
from paydesk.tui.desk.loader import Turns
from paydesk.tui.desk.totals_cache import LastCounts
from paydesk.tui.widgets.lines import put
from tests.fakes import FakeManagerDesk, World
from tests.tui.conftest import manager, opened, seen, shown
from tests.tui.test_window import asked


@pytest.fixture
def layouts(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that gets an entry each time that a screen is laid out."""
    paints: list[None] = []
    lay_out = Screen._refresh_layout

    def noted(self: Screen[None], *args: object, **options: object) -> None:
        paints.append(None)
        lay_out(self, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Screen, "_refresh_layout", noted)
    return paints


class Words(App[None]):
    """A text of as many lines as it needs, and nothing else."""

    def compose(self) -> ComposeResult:
        static = Static()
        static.styles.height = "auto"
        yield static


@pytest.mark.parametrize(
    ("before", "after", "anew"),
    [
        ("one\ntwo", "three\nfour", False),
        ("one", "one\ntwo", True),
        ("one\ntwo", "one", True),
        ("one", "longer than a line of this " * 4, True),
        ("longer than a line of this " * 4, "one", True),
        ("", "one", False),
    ],
)
async def test_other_words_on_as_many_lines_are_painted_in_place(
    layouts: list[None], before: str, after: str, anew: bool
) -> None:
    async with Words().run_test(size=(80, 24)) as pilot:
        static = pilot.app.query_one(Static)
        put(static, Content(before))
        await pilot.pause(0.05)
        layouts.clear()
        put(static, Content(after))
        await seen(pilot, lambda: layouts or not anew)
        await seen(pilot, lambda: after.split()[0] in shown(pilot))
        await pilot.pause(0.05)
        assert bool(layouts) is anew


async def test_a_long_list_grows_without_a_new_layout(layouts: list[None]) -> None:
    world = World()
    world.requests = {register.id: register for register in map(asked, range(100))}
    async with manager(world).run_test(size=(100, 30)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: table.virtual_size.height == 101 and "100" in shown(pilot))
        await pilot.pause(0.05)
        layouts.clear()
        for place in range(100, 140):
            world.requests[UUID(int=place + 1)] = asked(place)
        pilot.app.panes[0].read(News(None))  # type: ignore[attr-defined]
        await seen(pilot, lambda: table.virtual_size.height == 141)
        await seen(pilot, lambda: table.vertical_scrollbar.window_virtual_size == 141)
        await seen(pilot, lambda: "140" in shown(pilot))
        assert not layouts
        await pilot.press("G")
        await seen(pilot, lambda: "▸ PR-0139" in shown(pilot))
        assert round(table.scroll_y) == table.max_scroll_y


async def test_a_key_has_the_right_of_way_until_its_frame_stands(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: table.current)
        monkeypatch.setattr(ui_priority, "take", lambda: written.append("take"))
        monkeypatch.setattr(ui_priority, "leave", lambda: written.append(table.current.number if table.current else ""))
        first = table.current
        await pilot.press("j")
        await seen(pilot, lambda: written and written[-1] != "take")
        assert table.current is not None and table.current != first
        assert written == ["take", table.current.number]


def test_rows_are_read_when_a_key_is_done_and_not_when_the_next_may_come() -> None:
    turns = Turns()
    assert turns.due(10.0, False), "nobody presses keys"
    assert turns.due(10.1, True)
    assert not turns.due(10.2, False), "the next key may come"
    turns.rest(began=10.19, now=10.2)
    assert not turns.due(10.3, True), "they rest"
    assert turns.due(10.6, True)
    assert not turns.due(10.7, False)
    assert turns.due(10.9, False), "no key came"


async def test_what_changes_after_a_rest_is_read_without_waiting_for_the_next_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DRAIN_S", "READ_AGAIN_S", "READ_AGAIN_NOT_LIVE_S"):
        monkeypatch.setattr(f"paydesk.tui.desk.pane.{name}", 3600.0)
    async with manager(world).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        monkeypatch.setattr(Turns, "due", lambda *_: True)
        added = asked(77)
        world.requests[added.id] = added
        world.tell(added.id)
        await seen(pilot, lambda: "1 new between these" in shown(pilot))


async def test_sums_are_counted_anew_when_a_key_is_done_and_not_when_the_next_may_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[PageQuery] = []

    class Desk(FakeManagerDesk):
        def totals(self, query: PageQuery) -> tuple[StatusTotal, ...]:
            counted.append(query)
            return super().totals(query)

    async with manager(world, desk=Desk(world)).run_test(size=(80, 24)) as pilot:
        pane = pilot.app.screen.query_one(ManagerInbox)
        await seen(pilot, lambda: pane.totals.total == 6)
        monkeypatch.setattr(LastCounts, "resting", lambda *_: None)
        monkeypatch.setattr(Turns, "quiet", lambda *_: False)
        await seen(pilot, lambda: not pane.totals.counting)
        counted.clear()
        pane.count()
        await pilot.pause(0.05)
        assert not counted, "the next key may come"
        pane.drain(key_done=True)
        await seen(pilot, lambda: counted)


READ = "import contextlib, paydesk.__main__ as m\nwith contextlib.suppress(SystemExit):\n    m.main()\n"
READ += "from textual import constants\nprint(constants.MAX_FPS)"


@pytest.mark.parametrize(("environment", "frames"), [({}, "120"), ({"TEXTUAL_FPS": "30"}, "30")])
def test_a_program_paints_as_often_as_is_said(environment: dict[str, str], frames: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"} | environment
    ran = subprocess.run([sys.executable, "-c", READ, "--version"], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == frames
