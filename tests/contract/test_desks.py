"""What a desk's screen may rely on holds for the fake that tests use and for the real service, by the same tests."""

from uuid import uuid4

import pytest

from paydesk.domain.ageing import Ageing
from paydesk.domain.commands import AskWithdrawal, RequestPayment, RevisePayment, Undo
from paydesk.domain.copy import Delivery
from paydesk.domain.errors import Conflict, KeyReused, NotAllowed, PaydeskError, Stale, TooLate
from paydesk.domain.filters import MINE
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.infra.core.query import PageQuery
from tests.conftest import until
from tests.contract.pairs import CAUSE, HELD_S, TERMS, Pair, seen


def test_what_is_asked_stands_on_both_lists_and_is_news(pair: Pair) -> None:
    copy = pair.ask()
    assert (copy.status, copy.revision, copy.contractor, copy.terms) == (Status.PENDING, 1, "ada", TERMS)
    assert copy.delivery is Delivery.RECEIVED
    mine = until(lambda: (own := seen(pair.contractor, copy.id)) and own.delivery is Delivery.SENT and own)
    assert mine.number == copy.number
    assert until(lambda: any(news.changed is None or copy.id in news.changed for news in pair.news))


def test_the_same_key_asks_once_and_other_content_is_refused(pair: Pair) -> None:
    key, request_id = uuid4(), uuid4()
    assert pair.contractor.execute(key, RequestPayment(request_id, pair.contractor.person, TERMS)).changed
    pair.contractor.execute(key, RequestPayment(request_id, pair.contractor.person, TERMS))
    assert len(pair.contractor.page(PageQuery()).rows) == 1
    with pytest.raises(KeyReused):
        pair.contractor.execute(
            key, RequestPayment(request_id, pair.contractor.person, checked_terms("1", "EUR", "other"))
        )
    assert len(pair.contractor.page(PageQuery()).rows) == 1


def test_a_rejection_comes_with_its_whole_cause_and_a_revision_opens_it_again(pair: Pair) -> None:
    copy = pair.ask()
    pair.reject(copy)
    mine = pair.becomes(pair.contractor, copy.id, Status.REJECTED)
    assert mine.decision is not None
    assert mine.decision.cause == CAUSE
    assert mine.delivery is Delivery.DECIDED
    better = checked_terms("1250", "EUR", "August retainer, invoice 81")
    assert (
        pair.contractor.execute(uuid4(), RevisePayment.to(copy.id, pair.contractor.person, better)).copy.status
        is Status.PENDING
    )
    again = until(lambda: (row := seen(pair.manager, copy.id)) and row.revision == 2 and row)
    assert again.terms == better


def test_an_approval_is_final(pair: Pair) -> None:
    copy = pair.ask()
    assert pair.approve(copy).status is Status.ACCEPTED
    pair.becomes(pair.contractor, copy.id, Status.ACCEPTED)
    with pytest.raises(Conflict):
        pair.contractor.execute(uuid4(), RevisePayment.to(copy.id, pair.contractor.person, TERMS))
    with pytest.raises(Conflict):
        pair.contractor.execute(uuid4(), AskWithdrawal(copy.id, pair.contractor.person))


@pytest.mark.fault(
    kind="What is typed to revise one revision never replaces a later one unseen.",
    mended="domain/stale.py",
)
def test_of_two_revisions_of_the_same_one_the_second_is_refused_and_the_first_stands(pair: Pair) -> None:
    copy, person = pair.ask(), pair.contractor.person
    first, second = checked_terms("1", "EUR", "less"), checked_terms("2", "EUR", "more")
    key = uuid4()
    assert pair.contractor.execute(key, RevisePayment.to(copy.id, person, first, 1)).copy.revision == 2
    with pytest.raises(Stale):
        pair.contractor.execute(uuid4(), RevisePayment.to(copy.id, person, second, 1))
    assert pair.contractor.execute(key, RevisePayment.to(copy.id, person, first, 1)).changed, "it is said once"
    mine = seen(pair.contractor, copy.id)
    assert mine is not None and (mine.terms, mine.revision) == (first, 2)


def test_what_changed_since_the_screen_is_refused(pair: Pair) -> None:
    copy = pair.ask()
    pair.contractor.execute(
        uuid4(), RevisePayment.to(copy.id, pair.contractor.person, checked_terms("1", "EUR", "less"))
    )
    until(lambda: (row := seen(pair.manager, copy.id)) and row.revision == 2)
    with pytest.raises(PaydeskError) as refused:
        pair.approve(copy)
    assert refused.value.code == "stale"
    shown = seen(pair.manager, copy.id)
    assert shown is not None
    assert shown.status is Status.PENDING


def test_nobody_decides_their_own_and_nobody_changes_anothers(pair: Pair) -> None:
    own = pair.make_contractor("Bo").execute(uuid4(), RequestPayment(uuid4(), "Bo", TERMS)).copy
    until(lambda: seen(pair.manager, own.id))
    with pytest.raises(NotAllowed):
        pair.approve(own)
    with pytest.raises(NotAllowed):
        pair.contractor.execute(
            uuid4(), RevisePayment.to(own.id, pair.contractor.person, checked_terms("1", "EUR", "mine"))
        )
    with pytest.raises(NotAllowed):
        pair.contractor.execute(uuid4(), AskWithdrawal(own.id, pair.contractor.person))


