"""A database that takes what is asked and never answers is told as away, and as there again once it answers."""

import threading

import psycopg
import pytest

from paydesk.infra.core.awaited import Awaited
from paydesk.infra.core.health import PartState
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker import context
from paydesk.infra.worker.context import HealthState
from tests.conftest import Sides, until

SILENT = pytest.mark.fault(
    kind="A screen never shows a server as well that has not answered for seconds.", mended="infra/worker/context.py"
)


@SILENT
def test_a_database_that_never_answers_is_away_until_it_does(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "SILENT_S", 0.3)
    url, state = sides.url(sides.contractor), HealthState()
    store = Store(url, sides.contractor)
    state.watch(store.awaited)

    def ask() -> None:
        with store.transaction() as transaction:
            transaction.numbers.unnumbered()

    with psycopg.connect(url) as blocking:
        blocking.execute("LOCK TABLE payment_request IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(target=ask)
        asking.start()
        until(lambda: state.health("").postgres.state is PartState.DOWN)
        assert state.health("").postgres.error.startswith("PostgreSQL has not answered for ")
        assert not state.health("").live
        blocking.rollback()
    asking.join()
    assert state.health("").postgres.state is PartState.COMING and store.awaited.silent_s() == 0.0
    store.close()


@SILENT
def test_the_longest_wait_of_several_threads_counts_and_ends_with_each_answer() -> None:
    now = [10.0]
    awaited = Awaited(lambda: now[0])
    assert awaited.silent_s() == 0.0
    with awaited.waiting():
        now[0] = 14.0
        other = threading.Thread(target=awaited.asked)
        other.start()
        other.join()
        now[0] = 15.0
        assert awaited.silent_s() == 5.0
    assert awaited.silent_s() == 1.0


@SILENT
def test_a_wait_that_fails_is_no_wait_any_more() -> None:
    awaited = Awaited()
    with pytest.raises(ZeroDivisionError), awaited.waiting():
        raise ZeroDivisionError
    assert awaited.silent_s() == 0.0
