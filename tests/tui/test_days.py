"""Days at a desk: what is said of keys, marks and links is what became of them."""

from dataclasses import replace
from uuid import UUID

import pytest

from paydesk.domain.commands import Decide
from paydesk.infra.core.health import Duty, Health, Part, PartState
from paydesk.infra.core.query import Result
from paydesk.infra.worker.context import HealthState
from paydesk.manager.dialogs.bulk import BulkDialog
from paydesk.manager.dialogs.reject import CauseDialog
from paydesk.tui import outside
from paydesk.tui.text.health import health_report
from paydesk.tui.text.wording import health_words
from tests.fakes import WELL, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown

KEYS = pytest.mark.fault(kind="What is said of keys and marks is what became of them.", mended="manager/decisions.py")
UNKNOWN = pytest.mark.fault(
    kind="What is not known is never painted as well: it is told, and since when.", mended="tui/text/health.py"
)
BESIDE = pytest.mark.fault(
    kind="What a desk hands to a browser or a clipboard says what became of it, and shows it to copy.",
    mended="tui/outside.py",
)
AWAY = Part(PartState.DOWN, "Kafka does not answer.")


@KEYS
@pytest.mark.parametrize("keys", [("slash", *"cur:EUR", "enter"), ("d",), ("escape",)], ids=str)
async def test_marks_that_are_taken_off_are_told_at_that_moment(world: World, keys: tuple[str, ...]) -> None:
    async with manager(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await pilot.press("space", "space", "space")
        await seen(pilot, lambda: "3 marked" in shown(pilot), 20)
        await pilot.press(*keys)
        await seen(pilot, lambda: "3 marks were taken off." in shown(pilot), 20)


@KEYS
async def test_a_key_that_is_held_where_no_row_is_decided_nothing() -> None:
    async with manager(World(), clock=lambda: 0.01).run_test(size=(80, 24)) as pilot:
        await seen(pilot, lambda: "Nothing waits" in shown(pilot), 20)
        await pilot.press("a")
        await seen(pilot, lambda: "Nothing is here to decide yet." in shown(pilot), 20)
        await pilot.press("a")
        await seen(pilot, lambda: "Key held: nothing was decided, 1 ignored." in shown(pilot), 20)


@KEYS
async def test_u_while_many_are_being_approved_stops_and_takes_back(world: World) -> None:
    async with manager(world, desk=Stopping(world)).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("asterisk")
        await seen(pilot, lambda: "6 marked" in shown(pilot), 20)
        await pilot.press("a")
        await seen(pilot, lambda: "y approve" in shown(pilot), 20)
        await pilot.press("y")
        await seen(pilot, lambda: "u stops, and takes back what is held" in shown(pilot), 20)
        await pilot.press("u")
        await seen(pilot, lambda: "nothing was sent" in shown(pilot), 20)
        assert not world.holds and len(world.decisions) == 2, "the two of the scene"
        assert not isinstance(pilot.app.screen, BulkDialog)


class Stopping(FakeManagerDesk):
    """Decides only while somebody looks."""

    def decided(self, key: UUID, command: Decide, hold_s: float) -> Result:
        import time

        time.sleep(0.3)
        return super().decided(key, command, hold_s)


@pytest.mark.long
@KEYS
@pytest.mark.parametrize("digit", "12345")
async def test_any_cause_takes_a_note(world: World, digit: str) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        first = table.rows[0].id
        await pilot.press("x")
        await seen(pilot, lambda: isinstance(pilot.app.screen, CauseDialog) and "n adds a note" in shown(pilot), 20)
        await pilot.press("n", digit, *"told by phone", "enter")
        await seen(pilot, lambda: first in world.decisions, 20)
        cause = world.decisions[first].cause
        assert cause is not None and cause.note == "told by phone"


@UNKNOWN
def test_what_kafka_alone_can_tell_is_not_known_while_it_is_away() -> None:
    health = replace(WELL, kafka=AWAY, kafka_silent_s=180.0, unsent=0)
    parts = {part.name: part for part in health_report(health, "contractor")}
    assert parts["Worker"].state == "◔ waits" and parts["Worker"].now == "for Kafka"
    assert parts["Arrivals"].state == "◔ not known" and parts["Arrivals"].now == "Kafka answered last 3 min ago"
    assert parts["Outbox"].state == "✓ empty", "it was counted a moment ago"


@UNKNOWN
def test_what_was_counted_long_ago_says_so_and_what_never_was_is_not_known() -> None:
    old = {part.name: part for part in health_report(replace(WELL, counted_s=12.0), "contractor")}
    assert (old["Outbox"].state, old["Outbox"].now) == ("◔ empty", "as of 12 s ago")
    never = {part.name: part for part in health_report(replace(WELL, counted_s=None), "contractor")}
    assert never["Outbox"].state == "◔ not known"
    gone = {part.name: part for part in health_report(replace(WELL, postgres=Part(PartState.DOWN)), "manager")}
    assert gone["Outbox"].state == "◔ not known" and gone["Worker"].now == "for the database"


@UNKNOWN
def test_nothing_is_well_before_anything_is_known() -> None:
    assert [part.name for part in health_report(Health(), "contractor") if part.well] == []
    line = health_words(Health(duty=Duty.WORKING), "contractor").text
    assert "✓" not in line and "outbox ?" in line and "lag ?" in line


@UNKNOWN
def test_a_board_keeps_since_when_kafka_and_the_count_are_silent() -> None:
    board = HealthState()
    assert board.health("").counted_s is None and board.health("").kafka_silent_s is None
    board.kafka_ok()
    board.tell(unsent=0)
    board.kafka_down("Kafka does not answer.")
    health = board.health("")
    assert health.counted_s is not None and health.kafka_silent_s is not None


@BESIDE
async def test_a_link_without_a_browser_is_shown_to_copy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paydesk.tui.desk.pane.opens", lambda _: False)
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        pilot.app.open_url("https://docs.example.org/81")
        await seen(pilot, lambda: "No browser" in shown(pilot) and "https://docs.example.org/81" in shown(pilot), 20)


@BESIDE
def test_a_browser_of_the_terminal_never_paints_over_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    for name in ("w3m", "/usr/bin/lynx", "www-browser"):
        monkeypatch.setattr(webbrowser, "get", lambda name=name: webbrowser.GenericBrowser(name))
        assert not outside.opens("https://example.org")


@BESIDE
def test_what_became_of_a_number_that_was_copied_is_said_for_each_terminal() -> None:
    assert "`set -g set-clipboard on`" in outside.copied("PR-1", {"TMUX": "/tmp/tmux"})
    assert "mark it here" in outside.copied("PR-1", {"STY": "1"})
    assert "PR-1 was sent to the terminal's clipboard" in outside.copied("PR-1", {})


@BESIDE
async def test_a_click_on_the_row_under_the_cursor_opens_it_however_late(world: World) -> None:
    async with manager(world).run_test(size=(80, 24)) as pilot:
        table = await opened(pilot)
        await seen(pilot, lambda: "oldest 5 d" in shown(pilot), 20)
        await pilot.pause(0.3)
        await pilot.click(table, offset=(5, 2))
        await seen(pilot, lambda: table.current == table.rows[1], 20)
        assert len(pilot.app.screen_stack) == 1
        await pilot.pause(0.8)
        await pilot.click(table, offset=(5, 2))
        await seen(pilot, lambda: len(pilot.app.screen_stack) == 2, 20)
