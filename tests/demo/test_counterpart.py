"""The simulated people: what they do next follows from what both schemas hold, and waits for a person's eyes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from paydesk.cli.demo.people import (
    READS_S,
    RESTS_S,
    SUBJECTS,
    Act,
    Move,
    Sides,
    Since,
    ask,
    decide,
    finished,
    names_invoice,
    next_move,
)
from paydesk.domain import commands
from paydesk.domain.commands import Approve, Reject, RequestPayment, request_payment
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.decision import checked_cause
from paydesk.domain.duplicates import Asking
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from tests.fakes import NOON, FakeContractorDesk, FakeManagerDesk, World

BOTH = ("contractor", "manager")
LATER = NOON + timedelta(seconds=60)


def copy(nth: int = 1, description: str = "Logo", *, revision: int = 1, became: str = "pending") -> RequestCopy:
    """Return a request as it stands after it was decided, or not."""
    request_id = UUID(int=nth)
    terms = checked_terms("1200", "EUR", description)
    request = request_payment(RequestPayment(request_id, "studio-nord", terms), f"PR-{nth}", NOON)
    request = replace(request, revision=revision)
    decision = None
    if became == "accepted":
        decision = commands.decide(Approve(request_id, "accounts", revision, terms.hash), request, None, NOON, NOON)
    if became == "rejected":
        cause = checked_cause("needs_info", "Which?")
        decision = commands.decide(
            Reject(request_id, "accounts", revision, terms.hash, cause), request, None, NOON, NOON
        )
    return RequestCopy(request_id, request, decision, Delivery.SENT)


def sides(asked: Sequence[RequestCopy] = (), inbox: Sequence[RequestCopy] = ()) -> Sides:
    """Return what both schemas hold since noon."""
    since = Since(), Since()
    since[0].note(asked, NOON)
    since[1].note(inbox, NOON)
    return Sides(asked, inbox, *since, NOON)


PENDING, REJECTED = copy(), copy(became="rejected")
ALL = [copy(nth, "invoice 1", became="accepted") for nth in range(1, len(SUBJECTS) + 1)]
TABLE = {
    "nothing was asked yet": (sides(), BOTH, Act.ASK),
    "nothing was asked, and the contractor is a person": (sides(), ("manager",), None),
    "a request without an invoice has arrived": (sides([PENDING], [PENDING]), BOTH, Act.REJECT),
    "a request with an invoice has arrived": (
        sides([copy(description="Logo, invoice 7")], [copy(description="Logo, invoice 7")]),
        BOTH,
        Act.APPROVE,
    ),
    "it waits, and the manager is a person": (sides([PENDING], [PENDING]), ("contractor",), None),
    "it is on its way": (sides([PENDING], []), BOTH, None),
    "it was rejected": (sides([REJECTED]), BOTH, Act.REVISE),
    "it was rejected, and the contractor is a person": (sides([REJECTED]), ("manager",), None),
    "it was rejected three times": (sides([copy(revision=3, became="rejected")]), BOTH, Act.ASK),
    "it was accepted, and there is more to ask for": (sides(ALL[:1]), BOTH, Act.ASK),
    "everything was accepted": (sides(ALL), BOTH, None),
    "a person's request came on top": (sides([*ALL, copy(99)], [copy(99)]), BOTH, Act.REJECT),
}


@pytest.mark.parametrize(("held", "simulated", "act"), TABLE.values(), ids=TABLE)
def test_the_next_move(held: Sides, simulated: Sequence[str], act: Act | None) -> None:
    move = next_move(held, simulated, LATER)
    assert (move.act if move else None) is act
    assert move is None or move.in_s <= 0


@pytest.mark.parametrize(
    ("held", "wait_s"), [(sides(), RESTS_S), (sides([PENDING], [PENDING]), READS_S), (sides([REJECTED]), READS_S)]
)
def test_it_waits_for_the_persons_eyes(held: Sides, wait_s: float) -> None:
    move = next_move(held, BOTH, NOON + timedelta(seconds=1))
    assert move is not None
    assert move.in_s == pytest.approx(wait_s - 1)


def test_what_changed_is_read_anew() -> None:
    since = Since()
    since.note([PENDING], NOON)
    since.note([REJECTED], LATER)
    assert since.left(REJECTED, READS_S, LATER) == READS_S
    since.note([PENDING], LATER)
    assert since.left(PENDING, READS_S, LATER) == READS_S


def test_it_is_finished_when_nobody_has_anything_left_to_do() -> None:
    assert finished(sides(ALL))
    assert not finished(sides(ALL[:-1]))
    assert not finished(sides([*ALL[:-1], REJECTED]))


def test_the_whole_walk_is_made_of_these_moves() -> None:
    """Both simulated people on the real rules: each request ends accepted, one without an invoice after a rejection."""
    world = World()
    contractor, manager = FakeContractorDesk(world, "studio-nord"), FakeManagerDesk(world, "accounts", hold_s=0)
    since, done = (Since(), Since()), []
    for _ in range(40):
        asked = [contractor.copy(request_id) for request_id in world.requests]
        inbox = [copy for request_id in world.requests if (copy := manager.copy(request_id)).status is Status.PENDING]
        since[0].note(asked, world.now)
        since[1].note(inbox, world.now)
        move = next_move(Sides(asked, inbox, *since, NOON), BOTH, world.now)
        if move is None:
            break
        world.now += timedelta(seconds=max(0, move.in_s))
        done.append(move.act)
        if move.role == "contractor":
            ask(move, contractor)
        else:
            decide(move, manager)
    answers = [[Act.ASK, Act.APPROVE] if "invoice" in description else [Act.ASK, Act.REJECT, Act.REVISE, Act.APPROVE]
               for _, _, description in SUBJECTS]  # fmt: skip
    assert done == [act for answer in answers for act in answer]
    assert {contractor.copy(request_id).status for request_id in world.requests} == {Status.ACCEPTED}


def test_a_request_that_named_its_invoice_is_revised_otherwise() -> None:
    world = World()
    desk = FakeContractorDesk(world, "studio-nord")
    request_id = UUID(int=1)
    desk.execute(UUID(int=2), RequestPayment(request_id, desk.person, checked_terms("10", "EUR", "Tea, invoice 3")))
    revised = ask(Move(Act.REVISE, 0, desk.copy(request_id)), desk).copy
    assert revised.terms is not None
    assert revised.terms.description == "Tea, invoice 3, as agreed"
    assert names_invoice(revised.terms)


@pytest.mark.fault(
    kind="What looks like another request says so, and is approved only by somebody who says that both are meant.",
    mended="cli/bulk_decide.py",
)
def test_the_simulated_manager_rejects_what_looks_like_another_request() -> None:
    world = World()
    studio, accounts = FakeContractorDesk(world, "studio-nord"), FakeManagerDesk(world, "accounts")
    ids = [UUID(int=900 + place) for place in range(2)]
    for request_id in ids:
        studio.execute(
            request_id, RequestPayment(request_id, studio.person, checked_terms("77", "EUR", "Logo, invoice 7"))
        )
    inbox = [accounts.copy(request_id) for request_id in ids]
    asked = [asking for copy in inbox if (asking := Asking.of(copy)) is not None]
    known = replace(sides(inbox, inbox[:1]), alike=accounts.alike(asked))
    move = next_move(known, ["manager"], LATER)
    assert move is not None and (move.act, move.twin) == (Act.REJECT, inbox[1].number)
    decision = decide(move, accounts).copy.decision
    assert decision is not None and decision.cause is not None
    assert (decision.cause.code, decision.cause.note) == ("duplicate", f"It looks like {inbox[1].number}.")
