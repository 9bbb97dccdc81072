"""The rules of the language: every status against every command, then random histories on both sides."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain import commands as c
from paydesk.domain.command_content import canonical
from paydesk.domain.decision import Cause, CauseCode, DecisionRegister, checked_cause
from paydesk.domain.errors import AlreadyDecided, Conflict, InvalidInput, NotAllowed, PaydeskError, Stale
from paydesk.domain.events import newer
from paydesk.domain.payment_request import RequestRegister, changed_terms, checked_terms, describe_changes
from paydesk.domain.stale import explain_stale
from paydesk.domain.standing import standing_terms, status
from paydesk.domain.status import Outcome, Status

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ID = UUID(int=1)
TERMS = checked_terms("1200", "EUR", "August retainer")
OTHER = changed_terms(TERMS, amount="1250")
CAUSE = Cause(CauseCode.DUPLICATE)
REQUEST = c.request_payment(c.RequestPayment(ID, "ada", TERMS), "PR-1001", NOW)
REJECTED = c.decide(c.Reject(ID, "bo", 1, TERMS.hash, CAUSE), REQUEST, None, NOW, NOW)
ACCEPTED = c.decide(c.Approve(ID, "bo", 1, TERMS.hash), REQUEST, None, NOW, NOW)
ASKED = c.ask_withdrawal(c.AskWithdrawal(ID, "ada"), REQUEST, None)
assert REJECTED and ACCEPTED and ASKED
WITHDRAWN = c.confirm_withdrawal(ASKED, None, NOW, NOW)

STATES: dict[Status, tuple[RequestRegister, DecisionRegister | None]] = {
    Status.PENDING: (REQUEST, None),
    Status.WITHDRAWING: (ASKED, None),
    Status.ACCEPTED: (REQUEST, ACCEPTED),
    Status.REJECTED: (REQUEST, REJECTED),
    Status.WITHDRAWN: (ASKED, WITHDRAWN),
}
DONE, SAME = "done", "already so"
TABLE = {
    "revise": [DONE, Conflict, Conflict, DONE, Conflict],
    "withdraw": [DONE, SAME, Conflict, DONE, SAME],
    "approve by another": [DONE, Conflict, AlreadyDecided, AlreadyDecided, Conflict],
    "approve again": [DONE, Conflict, SAME, AlreadyDecided, Conflict],
    "reject by another": [DONE, Conflict, AlreadyDecided, AlreadyDecided, Conflict],
    "reject again": [DONE, Conflict, AlreadyDecided, SAME, Conflict],
}


def run(name: str, request: RequestRegister, decision: DecisionRegister | None) -> object:
    actor = "bo" if name.endswith("again") else "cy"
    if name == "revise":
        return c.revise_payment(c.RevisePayment.to(ID, "ada", OTHER), request, decision)
    if name == "withdraw":
        return c.ask_withdrawal(c.AskWithdrawal(ID, "ada"), request, decision)
    if name.startswith("approve"):
        return c.decide(c.Approve(ID, actor, 1, TERMS.hash), request, decision, NOW, NOW)
    return c.decide(c.Reject(ID, actor, 1, TERMS.hash, CAUSE), request, decision, NOW, NOW)


@pytest.mark.parametrize("current", list(STATES))
@pytest.mark.parametrize("name", list(TABLE))
def test_every_command_in_every_status(name: str, current: Status) -> None:
    request, decision = STATES[current]
    assert status(request, decision) is current
    expected = TABLE[name][list(STATES).index(current)]
    if isinstance(expected, type):
        with pytest.raises(expected) as refused:
            run(name, request, decision)
        assert type(refused.value) is expected
    else:
        assert (run(name, request, decision) is None) == (expected == SAME)


def test_a_decision_acts_on_the_revision_that_was_seen() -> None:
    revised = c.revise_payment(c.RevisePayment.to(ID, "ada", OTHER), REQUEST, None)
    assert revised and revised.revision == 2
    with pytest.raises(Stale, match=r"1,250\.00 EUR"):
        c.decide(c.Approve(ID, "bo", 1, TERMS.hash), revised, None, NOW, NOW)
    with pytest.raises(Stale):
        c.decide(c.Approve(ID, "bo", 2, TERMS.hash), revised, None, NOW, NOW)
    with pytest.raises(Stale, match=r"is at revision 2 here; there is no revision 3"):
        c.decide(c.Approve(ID, "bo", 3, ""), revised, None, NOW, NOW)
    assert "1,200.00 EUR → 1,250.00 EUR" in explain_stale(TERMS, revised).message
    assert describe_changes(TERMS, TERMS) == []


REVISIONS = pytest.mark.fault(
    kind="What is typed to revise one revision never replaces a later one unseen.",
    mended="domain/stale.py",
)


@REVISIONS
@pytest.mark.parametrize(
    ("named", "sentence"),
    [(1, "PR-1001 changed since you looked: it is at revision 2"), (3, "There is no revision 3 of")],
)
@pytest.mark.parametrize("decided", [None, "rejected"])
def test_a_change_of_a_named_revision_is_refused_where_there_is_another(
    named: int, sentence: str, decided: str | None
) -> None:
    revised = c.revise_payment(c.RevisePayment(ID, "ada", {"amount": "1250"}, 1), REQUEST, None)
    assert revised and revised.revision == 2
    decision = c.decide(c.Reject(ID, "bo", 2, OTHER.hash, CAUSE), revised, None, NOW, NOW) if decided else None
    with pytest.raises(Stale, match=sentence) as refused:
        c.revise_payment(c.RevisePayment(ID, "ada", {"description": "September"}, named), revised, decision)
    assert "1,250.00 EUR, August retainer" in refused.value.message
    assert "`paydesk contractor show PR-1001`, then revise PR-1001@2" in refused.value.hint
    again = c.revise_payment(c.RevisePayment(ID, "ada", {"amount": "7"}, 2), revised, decision)
    assert again and again.revision == 3


@REVISIONS
def test_a_change_of_a_named_revision_that_says_so_already_is_done() -> None:
    revised = c.revise_payment(c.RevisePayment(ID, "ada", {"amount": "1250"}, 1), REQUEST, None)
    assert revised and c.revise_payment(c.RevisePayment.to(ID, "ada", OTHER, 1), revised, None) is None


@REVISIONS
def test_a_change_that_names_no_revision_has_the_content_that_it_always_had() -> None:
    plain = '{"actor": "ada", "changes": {"amount": "7"}, "command": "revise", "request": "%s"}' % ID  # noqa: UP031
    assert canonical(c.RevisePayment(ID, "ada", {"amount": "7"})) == plain
    assert canonical(c.RevisePayment(ID, "ada", {"amount": "7"}, 2)) == plain[:-1] + ', "revision": 2}'


def test_own_and_foreign_requests_are_refused() -> None:
    with pytest.raises(NotAllowed):
        c.decide(c.Approve(ID, " ADA", 1, TERMS.hash), REQUEST, None, NOW, NOW)
    with pytest.raises(NotAllowed):
        c.revise_payment(c.RevisePayment.to(ID, "eve", OTHER), REQUEST, None)
    with pytest.raises(Conflict):
        c.ask_withdrawal(c.AskWithdrawal(ID, "ada"), REQUEST, None, locked=True)


def test_after_acceptance_the_decided_terms_count() -> None:
    revised = c.revise_payment(c.RevisePayment.to(ID, "ada", OTHER), REQUEST, None)
    assert standing_terms(revised, ACCEPTED) == TERMS
    assert standing_terms(revised, REJECTED) == OTHER
    assert standing_terms(None, REJECTED) == TERMS


def test_a_rejection_of_other_terms_leaves_it_pending() -> None:
    assert status(REQUEST, DecisionRegister(ID, 1, rejected_upto=1, terms_hash="other")) is Status.PENDING
    assert status(None, REJECTED) is Status.REJECTED and status(None, None) is Status.PENDING


def test_causes_need_their_note() -> None:
    assert checked_cause("duplicate", None).text == CauseCode.DUPLICATE.sentence
    for code, note in [
        ("other", None),
        ("needs_info", "x"),
        ("wrong_amount", " "),
        ("none", "why"),
        ("other", "x" * 501),
    ]:
        with pytest.raises(InvalidInput):
            checked_cause(code, note)


def test_all_problems_of_a_form_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_terms("x", "EUR", "", reference="r" * 36, due_date="2026-02-30", document="http://a", pay_to="\x00")
    assert set(refused.value.problems) == {"amount", "description", "reference", "due_date", "document", "pay_to"}


def test_the_hash_of_terms_is_stable_for_ever() -> None:
    assert TERMS.hash == "08418907f37adee9b058417fffbb193f03cf28587922aba014f5ec709b144e52"


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=25), st.randoms(use_true_random=False))
def test_both_copies_end_equal_whatever_the_order(moves: list[tuple[int, bool]], random: object) -> None:
    """Two sides act on what they know; events arrive late, twice and in any order; a final outcome never flips."""
    request, seen_request = REQUEST, REQUEST
    decision: DecisionRegister | None = None
    seen_decision: DecisionRegister | None = None
    said_requests, said_decisions = [REQUEST], []
    for move, deliver in moves:
        before = status(seen_request, decision)
        try:
            if move == 0:
                terms = changed_terms(request.terms, amount=str(request.version + 1))
                request = c.revise_payment(c.RevisePayment.to(ID, "ada", terms), request, seen_decision) or request
            elif move == 1:
                request = c.ask_withdrawal(c.AskWithdrawal(ID, "ada"), request, seen_decision) or request
            else:
                seen = seen_request.revision, seen_request.terms.hash
                if move == 2:
                    decision = c.decide(c.Approve(ID, "bo", *seen), seen_request, decision, NOW, NOW) or decision
                else:
                    decision = c.decide(c.Reject(ID, "bo", *seen, CAUSE), seen_request, decision, NOW, NOW) or decision
        except PaydeskError:
            pass
        said_requests.append(request)
        said_decisions += [decision] if decision else []
        if deliver:
            received = said_requests[move % len(said_requests) :: 2]
            for register in received:
                if newer(register.version, seen_request.version):
                    seen_request = register
            if c.owes_withdrawal(seen_request, decision):
                decision = c.confirm_withdrawal(seen_request, decision, NOW, NOW)
        if before in (Status.ACCEPTED, Status.WITHDRAWN):
            assert status(seen_request, decision) is before
    for register in reversed(said_requests):
        seen_request = register if newer(register.version, seen_request.version) else seen_request
    if c.owes_withdrawal(seen_request, decision):
        decision = c.confirm_withdrawal(seen_request, decision, NOW, NOW)
    for late in [decision, *reversed(said_decisions)]:
        if late and newer(late.version, seen_decision.version if seen_decision else None):
            seen_decision = late
    assert status(request, seen_decision) is status(seen_request, decision)
    assert decision is None or decision.outcome is not Outcome.NONE or decision.rejected_upto > 0
