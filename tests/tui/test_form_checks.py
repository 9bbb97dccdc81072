"""What is found out while a form is open, without an application."""

from dataclasses import replace

import pytest

from paydesk.contractor.form_checks import AlikeRead, FormChecks, read_alike, read_copy, read_waiting
from paydesk.domain.commands import Approve, Reject, decide
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import Cause, CauseCode
from paydesk.domain.payment_request import Terms, checked_terms
from tests.fakes import FakeContractorDesk, World


def terms_of(copy: RequestCopy) -> Terms:
    assert copy.request is not None
    return copy.request.terms


@pytest.fixture
def desk(world: World) -> FakeContractorDesk:
    return FakeContractorDesk(world)


@pytest.fixture
def waiting(world: World, desk: FakeContractorDesk) -> RequestCopy:
    """Return ada's request that waits."""
    return desk.copy(list(world.requests)[2])


def test_terms_are_looked_for_once_and_only_the_newest_answer_counts(
    desk: FakeContractorDesk, waiting: RequestCopy, world: World
) -> None:
    checks, first, second = FormChecks(), terms_of(waiting), checked_terms("1", "EUR", "other", reference="")
    other = next(iter(world.requests))
    asking = checks.to_be_read(other, "ada", first, world.now)
    assert asking is not None and checks.alike_to(first) is None
    assert checks.to_be_read(other, "ada", first, world.now) is None, "it is under way"
    assert checks.to_be_read(other, "ada", second, world.now) is not None
    assert not checks.take_alike(read_alike(desk, asking)), "other terms are asked about by now"
    assert checks.take_alike(AlikeRead(second, ())) and checks.alike_to(second) == ()
    assert checks.alike_to(first) is None


def test_terms_that_another_request_has_look_like_it(
    desk: FakeContractorDesk, waiting: RequestCopy, world: World
) -> None:
    checks = FormChecks()
    asking = checks.to_be_read(next(iter(world.requests)), "ada", terms_of(waiting), world.now)
    assert asking is not None and checks.take_alike(read_alike(desk, asking))
    assert [twin.number for twin in checks.alike_to(terms_of(waiting)) or ()] == [waiting.number]


def test_a_request_that_was_accepted_meanwhile_cannot_be_revised_any_more(
    desk: FakeContractorDesk, waiting: RequestCopy, world: World
) -> None:
    checks = FormChecks(waiting)
    assert not checks.take_copy(waiting, "ada") and not checks.meanwhile and not checks.closed
    request = world.requests[waiting.id]
    decided = decide(Approve(waiting.id, "bo", 1, request.terms.hash), request, None, world.now, world.now)
    assert decided is not None
    world.decisions[waiting.id] = decided
    copy = read_copy(desk, waiting.id).copy
    assert copy is not None and checks.take_copy(copy, "ada")
    assert checks.meanwhile == "It is accepted meanwhile." and checks.closed
    assert not checks.take_copy(copy, "ada"), "it is known"


def test_a_request_that_was_revised_elsewhere_is_told_with_what_changed(waiting: RequestCopy) -> None:
    assert waiting.request is not None
    checks, more = FormChecks(waiting), checked_terms("400", "USD", "Hotel and train, Lyon", reference="")
    assert checks.take_copy(replace(waiting, request=replace(waiting.request, revision=2, terms=more)), "ada")
    assert "revised meanwhile, not here" in checks.meanwhile and not checks.closed


@pytest.mark.fault(
    kind="A question about a request that changed meanwhile is asked anew when it changes again before the answer.",
    mended="contractor/form.py",
)
def test_a_second_change_is_news_also_where_it_is_told_in_the_same_words(
    desk: FakeContractorDesk, waiting: RequestCopy, world: World
) -> None:
    assert waiting.request is not None
    checks, copies = FormChecks(waiting), []
    for revision in (1, 2):
        request = replace(waiting.request, revision=revision, version=revision)
        command = Reject(waiting.id, "bo", revision, request.terms.hash, Cause(CauseCode.DUPLICATE))
        copies.append(replace(waiting, request=request, decision=decide(command, request, None, world.now, world.now)))
    assert checks.take_copy(copies[0], "ada") and (sentence := checks.meanwhile)
    assert checks.take_copy(copies[1], "ada") and checks.meanwhile == sentence and checks.newest == copies[1]


def test_what_cannot_be_read_is_not_known(desk: FakeContractorDesk, waiting: RequestCopy, world: World) -> None:
    asking = FormChecks().to_be_read(waiting.id, "ada", terms_of(waiting), world.now)
    assert asking is not None and read_waiting(desk).waiting is not None
    world.down = True
    assert read_waiting(desk).waiting is None and read_copy(desk, waiting.id).copy is None
    assert not read_alike(desk, asking).alike
