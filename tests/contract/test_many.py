"""Deciding many at once, by the fake desk and by the real one."""

from uuid import uuid4

import pytest

from paydesk.domain.copy import Delivery
from paydesk.domain.errors import Stale, TooLate
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import Status
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
    with pytest.raises(TooLate):
        pair.manager.take_back(first.id)