def test_a_held_decision_is_known_to_its_side_alone_until_it_is_sent(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S
    copy = pair.ask()
    held = pair.approve(copy)
    assert (held.status, held.delivery) == (Status.ACCEPTED, Delivery.HELD)
    assert held.hold_until is not None
    mine = seen(pair.contractor, copy.id)
    assert mine is not None
    assert mine.status is Status.PENDING
    assert pair.manager.send_now() == 1
    pair.becomes(pair.contractor, copy.id, Status.ACCEPTED)
    with pytest.raises(TooLate):
        pair.manager.execute(uuid4(), Undo(copy.id, pair.manager.person))


def test_an_undone_decision_leaves_the_request_as_it_was(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S
    copy = pair.ask()
    pair.reject(copy)
    assert pair.manager.execute(uuid4(), Undo(copy.id, pair.manager.person)).copy.status is Status.PENDING
    pair.manager.hold_s = 0
    other = pair.ask(checked_terms("1", "EUR", "sent after it"))
    pair.approve(other)
    pair.becomes(pair.contractor, other.id, Status.ACCEPTED)
    mine = seen(pair.contractor, copy.id)
    assert mine is not None
    assert (mine.status, mine.decision) == (Status.PENDING, None)


def test_a_withdrawal_is_an_ask_until_the_managers_side_confirms(pair: Pair) -> None:
    copy = pair.ask()
    pair.contractor.execute(uuid4(), AskWithdrawal(copy.id, pair.contractor.person))
    pair.becomes(pair.contractor, copy.id, Status.WITHDRAWN)
    pair.becomes(pair.manager, copy.id, Status.WITHDRAWN)
    with pytest.raises(Conflict):
        pair.approve(copy)


def test_a_withdrawal_while_a_decision_is_held_lapses_when_it_is_sent(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S
    copy = pair.ask()
    pair.approve(copy)
    pair.contractor.execute(uuid4(), AskWithdrawal(copy.id, pair.contractor.person))
    until(lambda: (row := seen(pair.manager, copy.id)) and row.request and row.request.withdrawal_asked)
    pair.manager.send_now()
    mine = pair.becomes(pair.contractor, copy.id, Status.ACCEPTED)
    assert mine.lapsed


def test_a_withdrawal_while_a_decision_is_held_is_confirmed_when_it_is_undone(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S
    copy = pair.ask()
    pair.approve(copy)
    pair.contractor.execute(uuid4(), AskWithdrawal(copy.id, pair.contractor.person))
    until(lambda: (row := seen(pair.manager, copy.id)) and row.request and row.request.withdrawal_asked)
    assert pair.manager.execute(uuid4(), Undo(copy.id, pair.manager.person)).copy.status is Status.WITHDRAWN
    pair.becomes(pair.contractor, copy.id, Status.WITHDRAWN)


def test_a_page_has_the_rows_of_its_query_and_totals_of_all(pair: Pair) -> None:
    first = pair.ask()
    second = pair.ask(checked_terms("90000", "JPY", "posters"))
    pair.reject(first)
    query = PageQuery(statuses=frozenset({Status.PENDING}))
    waiting, totals = pair.manager.page(query), pair.manager.totals(query)
    assert [row.id for row in waiting.rows] == [second.id]
    assert [(total.status, total.count) for total in totals] == [(Status.PENDING, 1)]
    assert str(totals[0].sums[0]) == "90,000 JPY"
    assert second.request and totals[0].ageing == Ageing((1, 0, 0, 0), second.request.requested_at)
    known = pair.manager.insights(query)
    assert (known.requests, known.waiting, known.days[-1].requested) == (1, totals[0].ageing, 1)
    assert pair.manager.insights(PageQuery()).days[-1].rejected == 1
    both = pair.manager.page(PageQuery(statuses=frozenset({Status.PENDING}), also=frozenset({first.id})))
    assert ([row.id for row in both.rows], [row.id for row in both.also]) == ([second.id], [first.id])
    assert pair.manager.totals(PageQuery(MINE, person="ADA"))[0].count == 1
    assert pair.manager.page(PageQuery(MINE, person="nobody")).rows == ()


def test_a_detail_tells_the_steps_in_order(pair: Pair) -> None:
    copy = pair.ask()
    pair.reject(copy)
    pair.becomes(pair.contractor, copy.id, Status.REJECTED)
    for desk in (pair.contractor, pair.manager):
        steps = desk.detail(copy.id).timeline
        assert [step.kind for step in steps] == ["requested", "rejected"]
        assert steps[1].text == CAUSE.text
        assert steps[1].actor == "bo"
        assert steps[0].at <= steps[1].at


def test_requests_are_read_again_by_their_ids_in_that_order(pair: Pair) -> None:
    first, second = pair.ask(), pair.ask(checked_terms("7", "USD", "other"))
    pair.reject(second)
    again = pair.manager.copies([second.id, first.id])
    assert [(copy.id, copy.status) for copy in again] == [(second.id, Status.REJECTED), (first.id, Status.PENDING)]
    assert not pair.manager.copies([])
