"""A process that is stopped amid a transaction, as by a closed lid, keeps its locks no longer than its lease."""

import threading
import time
from uuid import uuid4

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.errors import ServerDown
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.storage import Store
from tests.conftest import Sides, until

TERMS = checked_terms("5", "EUR", "once")


@pytest.mark.long
def test_a_frozen_transaction_gives_way(sides: Sides) -> None:
    migrate(sides.url(sides.contractor), "contractor")
    frozen, other = (Store(sides.url(sides.contractor), sides.contractor) for _ in range(2))
    request = uuid4()
    asks.execute(other, uuid4(), RequestPayment(request, "ada", TERMS))
    had: list[float] = []

    def wait_for_the_row() -> None:
        with other.transaction() as transaction:
            transaction.requests.get(request)
            had.append(time.monotonic())

    waiting = threading.Thread(target=wait_for_the_row, daemon=True)
    began = time.monotonic()
    with pytest.raises(ServerDown), frozen.transaction() as transaction:
        transaction.requests.get(request)
        waiting.start()
        until(lambda: had, within_s=20)
        transaction.requests.get(request)
    assert 2 < had[0] - began < 10
    with frozen.transaction() as transaction:  # Woken, it begins anew.
        assert transaction.requests.get(request) is not None
    waiting.join(10)
    frozen.close()
    other.close()
