"""What only a newer program understands waits in the inbox, and a worker of that program takes it in by itself."""

from uuid import UUID, uuid4

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import AskWithdrawal, RevisePayment
from paydesk.domain.status import Status
from paydesk.infra.postgres.storage import Store
from paydesk.infra.redis.hints import HintListener
from paydesk.infra.worker.worker import Worker
from tests.conftest import Sides, until
from tests.storage.test_quarantine import older
from tests.worker.test_worker import ask, count, seen, workers

__all__ = ["workers"]


def test_an_upgraded_worker_takes_in_what_was_parked(
    sides: Sides, workers: tuple[Worker, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    older(monkeypatch)
    revised, withdrawn = ask(sides, 2)
    workers[0].nudge()
    until(lambda: count(sides, sides.manager) == 2)
    store = Store(sides.url(sides.contractor), sides.contractor)
    asks.execute(store, uuid4(), RevisePayment(revised, "ada", {"amount": "1250"}))
    asks.execute(store, uuid4(), AskWithdrawal(withdrawn, "ada"))
    store.close()
    workers[0].nudge()
    until(lambda: workers[1].health().parked == 2)
    assert seen(sides, sides.manager, withdrawn) is Status.PENDING
    workers[1].stop()
    monkeypatch.undo()

    hints: list[frozenset[UUID] | None] = []
    listener = HintListener(sides.manager, sides, hints.append)
    listener.start()
    until(lambda: hints)
    newer = Worker(sides.manager, sides)
    newer.start()
    until(lambda: frozenset({revised, withdrawn}) in hints)
    until(lambda: newer.health().lag == 0 and newer.health().parked == 0)
    listener.stop()
    assert seen(sides, sides.manager, withdrawn) is Status.WITHDRAWN
    until(lambda: seen(sides, sides.contractor, withdrawn) is Status.WITHDRAWN)
    now = f"SELECT count(*) FROM payment_request WHERE id = '{revised}' AND revision = 2 AND status = 'pending'"
    assert count(sides, sides.manager, now) == 1
    assert count(sides, sides.manager, "SELECT count(*) FROM inbox WHERE redriven_by = 'paydesk'") == 2
    newer.stop()
