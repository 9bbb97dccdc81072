"""When one request looks like another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from paydesk.domain.commands import (
    Approve,
    AskWithdrawal,
    RequestPayment,
    ask_withdrawal,
    decide,
    request_payment,
)
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.duplicates import MOST, NEAR_DAYS, Asking, alike
from paydesk.domain.payment_request import checked_terms

NOON = datetime(2026, 8, 28, 12, 0, tzinfo=UTC)
LINK = "https://example.org/81.pdf"
TERMS = checked_terms("1250", "EUR", "Network rework", reference="R-17", document=LINK)
ASKING = Asking(UUID(int=1), "Ada Ltd", TERMS, NOON)


def other(place: int = 2, days: float = 0, who: str = "ada ltd ", **terms: str) -> RequestCopy:
    """Return a request of the same amount and currency that shares nothing else, unless told."""
    named = {"amount": "1250", "currency": "EUR", "description": "Another"} | terms
    request = request_payment(
        RequestPayment(UUID(int=place), who, checked_terms(**named)), f"PR-{place}", NOON - timedelta(days=days)
    )
    return RequestCopy(request.id, request, None, Delivery.RECEIVED)


@pytest.mark.parametrize(
    ("copy", "why"),
    [
        (other(), "same amount, within a day"),
        (other(days=1.2), "same amount, 1 day apart"),
        (other(days=-2), "same amount, 2 days apart"),
        (other(days=NEAR_DAYS - 0.01), "same amount, 6 days apart"),
        (other(days=NEAR_DAYS), ""),
        (other(days=400, reference="r-17"), "same amount and reference R-17"),
        (other(days=400, document=LINK), "same amount and document"),
        (other(days=400, reference="R-18"), ""),
        (other(amount="1250.01", reference="R-17"), ""),
        (other(currency="USD", reference="R-17"), ""),
        (other(who="bo", reference="R-17"), ""),
        (other(place=1, reference="R-17"), ""),
    ],
)
def test_what_looks_alike_and_why(copy: RequestCopy, why: str) -> None:
    assert [match.why for match in alike(ASKING, [copy])] == ([why] if why else [])


def test_only_what_is_paid_or_may_be_yet_counts() -> None:
    copy = other()
    assert copy.request is not None
    back = ask_withdrawal(AskWithdrawal(copy.id, "ada ltd"), copy.request, None)
    assert not alike(ASKING, [replace(copy, request=back)])
    paid = decide(Approve(copy.id, "bo", 1, copy.request.terms.hash), copy.request, None, NOON, NOON)
    (match,) = alike(ASKING, [replace(copy, decision=paid)])
    assert str(match) == "PR-2 (accepted): same amount, within a day"


def test_who_shares_a_paper_comes_first_then_the_nearest_and_few_are_named() -> None:
    far = other(place=90, days=300, reference="R-17")
    near = [other(place=10 + place, days=place / 2) for place in range(MOST + 3)]
    assert [match.number for match in alike(ASKING, [*reversed(near), far])] == [
        "PR-90",
        "PR-10",
        "PR-11",
        "PR-12",
        "PR-13",
    ]
