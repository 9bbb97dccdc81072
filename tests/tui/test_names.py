"""A name that mixes scripts is told apart from the one it looks like, wherever a screen shows it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from paydesk.contractor import columns as contractors
from paydesk.domain.copy import Delivery, RequestCopy, RequestDetail, Step
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.domain.status import Outcome
from paydesk.manager import columns as managers
from paydesk.tui.text.request import facts, timeline

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TERMS = checked_terms("12.50", "EUR", "logo")
ASKED = RequestRegister(UUID(int=1), 1, "PR-1", "аda", NOW, 1, TERMS)
DECIDED = DecisionRegister(UUID(int=1), 1, Outcome.ACCEPTED, 0, None, 1, TERMS, TERMS.hash, "Ωbo", NOW, NOW)
COPY = RequestCopy(UUID(int=1), ASKED, DECIDED, Delivery.DECIDED)


@pytest.mark.fault(
    kind="A typed name that looks like another is refused, and one that came in shows which letters differ.",
    mended="domain/names.py",
)
def test_lists_and_details_show_which_letters_differ() -> None:
    columns = [
        managers.CONTRACTOR,
        contractors.FROM,
        *(column for column in managers.DECIDED_COLUMNS if column.title == "By"),
    ]
    assert [column.say(COPY, NOW).text for column in columns] == ["<U+0430>da", "<U+0430>da", "<U+03A9>bo"]
    step = Step(NOW, "accepted", "Ωbo", 1, "")
    text = "\n".join(line.plain for line in (*facts(COPY, NOW, 80), *timeline(RequestDetail(COPY, (step,)), 80)))
    assert "<U+0430>da" in text and text.count("<U+03A9>bo") == 2 and "аda" not in text and "Ωbo" not in text
