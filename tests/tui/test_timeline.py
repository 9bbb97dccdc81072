"""The timeline of a request tells its steps in the order in which they can have happened."""

from dataclasses import replace
from datetime import timedelta

from paydesk.domain.commands import Approve, approve
from paydesk.domain.copy import Delivery, RequestCopy, RequestDetail, Step
from paydesk.tui.request_text import timeline
from tests.fakes import NOON, World
from tests.tui.test_manager_desk import of


def test_what_the_other_side_saw_was_sent_before(world: World) -> None:
    request = world.requests[of(world, "PR-1007")]
    seen_at = NOON + timedelta(milliseconds=60)
    decided = approve(Approve(request.id, "zoe", 1, request.terms.hash), request, None, NOON, seen_at)
    late = NOON + timedelta(milliseconds=66)
    asked = Step(NOON, "requested", "ada", 1, "", delivered_at=late)
    accepted = Step(NOON + timedelta(seconds=8), "accepted", "zoe", 1, "")
    copy = RequestCopy(request.id, replace(request, requested_at=NOON), decided, Delivery.DECIDED)
    lines = [line.plain for line in timeline(RequestDetail(copy, (asked, accepted)), 60)]
    told = [line[10:].rstrip() for line in lines if line[2:3] == ":"]
    assert told == [
        "requested",
        "sent                       +60 ms",
        "seen by the manager's side +0 ms",
        "accepted by zoe            +7.9 s",
    ]
