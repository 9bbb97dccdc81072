"""A decision answers something that was said, or it does not; numbers have a form, and counting follows them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from paydesk.domain.decision import Cause, CauseCode, DecisionRegister
from paydesk.domain.errors import InvalidInput
from paydesk.domain.events import Answers, Event, Requested, answers, check_facts, event_type_of
from paydesk.domain.money import Money
from paydesk.domain.payment_request import (
    NUMBER_STEP_MOST,
    RequestRegister,
    checked_terms,
    counter_after,
    is_number,
)
from paydesk.domain.status import Outcome

NOW = datetime(2026, 8, 28, 12, tzinfo=UTC)
TERMS = checked_terms("50", "EUR", "work", pay_to="ada")
OTHER = replace(TERMS, money=Money(5_000_000, "EUR", 2), pay_to="another payee")
ASKED = Requested(frozenset({"ada"}), frozenset({(1, TERMS.hash), (3, TERMS.hash)}))
ACCEPTED = DecisionRegister(uuid4(), 1, Outcome.ACCEPTED, 0, None, 1, TERMS, TERMS.hash, "bo", NOW, NOW)
REJECTED = replace(ACCEPTED, outcome=Outcome.NONE, rejected_upto=1, cause=Cause(CauseCode.DUPLICATE))
WITHDRAWN = DecisionRegister(uuid4(), 1, Outcome.WITHDRAWN, decided_at=NOW)


@pytest.mark.fault(
    kind="A decision answers terms that were asked for, by somebody other than who asked; else it is not applied.",
    mended="domain/events.py",
)
@pytest.mark.parametrize(
    ("decision", "wanted"),
    [
        (ACCEPTED, Answers.REQUESTED),
        (REJECTED, Answers.REQUESTED),
        (replace(ACCEPTED, revision=3), Answers.REQUESTED),
        (replace(ACCEPTED, terms=OTHER, terms_hash=OTHER.hash), Answers.NEVER),
        (replace(REJECTED, terms=OTHER, terms_hash=OTHER.hash), Answers.NEVER),
        (replace(ACCEPTED, revision=2), Answers.UNKNOWN),
        (replace(ACCEPTED, revision=7, terms=OTHER, terms_hash=OTHER.hash), Answers.UNKNOWN),
        (replace(ACCEPTED, decided_by="ada"), Answers.NEVER),
        (replace(REJECTED, decided_by=" ＡＤＡ"), Answers.NEVER),
        (replace(ACCEPTED, decided_by="аda"), Answers.REQUESTED),  # With a Cyrillic a: old honest history replays.
        (WITHDRAWN, Answers.UNKNOWN),
    ],
)
def test_a_decision_is_about_what_was_asked_for(decision: DecisionRegister, wanted: Answers) -> None:
    answer, why = answers(decision, ASKED)
    assert answer is wanted and bool(why) == (wanted is not Answers.REQUESTED)


def test_a_withdrawal_is_confirmed_where_it_was_asked_for() -> None:
    assert answers(WITHDRAWN, replace(ASKED, withdrawal=True))[0] is Answers.REQUESTED
    assert answers(ACCEPTED, Requested())[0] is Answers.UNKNOWN


def event_of(register: DecisionRegister | RequestRegister) -> Event:
    return Event(uuid4(), event_type_of(register), NOW, "bo", "", "", register)


@pytest.mark.fault(
    kind="A decision answers terms that were asked for, by somebody other than who asked; else it is not applied.",
    mended="domain/events.py",
)
@pytest.mark.parametrize(
    "worse",
    [
        replace(ACCEPTED, terms=OTHER),
        replace(ACCEPTED, terms_hash=OTHER.hash),
        replace(REJECTED, rejected_upto=2),
        replace(REJECTED, rejected_upto=2**31 - 1),
        replace(WITHDRAWN, rejected_upto=1),
    ],
)
def test_decided_terms_have_their_hash_and_no_later_revision_is_rejected(worse: DecisionRegister) -> None:
    check_facts(event_of(ACCEPTED))
    check_facts(event_of(replace(ACCEPTED, rejected_upto=1, revision=1)))
    with pytest.raises(InvalidInput):
        check_facts(event_of(worse))


@pytest.mark.fault(
    kind="A number is PR- and 1 to 12 digits, and one that stands far above the others moves counting by a step alone.",
    mended="domain/payment_request.py",
)
@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("PR-1", True),
        ("PR-1042", True),
        ("PR-1000230", True),
        ("PR-999999999999", True),
        ("PR-1000000000000", False),
        ("PR-99999999999999999", False),
        ("PR-", False),
        ("PR-1 ", False),
        ("PR-1\n", False),
        ("PR--1", False),
        ("pr-1", False),
        ("PR-١٢", False),
        ("PR-１２", False),
        ("$(id>/tmp/x)", False),
        ("1042", False),
    ],
)
def test_a_number_has_a_form(number: str, good: bool) -> None:
    register = RequestRegister(uuid4(), 1, number, "ada", NOW, 1, TERMS)
    assert is_number(number) is good
    if good:
        check_facts(event_of(register))
    else:
        with pytest.raises(InvalidInput):
            check_facts(event_of(register))


@pytest.mark.fault(
    kind="A number is PR- and 1 to 12 digits, and one that stands far above the others moves counting by a step alone.",
    mended="domain/payment_request.py",
)
def test_counting_follows_numbers_by_steps() -> None:
    assert counter_after(1000, ["PR-1002", "PR-1001"]) == 1002
    assert counter_after(1000, ["PR-7"]) == 1000 == counter_after(1000, [])
    assert counter_after(1000, ["PR-1000230"]) == 1_000_230
    assert counter_after(1000, ["PR-999999999999"]) == 1000 + NUMBER_STEP_MOST
    assert counter_after(1000, ["PR-5000001", "PR-5000002"]) == 1000 + 2 * NUMBER_STEP_MOST
    assert counter_after(1000, [f"PR-{number}" for number in range(5_000_000, 5_000_009)]) == 5_000_008
    assert counter_after(1000, ["PR-1000000000000", "no"]) == 1000
