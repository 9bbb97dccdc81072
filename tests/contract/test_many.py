"""Deciding many at once, by the fake desk and by the real one."""

from uuid import UUID, uuid4

import pytest

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.errors import Conflict, Stale, TooLate
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
from paydesk.manager.batch import Batch
from paydesk.manager.port import ManagerDesk
from tests.contract.pairs import CAUSE, HELD_S, Pair


def test_many_are_decided_held_longer_told_at_once_and_taken_back(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S  # type: ignore[misc]
    first, second = pair.ask(checked_terms("1", "EUR", "a")), pair.ask(checked_terms("2", "EUR", "b"))
    assert first.terms is not None and second.terms is not None
    pair.manager.decide(uuid4(), first.id, 1, first.terms.hash, None, 300)
    pair.manager.decide(uuid4(), second.id, 1, second.terms.hash, CAUSE, 0)
    told = pair.manager.tell([first.id, second.id])
    assert [(copy.status, copy.delivery) for copy in told] == [
        (Status.ACCEPTED, Delivery.HELD),
        (Status.REJECTED, Delivery.HELD),
    ]
    holds = [copy.hold_until for copy in told]
    assert holds[0] is not None and holds[1] is not None and 200 < (holds[0] - holds[1]).total_seconds() <= 300
    with pytest.raises(Stale):
        pair.manager.decide(uuid4(), pair.ask().id, 2, first.terms.hash, None, 0)
    pair.manager.take_back(first.id)
    (back,) = pair.manager.tell([first.id])
    assert (back.status, back.delivery) == (Status.PENDING, Delivery.RECEIVED)
    with pytest.raises(Conflict, match=f"{first.number} is pending: there is nothing to undo") as refused:
        pair.manager.take_back(first.id)
    assert not isinstance(refused.value, TooLate), "what nobody decided was not sent"


def test_each_of_many_gets_its_own_answer_to_an_undo_and_none_stops_the_others(pair: Pair) -> None:
    pair.manager.hold_s = HELD_S  # type: ignore[misc]
    undecided, released, held = (pair.ask(checked_terms(amount, "EUR", "many")) for amount in ("3", "4", "5"))
    pair.reject(released)
    assert pair.manager.send_now() == 1
    pair.reject(held)
    answers: dict[UUID, str] = {}

    def undo(desk: ManagerDesk, copy: RequestCopy, _: float) -> None:
        try:
            desk.take_back(copy.id)
        except Conflict as refused:
            answers[copy.id] = f"{refused.code}: {refused.message}"
            raise

    batch = Batch([undecided, released, held], undo)
    batch.run(pair.manager)
    assert answers == {
        undecided.id: f"{Conflict.code}: {undecided.number} is pending: there is nothing to undo.",
        released.id: f"{TooLate.code}: It is too late to undo: the decision was sent.",
    }
    assert [told.number for told in batch.failed] == [undecided.number, released.number]
    assert [(copy.id, copy.status) for copy in batch.done] == [(held.id, Status.PENDING)]
    assert [copy.status for copy in pair.manager.copies([undecided.id, released.id])] == [
        Status.PENDING,
        Status.REJECTED,
    ]
