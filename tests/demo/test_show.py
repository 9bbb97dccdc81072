"""The demo on the screen: both desks or one at a time, the story between them, and a person who steps in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from textual.pilot import Pilot

from paydesk.cli.demo.app import ShowApp
from paydesk.cli.demo.people import READS_S, RESTS_S, YOURS_S
from paydesk.cli.demo.story import StoredEvent, happened
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.tui.widgets.lines import Line
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import Clock, seen, shown

SIZES = [(80, 24), (120, 36), (160, 45)]
FIRST = UUID(int=0x0199_0000_0000_7000_8000_0000_0000_0001)


def events_of(world: World) -> list[StoredEvent]:
    """Return what the contractor's side said, 12 ms to Kafka, 18 ms to the manager's side."""
    events = []
    for request in world.requests.values():
        at = request.requested_at
        into, seen_at = at + timedelta(milliseconds=12), at + timedelta(milliseconds=18)
        events.append(
            StoredEvent(str(request.id), request.id, "paydesk.payment_requested.v1", at, into, into, "topic", 0, 0,
                 request.contractor, False, seen_at, str(request.terms.money), request.terms.description)
        )  # fmt: skip
    return events


@pytest.mark.fault(kind="A time of the demonstration is right, or none is told.", mended="cli/demo/story.py")
@pytest.mark.parametrize("early", [timedelta(days=-20_787), timedelta(milliseconds=-1)], ids=str)
@pytest.mark.parametrize(
    ("clock", "times"),
    [
        ("log_append_time", ["12", "ms", "18", "ms"]),
        ("published_at", ["queued", "18", "ms"]),
        ("seen_at", ["12", "ms"]),
    ],
)
def test_no_time_is_told_that_two_clocks_cannot_give(clock: str, times: list[str], early: timedelta) -> None:
    event = events_of(with_one(World()))[0]
    event = replace(event, **{clock: event.said_at + early})  # A broker in memory says that it is 1970.
    _, *words = happened(event, None).partition(event.actor)[0].split()
    assert words == times


def show(world: World, looked: Callable[[], object] = lambda: None) -> ShowApp:
    def tell() -> list[StoredEvent]:
        looked()
        return events_of(world)

    return ShowApp(
        lambda: FakeContractorDesk(world, "studio-nord"),
        lambda: FakeManagerDesk(world, "accounts", hold_s=2),
        tell,
        now=world.clock,
        clock=Clock(),
    )


def with_one(world: World) -> World:
    """Have one request stand on both desks."""
    terms = checked_terms("1200", "EUR", "Logo design, August")
    FakeContractorDesk(world, "studio-nord").execute(UUID(int=9), RequestPayment(FIRST, "studio-nord", terms))
    return world


def says(pilot: Pilot[None]) -> str:
    """Return the line at the top."""
    return pilot.app.screen_stack[0].query_one("#demo", Line).text


async def stands(pilot: Pilot[None], words: str) -> None:
    await seen(pilot, lambda: words in says(pilot))


def picture(*keys: str, says_then: str) -> Callable[[Pilot[None]], Any]:
    async def run(pilot: Pilot[None]) -> None:
        await seen(pilot, lambda: "studio-nord requested" in shown(pilot))
        await pilot.press(*keys)
        await stands(pilot, says_then)
        await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_both_desks(snap_compare: Any, size: tuple[int, int]) -> None:
    looks = picture(says_then="next, in 4 s: accounts rejects PR-1001")
    assert snap_compare(show(with_one(World())), terminal_size=size, run_before=looks)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_other_desk_with_the_keys(snap_compare: Any, size: tuple[int, int]) -> None:
    looks = picture("tab", "j", says_then="this desk is yours")
    assert snap_compare(show(with_one(World())), terminal_size=size, run_before=looks)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_before_anything_happened(snap_compare: Any, size: tuple[int, int]) -> None:
    async def run(pilot: Pilot[None]) -> None:
        await stands(pilot, "next, in 3 s: studio-nord requests a payment")

    assert snap_compare(show(World()), terminal_size=size, run_before=run)


async def test_tab_moves_the_keys_and_one_desk_is_shown_at_a_time() -> None:
    app = show(with_one(World()))
    async with app.run_test(size=(80, 24)) as pilot:
        await stands(pilot, "next")
        assert app.contractor.display and not app.manager.display
        await pilot.press("tab")
        await seen(pilot, lambda: app.manager.display and not app.contractor.display)
        assert app.focused is app.manager.table
        await pilot.resize_terminal(160, 45)
        await seen(pilot, lambda: app.manager.display and app.contractor.display)
        await pilot.press("shift+tab")
        assert app.focused is app.contractor.table


async def test_the_simulated_people_go_the_whole_way() -> None:
    world = World()
    async with show(world).run_test(size=(120, 36)) as pilot:
        await stands(pilot, "next, in 3 s: studio-nord requests a payment")
        world.now += timedelta(seconds=RESTS_S)
        await seen(pilot, lambda: len(world.requests) == 1)
        request = next(iter(world.requests))
        desk = FakeContractorDesk(world)
        await stands(pilot, "accounts rejects PR-1001")
        world.now += timedelta(seconds=READS_S)
        await seen(pilot, lambda: request in world.holds)
        world.now += timedelta(seconds=2)
        await seen(pilot, lambda: desk.copy(request).status is Status.REJECTED)
        await stands(pilot, "studio-nord revises PR-1001")
        world.now += timedelta(seconds=READS_S)
        await stands(pilot, "accounts approves PR-1001")
        world.now += timedelta(seconds=READS_S)
        await seen(pilot, lambda: request in world.holds)
        world.now += timedelta(seconds=2)
        await seen(pilot, lambda: desk.copy(request).status is Status.ACCEPTED)


async def test_a_key_makes_a_desk_the_persons_for_a_while() -> None:
    world = with_one(World())
    async with show(world).run_test(size=(120, 36)) as pilot:
        await stands(pilot, "accounts rejects PR-1001")
        await pilot.press("tab", "j")
        await stands(pilot, "this desk is yours")
        world.now += timedelta(seconds=READS_S)
        await pilot.press("a")
        await seen(pilot, lambda: FIRST in world.decisions)
        assert FakeManagerDesk(world).copy(FIRST).status is Status.ACCEPTED
        await pilot.press("u")
        await seen(pilot, lambda: FIRST not in world.decisions)
        world.now += timedelta(seconds=YOURS_S - 5)
        await stands(pilot, "for 5 s more")
        world.now += timedelta(seconds=5)
        await seen(pilot, lambda: FIRST in world.decisions)
        assert FakeManagerDesk(world).copy(FIRST).status is Status.REJECTED


@pytest.mark.long
async def test_f2_holds_the_simulated_people() -> None:
    world, looks = with_one(World()), list[None]()
    async with show(world, lambda: looks.append(None)).run_test(size=(120, 36)) as pilot:
        await stands(pilot, "accounts rejects PR-1001")
        await pilot.press("f2")
        await stands(pilot, "paused")
        world.now += timedelta(seconds=3 * READS_S)
        enough = len(looks) + 3
        await seen(pilot, lambda: len(looks) > enough)
        assert FIRST not in world.decisions
        await pilot.press("f2")
        await seen(pilot, lambda: FIRST in world.decisions)
