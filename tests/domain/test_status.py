"""Statuses, outcomes and the events that state them are one table: what a new one lacks is named here."""

import pytest

from paydesk.domain.copy import DECISION_STEPS, HELD_STEP, MANAGER_STEPS, REQUEST_STEPS
from paydesk.domain.events import DECISION_TYPES, EventType, outcome_of
from paydesk.domain.status import FINAL, OUTCOMES, Outcome, Status, facts_of
from paydesk.infra.postgres.schema import STATUS_SQL, PaymentRequestRow
from paydesk.tui.text.ascii import to_ascii
from paydesk.tui.text.wording import look_of, status_text


def test_each_outcome_is_stated_by_one_event() -> None:
    assert sorted(outcome_of(kind) or "" for kind in DECISION_TYPES) == sorted(Outcome)


def test_each_outcome_but_none_gives_a_status_of_its_own_that_nobody_has_to_decide() -> None:
    statuses = [facts.status for facts in OUTCOMES.values() if facts.status is not None]
    assert len(set(statuses)) == len(statuses) == len(Outcome) - 1 and Outcome.NONE not in FINAL
    assert not any(facts_of(status).waiting or facts_of(status).decidable for status in statuses)


@pytest.mark.parametrize("kind", EventType)
def test_the_fact_of_an_event_is_a_word(kind: EventType) -> None:
    assert kind.fact.replace("_", "").isalpha() and kind == f"paydesk.payment_{kind.fact}.v1"
    assert len([steps for steps in (REQUEST_STEPS, DECISION_STEPS) if kind.fact in steps]) == 1


def test_a_withdrawal_is_confirmed_by_nobody_who_decides() -> None:
    assert {"withdrawn"} == DECISION_STEPS - MANAGER_STEPS and HELD_STEP in MANAGER_STEPS


@pytest.mark.parametrize("status", Status)
def test_each_status_has_a_mark_of_its_own_on_every_terminal(status: Status) -> None:
    assert to_ascii(status_text(status)).isascii() and look_of(status).glyph != ""
    assert [other for other in Status if look_of(other).glyph == look_of(status).glyph] == [status]


@pytest.mark.parametrize("outcome", Outcome)
def test_the_tables_know_each_outcome(outcome: Outcome) -> None:
    (known,) = [
        str(check.sqltext)
        for check in PaymentRequestRow.__table__.constraints  # type: ignore[attr-defined]
        if check.name == "outcome_is_known"
    ]
    assert f"'{outcome}'" in known
    status = OUTCOMES[outcome].status
    assert status is None or f"WHEN outcome = '{outcome}' THEN '{status}'" in STATUS_SQL
