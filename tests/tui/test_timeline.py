"""The timeline of a request tells its steps in the order in which they can have happened."""

from dataclasses import replace
from datetime import timedelta

import pytest

from paydesk.cli.output import full_document
from paydesk.domain.commands import Approve, decide
from paydesk.domain.copy import Delivery, RequestCopy, RequestDetail, Step, in_order
from paydesk.tui.text.request import timeline
from tests.fakes import NOON, World
from tests.tui.test_manager_desk import of


def test_what_the_other_side_saw_was_sent_before(world: World) -> None:
    request = world.requests[of(world, "PR-1007")]
    seen_at = NOON + timedelta(milliseconds=60)
    decided = decide(Approve(request.id, "zoe", 1, request.terms.hash), request, None, NOON, seen_at)
    late = NOON + timedelta(milliseconds=66)
    asked = Step(NOON, "requested", "ada", 1, "", delivered_at=late)
    accepted = Step(NOON + timedelta(seconds=8), "accepted", "zoe", 1, "")
    copy = RequestCopy(request.id, replace(request, requested_at=NOON), decided, Delivery.DECIDED)
    lines = [line.plain for line in timeline(RequestDetail(copy, (asked, accepted)), 60)]
    texts = [line[10:].rstrip() for line in lines if line[2:3] == ":"]
    assert texts == [
        "requested",
        "sent                       +60 ms",
        "seen by the manager's side +0 ms",
        "accepted by zoe            +7.9 s",
    ]


MOMENTS = pytest.mark.fault(
    kind="A timeline tells when a thing happened, and when it came in on a line of its own.",
    mended="infra/postgres/read/timeline.py",
)


@MOMENTS
def test_what_came_in_late_stands_at_its_own_moment_and_its_coming_in_is_a_line_of_its_own(world: World) -> None:
    request = world.requests[of(world, "PR-1007")]
    copy = RequestCopy(request.id, replace(request, requested_at=NOON), None, Delivery.RECEIVED)
    monday = NOON + timedelta(days=2)
    asked = Step(NOON, "requested", "ada", 1, "", received_at=monday)
    revised = Step(NOON + timedelta(hours=1), "revised", "ada", 2, "", received_at=monday)
    lines = [line.plain for line in timeline(RequestDetail(copy, (asked, revised)), 60)]
    texts = [line[10:].rstrip() for line in lines if line[2:3] == ":"]
    assert texts == [
        "requested",
        "revised                    +1 h 0 min",
        "received                   +1 d 23 h",
        "received                   +0 ms",
    ]


@MOMENTS
def test_a_clock_that_went_back_gives_no_time_between_two_steps(world: World) -> None:
    request = world.requests[of(world, "PR-1007")]
    copy = RequestCopy(request.id, replace(request, requested_at=NOON), None, Delivery.SENT)
    asked = Step(NOON, "requested", "ada", 1, "", version=1)
    revised = Step(NOON - timedelta(hours=1), "revised", "ada", 2, "", version=2)
    lines = [line.plain for line in timeline(RequestDetail(copy, in_order([revised, asked])), 60)]
    assert [line[10:].rstrip() for line in lines if line[2:3] == ":"] == ["requested", "revised"]


@MOMENTS
def test_programs_are_told_when_a_step_happened_and_when_it_came_in(world: World) -> None:
    request = world.requests[of(world, "PR-1007")]
    copy = RequestCopy(request.id, request, None, Delivery.RECEIVED)
    asked = Step(NOON, "requested", "ada", 1, "", received_at=NOON + timedelta(days=2))
    [step] = full_document(RequestDetail(copy, (asked,)))["timeline"]
    assert (step["at"], step["received_at"]) == (NOON.isoformat(), (NOON + timedelta(days=2)).isoformat())
