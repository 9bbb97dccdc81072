"""The parts of the manager's desk, each without an application."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from paydesk.domain.commands import decision_on
from paydesk.domain.copy import RequestCopy
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import EVERYTHING
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import ANSWERED, WAITING, Status
from paydesk.infra.core.query import Page, PageQuery, Sort
from paydesk.manager import reach
from paydesk.manager.bulk import Batch
from paydesk.manager.bulk_actions import BulkActions, read_question
from paydesk.manager.decisions import DecisionKeys, why_not
from paydesk.manager.duplicate_watch import REST_S, DuplicatesRead, DuplicateWatch, read_duplicates
from paydesk.manager.held_decisions import AWAIT_S, CursorReturn, HeldDecisions, UnderWay
from paydesk.manager.inbox_rows import StandingRows
from paydesk.manager.port import ManagerDesk
from paydesk.manager.reach import MAX_MARKED, Reach, read_marks
from paydesk.manager.selection import Selection
from paydesk.manager.views import Views
from paydesk.tui.table.window import Edges
from tests.fakes import NOON, FakeManagerDesk, World
from tests.tui.list_pane import FakeListPane

INBOX = PageQuery(statuses=frozenset({Status.PENDING}), sort=Sort.OLDEST)


@pytest.fixture
def desk(world: World) -> FakeManagerDesk:
    return FakeManagerDesk(world)


@pytest.fixture
def rows(desk: FakeManagerDesk) -> list[RequestCopy]:
    """Return what waits, oldest first."""
    return list(desk.page(INBOX).rows)


@pytest.fixture
def pane(desk: FakeManagerDesk, rows: list[RequestCopy], world: World) -> FakeListPane[ManagerDesk]:
    return FakeListPane(desk, rows, world.clock)


def revised(row: RequestCopy, amount: str = "5") -> RequestCopy:
    """Return a request with other terms."""
    assert row.request is not None
    return replace(row, request=replace(row.request, revision=2, terms=checked_terms(amount, "EUR", "other")))


# Marks.


def test_a_mark_is_set_and_taken_off_and_not_set_on_what_is_decided(
    desk: FakeManagerDesk, rows: list[RequestCopy], world: World
) -> None:
    selection, decided = Selection(), desk.copy(next(iter(world.decisions)))
    assert not selection.toggle(rows[0]) and [*selection.marks] == [rows[0].id]
    assert not selection.toggle(rows[0]) and not selection.marks
    assert selection.toggle(decided) == f"{decided.number} is accepted already." and not selection.marks


def test_a_range_goes_from_the_earlier_to_the_later_row_whichever_was_first(rows: list[RequestCopy]) -> None:
    span = Reach(INBOX, tuple(rows), Edges(), NOON, (rows[3], rows[1]))
    assert span.beyond() is None and span.loaded() == rows[1:4]
    selection = Selection()
    selection.range_from = rows[3]
    assert selection.begun and selection.let_go_of_range() and not selection.begun
    assert selection.add(span.loaded(), rows) == "3 marked." and not selection.beyond


def test_what_a_key_marks_beyond_the_rows_of_the_list_is_read_and_limited(
    desk: FakeManagerDesk, rows: list[RequestCopy], monkeypatch: pytest.MonkeyPatch
) -> None:
    middle = Reach(replace(INBOX, held=True, limit=3), tuple(rows[2:4]), Edges(2, above=True, below=True), NOON)
    query = middle.beyond()
    assert query == replace(INBOX, limit=MAX_MARKED)
    assert [row.id for row in read_marks(desk, middle, query).rows] == [row.id for row in rows]
    held_back = replace(middle, rows=(rows[1], rows[4]))
    assert [row.id for row in read_marks(desk, held_back, query).rows] == [rows[at].id for at in (0, 1, 4, 5)]
    from_there = replace(middle, ends=(rows[3], rows[1]))
    asked = from_there.beyond()
    assert asked is not None
    assert [row.id for row in read_marks(desk, from_there, asked).rows] == [row.id for row in rows[1:4]]
    selection = Selection()
    selection.add(rows[1:4], middle.rows)
    assert selection.beyond == {rows[1].id}
    monkeypatch.setattr(reach, "MAX_MARKED", 2)
    assert read_marks(desk, middle, query).trouble == "Only the first 2 are marked."
    desk.world.down = True
    assert "PostgreSQL" in read_marks(desk, middle, query).trouble and not read_marks(desk, middle, query).rows


def test_a_range_to_a_row_that_was_decided_meanwhile_ends_there(rows: list[RequestCopy]) -> None:
    gone = Reach(INBOX, tuple(row for row in rows if row is not rows[1]), Edges(), NOON, (rows[1], rows[3]))
    assert gone.beyond() is None and gone.loaded() == rows[2:4]


def test_the_mark_of_a_request_whose_terms_changed_is_taken_off_and_said(rows: list[RequestCopy]) -> None:
    selection = Selection()
    selection.add(rows[:2], rows)
    assert not selection.drop_changed(rows)
    assert selection.drop_changed([revised(rows[0])]) == f"{rows[0].number} changed: the mark is off."
    assert [*selection.marks] == [rows[1].id]
    assert selection.clear() == "1 mark was taken off." and selection.clear() == ""


def test_only_what_still_has_the_terms_that_were_marked_is_marked_again(rows: list[RequestCopy]) -> None:
    selection = Selection()
    selection.put_back([rows[0], revised(rows[1]), rows[2]], {row.id: row for row in rows[:2]})
    assert [*selection.marks] == [rows[0].id]


# What is held.


def held_of(pane: FakeListPane[ManagerDesk]) -> tuple[HeldDecisions, list[UUID]]:
    """Return the part, and where it notes what was marked again."""
    again: list[UUID] = []

    def brought_back(back: Sequence[RequestCopy], as_marked: Mapping[UUID, RequestCopy]) -> str:
        again.extend(row.id for row in back if row.id in as_marked)
        return ""

    return HeldDecisions(pane, brought_back, lambda command: pane.notices.append(f"back on {command.id}")), again


def decide(held: HeldDecisions, row: RequestCopy, *, meant: bool = True) -> None:
    held.decide(decision_on(row, "bo"), lambda act: act(), lambda: meant)


def test_a_decision_is_held_said_and_taken_back_with_the_cursor_on_it(pane: FakeListPane[ManagerDesk]) -> None:
    held, _ = held_of(pane)
    first = pane.rows[0]
    decide(held, first)
    pane.work()
    assert held.undoes and f"accepted {first.number} · sends in 8 s" in pane.notices[-1]
    pane.current = pane.rows[2]
    held.undo()
    assert pane.current == first, "at once, before it is taken back"
    assert first.id in held.taking_back
    pane.work()
    assert pane.notices[-1] == f"↶ {first.number} is pending again: nothing was sent."
    assert not held.undoes and not held.taking_back and not held.text()


def test_a_key_of_a_burst_decides_nothing_and_lets_go_of_what_waits_for_it(pane: FakeListPane[ManagerDesk]) -> None:
    held, _ = held_of(pane)
    decide(held, pane.rows[0], meant=False)
    assert not pane.waiting and not held.under_way.busy


def test_what_is_pressed_while_a_decision_is_under_way_waits_for_it(pane: FakeListPane[ManagerDesk]) -> None:
    held, _ = held_of(pane)
    decide(held, pane.rows[0])
    held.undo()
    decide(held, pane.rows[0])
    assert len(pane.waiting) == 1, "the first alone"
    pane.work()
    assert [row.id for row in held.copies] == [pane.rows[0].id], "decided, taken back, decided anew"


def test_a_refusal_puts_the_cursor_back_before_it_is_said(pane: FakeListPane[ManagerDesk], world: World) -> None:
    held, _ = held_of(pane)
    decide(held, pane.rows[1])
    world.requests[pane.rows[1].id] = replace(world.requests[pane.rows[1].id], revision=3)
    pane.work()
    assert pane.notices[0] == f"back on {pane.rows[1].id}" and len(pane.notices) == 2 and not held.undoes


def test_everything_that_is_held_is_sent_at_once_and_then_nothing_is(pane: FakeListPane[ManagerDesk]) -> None:
    held, _ = held_of(pane)
    for row in pane.rows[:2]:
        decide(held, row)
    pane.work()
    held.send_now()
    pane.work()
    assert pane.notices[-1] == "Sent: 2 decisions." and not held.copies
    held.send_now()
    assert pane.notices[-1] == "Nothing is held."
    held.undo()
    pane.work()
    assert "too late to undo" in pane.notices[-1]


def test_the_cursor_waits_two_seconds_for_a_request_that_is_not_shown_yet() -> None:
    now, there, request_id = [10.0], [False], uuid4()
    cursor = CursorReturn(lambda _: there[0], lambda: now[0])
    cursor.return_to(request_id)
    assert cursor.awaits and not cursor.came_back() and cursor.awaits
    there[0] = True
    assert cursor.came_back() and not cursor.awaits
    there[0] = False
    cursor.return_to(request_id)
    now[0] += AWAIT_S
    assert not cursor.awaits and not cursor.came_back()


def test_what_waits_for_a_decision_is_done_once_it_ended_and_else_at_once() -> None:
    under_way, done = UnderWay(), list[str]()
    under_way.after(lambda: done.append("at once"))
    first, second = under_way.begin(), under_way.begin()
    under_way.after(lambda: done.append("after the second"))
    first()
    assert under_way.busy and done == ["at once"]
    second()
    assert not under_way.busy and done == ["at once", "after the second"]


# Which keys decide.


def test_a_held_key_decides_once_and_says_how_often_it_was_ignored() -> None:
    keys = DecisionKeys()
    assert keys.on_purpose("a", 10.0)
    keys.decides()
    assert not keys.on_purpose("a", 10.03) and not keys.on_purpose("a", 10.06)
    assert keys.ignored_text(10.06) == "Key held: 1 decided, 2 ignored."
    assert keys.on_purpose("x", 10.07), "another key is never dropped"


def test_keys_that_come_faster_than_anyone_types_decide_nothing() -> None:
    keys = DecisionKeys()
    answers = [keys.typed(10 + at / 1000) for at in range(5)]
    assert [bool(answer) for answer in answers] == [False, False, False, True, False]
    assert not keys.on_purpose("a", 10.01) and not keys.ignored_text(10.01)


def test_a_doubt_is_told_once_and_what_came_under_the_cursor_just_now_is_not_decided(rows: list[RequestCopy]) -> None:
    keys, row = DecisionKeys(), rows[0]
    assert not keys.doubted(row.id, "", 10) and keys.doubted(row.id, "like PR-9", 10)
    assert keys.doubted(row.id, "like PR-9", 10.2), "not read yet" and not keys.doubted(row.id, "like PR-9", 11)
    assert not keys.just_changed(row, 10)
    keys.changes.came(row.id, 10)
    assert keys.just_changed(row, 10.1).startswith(f"{row.number} is only just shown as ")
    assert not keys.just_changed(row, 10.6)


def test_it_is_known_why_a_request_cannot_be_decided(desk: FakeManagerDesk, rows: list[RequestCopy]) -> None:
    decided = desk.copy(next(iter(desk.world.decisions)))
    assert why_not(None, "bo") == ("Nothing is here to decide yet.", "")
    assert why_not(decided, "bo") == (f"{decided.number} is accepted already.", "")
    assert why_not(rows[0], "bo") == ("", "")
    assert why_not(rows[0], rows[0].contractor)[1] == "trouble", "nobody decides about an own request"


# Which rows look like others.


def test_other_rows_are_looked_at_at_once_and_rows_that_went_a_while_later(
    desk: FakeManagerDesk, rows: list[RequestCopy]
) -> None:
    now = [100.0]
    watch = DuplicateWatch(lambda: now[0])
    assert len(watch.due(rows) or ()) == len(rows) and watch.due(rows) is None
    assert watch.due(rows[1:]) is None, "it rests"
    assert watch.due([revised(rows[0])]), "other terms are others"
    now[0] += REST_S + 1
    assert watch.due([]) == [], "nothing is like anything now"


def test_a_doubt_names_the_first_that_is_alike_and_how_many_more(
    desk: FakeManagerDesk, rows: list[RequestCopy], world: World
) -> None:
    watch, row = DuplicateWatch(), rows[0]
    for number in (77, 78):
        request = replace(world.requests[row.id], id=UUID(int=number), number=f"PR-10{number}")
        world.put(replace(request, requested_at=world.now))
    asked = watch.due([row])
    assert asked and watch.take(read_duplicates(desk, asked)) == {row.id}
    assert watch.doubt(row).startswith(f"{row.number} looks like PR-10") and watch.doubt(row).endswith(" and 1 more")
    assert not watch.take(DuplicatesRead(None)) and watch.due([row]), "it is read again"


# Which rows stand.


def test_a_decided_row_stands_until_the_cursor_leaves_it(desk: FakeManagerDesk, rows: list[RequestCopy]) -> None:
    standing = StandingRows()
    desk.hold_s = 0
    done = desk.execute(uuid4(), decision_on(rows[0], "bo")).copy
    shown = [done, *rows[1:]]
    assert standing.leave(shown, done) is None and done.id in standing.of(shown)
    assert standing.leave(shown, rows[1]) == rows[1:] and done.id not in standing.of(shown)
    page = Page(tuple(rows[1:]), also=(done,))
    assert standing.merge(shown, page, Sort.OLDEST, Edges(), Edges()).rows == tuple(rows[1:])
    standing.begin_anew()
    assert done.id in standing.of(shown)


def test_what_arrives_between_rows_is_counted_until_everything_takes_its_place(rows: list[RequestCopy]) -> None:
    standing, shown = StandingRows(), [rows[0], rows[2]]
    page = Page(tuple(rows))
    merged = standing.merge(shown, page, Sort.OLDEST, Edges(), Edges())
    assert standing.between == 1 and rows[1] not in merged.rows
    assert standing.take_their_place(page, Sort.OLDEST) == rows


# Many at once.


@pytest.mark.fault(
    kind="A mark that the filter does not hide is not said to be hidden by it.", mended="manager/inbox_rows.py"
)
def test_a_question_counts_marks_that_the_filter_hides_and_skips_what_cannot_be_decided(
    desk: FakeManagerDesk, rows: list[RequestCopy], world: World
) -> None:
    decided = desk.copy(next(iter(world.decisions)))
    asking = read_question(desk, [*rows[:2], decided], None, INBOX, world.now)
    assert [copy.id for copy in asking.plan.chosen] == [row.id for row in rows[:2]]
    assert asking.hidden == 0 and [skipped.number for skipped in asking.plan.skipped] == [decided.number]
    pending = replace(INBOX, filter=parse_filter("status:pending"), statuses=frozenset())
    assert read_question(desk, [*rows[:2], decided], None, pending, world.now).hidden == 1, "this one does"


def test_a_batch_is_decided_after_yes_and_who_asked_is_told_what_became_of_it(
    pane: FakeListPane[ManagerDesk], rows: list[RequestCopy], world: World
) -> None:
    begun, ended = [], list[Batch]()
    bulk = BulkActions(pane, begun.append, lambda batch, _: ended.append(batch))
    dialog = bulk.question(pane.desk, rows[:2], None, INBOX)
    plan = read_question(pane.desk, rows[:2], None, INBOX, world.now).plan
    batch = bulk.start(plan, Batch(plan.chosen, [decision_on(copy, "bo") for copy in plan.chosen], 8), dialog)
    assert begun == [plan] and not ended
    pane.work()
    assert ended == [batch] and [copy.status for copy in batch.done] == [Status.ACCEPTED] * 2
    held, again = held_of(pane)
    held.decided(batch, None)
    held.undo()
    pane.work()
    assert again == [row.id for row in rows[:2]] and "2 are pending again" in pane.notices[-1]


def test_each_list_has_its_requests_its_usual_order_and_the_order_that_was_chosen_there() -> None:
    views, named = Views(), parse_filter("status:rejected")
    assert views.statuses(EVERYTHING) == WAITING and views.stands_still(EVERYTHING)
    assert views.sorts(EVERYTHING)[0] is Sort.OLDEST and Sort.DECIDED not in views.sorts(EVERYTHING)
    assert views.statuses(named) == frozenset() and not views.stands_still(named)
    assert Sort.DECIDED in views.sorts(named), "who names a status may sort what was decided"
    assert views.turn(Sort.LARGEST) is None and views.statuses(EVERYTHING) == ANSWERED
    assert views.sorts(EVERYTHING)[0] is Sort.DECIDED and not views.stands_still(EVERYTHING)
    assert views.turn(Sort.DUE) is Sort.LARGEST and views.turn(Sort.LARGEST) is Sort.DUE
