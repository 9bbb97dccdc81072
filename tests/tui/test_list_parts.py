"""The parts of the list that both desks share, each without an application."""

import pytest

from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import EVERYTHING, MINE
from paydesk.infra.core.query import News, PageQuery, Result, Sort
from paydesk.tui.desk.choice import ListChoice
from paydesk.tui.desk.command_queue import CommandQueue, Leaving, run_command
from paydesk.tui.desk.leading_edge import LeadingEdge
from paydesk.tui.desk.loader import PageLoader, open_desk, read_page
from paydesk.tui.desk.totals_cache import COUNTING, CountStep, TotalsCache, counted_of, read_totals
from paydesk.tui.messages import (
    DeskFailed,
    DeskMade,
    DeskOpened,
    DeskStarted,
    NewsCame,
    PageRead,
    ReadFailed,
    TotalsRead,
)
from tests.fakes import FakeContractorDesk, World

ALL = PageQuery()
EUROS = counted_of(PageQuery(parse_filter("cur:EUR")))


@pytest.fixture
def desk(world: World) -> FakeContractorDesk:
    return FakeContractorDesk(world)


# Reading.


def test_a_desk_says_how_far_it_is_when_it_opens_and_why_it_cannot(desk: FakeContractorDesk, world: World) -> None:
    posted: list[object] = []
    loader = PageLoader(lambda: 10.0)
    open_desk(lambda: desk, posted.append, loader)
    assert [type(message) for message in posted] == [DeskMade, DeskOpened, DeskStarted]
    changed = next(iter(world.requests))
    world.tell(changed)
    world.tell(changed)
    assert [type(message) for message in posted[3:]] == [NewsCame], "the second follows closely"
    assert loader.due() == News(frozenset({changed}))
    world.down = True
    open_desk(lambda: desk, posted.append, loader)
    assert isinstance(posted[-1], DeskFailed)


def test_nothing_is_read_before_the_desk_is_open_and_one_reading_at_a_time(desk: FakeContractorDesk) -> None:
    now = [10.0]
    loader = PageLoader(lambda: now[0])
    assert not loader.begin()
    loader.is_open = True
    assert loader.begin() and not loader.begin(), "the second is done after the first"
    read = read_page(desk, loader.query(ALL))
    assert isinstance(read, PageRead)
    loader.end()
    assert loader.take(read, ALL, (), 0) and loader.rest() and loader.begin()
    loader.end()
    assert not loader.rest(), "nothing came meanwhile"


def test_rows_of_another_query_are_not_taken_and_those_that_are_wanted_are_read(desk: FakeContractorDesk) -> None:
    loader = PageLoader(lambda: 10.0)
    loader.is_open = True
    assert loader.begin()
    read = read_page(desk, loader.query(ALL))
    loader.end()
    assert isinstance(read, PageRead) and not loader.take(read, EUROS, (), 0) and loader.rest()


def test_what_changed_is_read_once_it_is_time_and_all_of_it_together(world: World) -> None:
    now, (one, two, *_) = [10.0], [*world.requests]
    loader = PageLoader(lambda: now[0])
    loader.is_open = True
    assert loader.due() is None
    loader.note(News(frozenset({one})))
    loader.note(News(frozenset({two})))
    loader.begin()
    assert loader.due() is None, "a reading is under way"
    loader.end()
    loader.rest()
    assert loader.due() is None, "they rest"
    now[0] += 1
    assert loader.due() == News(frozenset({one, two})) and loader.due() is None
    loader.note(News(frozenset({one})))
    loader.note(News(None))
    assert loader.due() == News(None), "everything may have changed"


def test_what_comes_after_a_rest_is_the_first_and_a_stream_is_gathered_until_it_rests() -> None:
    now = [0.0]
    edge = LeadingEdge(0.125, lambda: now[0])
    assert edge.is_first() and not edge.is_first()
    for _ in range(10):
        now[0] += 0.1
        assert not edge.is_first(), "it follows closely"
    now[0] += 0.125
    assert edge.is_first() and not edge.is_first()


def test_of_a_stream_no_more_are_firsts_than_the_intervals_that_it_lasts() -> None:
    now = [0.0]
    for apart_s in (0.001, 0.05, 0.124, 0.125, 0.126, 0.2, 1.0):
        edge, began = LeadingEdge(0.125, lambda: now[0]), now[0]
        firsts = 0
        while now[0] < began + 10:
            firsts += edge.is_first()
            now[0] += apart_s
        assert firsts <= 10 / 0.125


def test_what_cannot_be_read_is_handed_on_as_it_is(desk: FakeContractorDesk, world: World) -> None:
    world.down = True
    assert isinstance(read_page(desk, ALL), ReadFailed)


# Counting.


def counts(cache: TotalsCache, query: PageQuery, *, ready: bool = True, quiet: bool = True) -> CountStep:
    return cache.step(query, ready=ready, key_done=False, quiet=quiet)


