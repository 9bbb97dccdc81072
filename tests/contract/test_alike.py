"""Which requests look like others, told alike by the fake desk and by the database."""

from uuid import uuid4

from paydesk.domain.duplicates import Asking
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from tests.contract.pairs import TERMS, Pair


def test_what_looks_alike_is_told_of_several_at_once(pair: Pair) -> None:
    first = pair.ask(checked_terms("1200", "EUR", "August retainer", reference="R-1"))
    second = pair.ask(TERMS)
    other = pair.ask(checked_terms("1200", "USD", "August retainer"))
    asked = [asking for copy in (first, second, other) if (asking := Asking.of(copy)) is not None]
    for desk in (pair.manager, pair.contractor):
        others = desk.alike(asked)
        assert {request_id: [twin.id for twin in twins] for request_id, twins in others.items()} == {
            first.id: [second.id],
            second.id: [first.id],
        }
        assert others[first.id][0].why == "same amount, within a day"
    assert pair.manager.alike([]) == {}


def test_terms_that_are_not_sent_yet_are_compared_with_what_may_still_be_paid(pair: Pair) -> None:
    known = pair.ask(checked_terms("1200", "EUR", "x", reference="R-1"))
    assert known.request is not None
    asking = Asking(uuid4(), " ADA", checked_terms("1200.00", "EUR", "y", reference="r-1"), known.request.requested_at)
    (twin,) = pair.contractor.alike([asking])[asking.id]
    assert (twin.number, twin.why) == (known.number, "same amount and reference r-1")
    pair.reject(known)
    pair.becomes(pair.contractor, known.id, Status.REJECTED)
    assert pair.contractor.alike([asking]) == {}
