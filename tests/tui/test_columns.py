"""What stands in the manager's column that people's words and the program's states share."""

from uuid import UUID

import pytest

from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.manager.columns import inbox
from paydesk.tui.text.wording import LOCKED, status_text
from tests.fakes import NOON


def described(description: str) -> str:
    """Return what the inbox shows of a request that waits, in its last column."""
    command = RequestPayment(UUID(int=1), "ada", checked_terms("10", "EUR", description))
    copy = RequestCopy(command.id, request_payment(command, "PR-1", NOON), None, Delivery.RECEIVED)
    return inbox(lambda _: ())[-1].say(copy, NOON).text


@pytest.mark.fault(
    kind="What a person typed is never read as what the program says of a request.", mended="manager/columns.py"
)
@pytest.mark.parametrize(
    "text",
    [
        *(status_text(status) for status in Status),
        f"{status_text(Status.ACCEPTED)} · sends in 8 s",
        "⚠ like PR-7 · work",
        LOCKED,
        "✔ accepted",
    ],
)
def test_a_description_that_looks_like_a_state_stands_in_quotes(text: str) -> None:
    assert described(text) == f'"{text}"'


@pytest.mark.parametrize("text", ["work", "(work)", "2 days", "€ 5 for tea", "请 work", "- work", "work ✓ accepted"])
def test_other_descriptions_stand_as_they_were_typed(text: str) -> None:
    assert described(text) == text