def test_rows_are_counted_once_and_then_the_count_rests(desk: FakeContractorDesk) -> None:
    cache = TotalsCache()
    assert cache.text(EUROS) == COUNTING and counts(cache, EUROS, ready=False) == CountStep() and cache.owed
    assert counts(cache, EUROS) == CountStep(count=True) and counts(cache, EUROS) == CountStep(), "it is under way"
    read = read_totals(desk, EUROS)
    cache.take(read)
    assert cache.show(read) and cache.total == 4 and not cache.text(EUROS)
    assert counts(cache, EUROS) == CountStep() and cache.owed, "it rests"


def test_rows_of_another_filter_are_looked_at_for_a_moment_before_they_are_counted(desk: FakeContractorDesk) -> None:
    cache, everything = TotalsCache(), counted_of(ALL)
    counts(cache, EUROS)
    read = read_totals(desk, EUROS)
    cache.take(read)
    cache.show(read)
    assert counts(cache, everything) == CountStep(later=True)
    assert cache.stale(everything) and cache.text(everything) == COUNTING
    assert counts(cache, everything) == CountStep(count=True)
    assert counts(cache, EUROS) == CountStep(show=read, later=True), "it was counted a moment ago"


def test_while_keys_are_pressed_only_rows_that_were_never_counted_are_counted() -> None:
    cache = TotalsCache()
    assert counts(cache, EUROS, quiet=False) == CountStep(count=True)
    old = TotalsRead(EUROS, (), took_s=0.0)
    cache.take(old)
    cache.show(old)
    cache.counts.__init__()  # type: ignore[misc]
    assert counts(cache, EUROS, quiet=False) == CountStep() and cache.owed
    assert cache.step(EUROS, ready=True, key_done=True, quiet=False) == CountStep(count=True)


def test_a_count_that_failed_is_not_shown(desk: FakeContractorDesk, world: World) -> None:
    world.down = True
    cache, read = TotalsCache(), read_totals(desk, EUROS)
    assert read.totals is None and not cache.show(read) and cache.total == 0


# Commands.


def test_commands_run_one_after_the_other_in_the_order_of_the_keys(desk: FakeContractorDesk, world: World) -> None:
    queue, results = CommandQueue[FakeContractorDesk](), list[object]()
    first, second = [*world.requests][:2]
    for each in (first, second):
        queue.add(lambda desk, each=each: Result(desk.copy(each)), lambda result, _: results.append(result))  # type: ignore[misc]
    command = queue.next()
    assert command is not None and queue.next() is None and queue.busy, "one runs"
    ended = run_command(desk, *command)
    assert isinstance(ended.outcome, Result) and ended.outcome.copy.id == first
    queue.end()
    assert queue.next() is not None
    queue.end()
    assert not queue.busy and queue.next() is None


def test_a_command_that_is_refused_ends_with_the_reason(desk: FakeContractorDesk, world: World) -> None:
    world.down = True
    ended = run_command(desk, lambda desk: Result(desk.detail(next(iter(world.requests))).copy), lambda *_: None)
    assert isinstance(ended.outcome, Exception)


def test_who_quits_leaves_once_all_is_done_or_after_a_while_and_stays_where_it_is_refused() -> None:
    leaving, left = Leaving(), list[str]()
    leaving.go_if_done(busy=False, now=0)
    leaving.ask(lambda: left.append("done"), now=10, within_s=5)
    leaving.go_if_done(busy=True, now=12)
    assert leaving.asked and not left
    leaving.go_if_done(busy=False, now=12)
    assert left == ["done"] and not leaving.asked
    leaving.ask(lambda: left.append("late"), now=10, within_s=5)
    leaving.go_if_done(busy=True, now=16)
    leaving.ask(lambda: left.append("never"), now=10, within_s=5)
    leaving.stay()
    leaving.go_if_done(busy=False, now=11)
    assert left == ["done", "late"]


# Choosing.


def test_what_was_left_is_shown_again_but_for_what_was_chosen_meanwhile() -> None:
    left = {"filter": "cur:EUR", "sort": Sort.LARGEST.value}
    choice, later = ListChoice(), ListChoice()
    assert choice.restore(left) and str(choice.filter) == "cur:EUR" and choice.order is Sort.LARGEST
    assert not choice.restore(left), "it is shown already"
    assert later.choose(MINE) and not later.choose(MINE)
    later.order = Sort.DUE
    assert not later.restore(left) and later.filter == MINE and later.order is Sort.DUE
    assert not ListChoice().restore({}) and ListChoice().filter == EVERYTHING


def test_the_next_order_is_the_one_after_that_which_is_shown_and_after_the_last_comes_the_first() -> None:
    choice, sorts = ListChoice(), (Sort.OLDEST, Sort.LARGEST)
    assert choice.sort(sorts) is Sort.OLDEST, "the usual one"
    assert [choice.next_sort(sorts) for _ in range(3)] == [Sort.LARGEST, Sort.OLDEST, Sort.LARGEST]
    assert choice.sort((Sort.DECIDED, Sort.OLDEST)) is Sort.DECIDED, "that list has no such order"
