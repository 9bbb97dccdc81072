"""How far the first reading of a schema is, and who notes its end, on the real servers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from paydesk.infra.core.health import Anew, Duty
from paydesk.infra.core.role import Role
from paydesk.infra.kafka.log import KafkaReader
from paydesk.infra.postgres import rebuilding
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read.queries import was_read_whole
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.context import Use
from paydesk.infra.worker.first_reading import FirstReading
from paydesk.infra.worker.worker import Worker
from tests.conftest import Sides, until
from tests.worker.test_worker import ask, count

ANEW = pytest.mark.fault(
    kind="An empty or partial list is never shown as the truth while a side is read anew.",
    mended="infra/worker/first_reading.py",
)


UNSENT = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


def whole(sides: Sides, role: Role) -> bool:
    with connect(sides.url(role), role.name) as connection:
        return was_read_whole(connection)


@contextmanager
def seen_by(sides: Sides, role: Role) -> Iterator[FirstReading]:
    conf = sides.endpoints(role.name).kafka
    assert conf is not None
    reader = KafkaReader(conf, role, lambda _: None)
    store = Store(sides.url(role), role)
    with closing(reader), closing(store):
        yield FirstReading(role, store, reader)


def read(sides: Sides, role: Role) -> None:
    """Have a worker of a single command read all there is."""
    worker = Worker(role, sides, use=Use(brief=True))
    worker.start()
    until(lambda: worker.caught_up and whole(sides, role) and count(sides, role, UNSENT) == 0)
    worker.stop()


@pytest.mark.long
@ANEW
def test_what_is_read_is_counted_until_the_check_and_the_other_topic_are_done(sides: Sides) -> None:
    contractor, manager = sides.contractor, sides.manager
    with seen_by(sides, manager) as first:
        assert first.look() == Anew(0, 0), "a new installation has nothing to read"
    ask(sides, 3)
    read(sides, contractor)
    with seen_by(sides, manager) as first:
        assert first.look() == Anew(0, 3) and not whole(sides, manager)
        read(sides, manager)
        assert first.look(at_once=True) is None and count(sides, manager) == 3
    rebuilding.empty(sides.url(contractor), contractor)
    with seen_by(sides, contractor) as first:
        assert first.look() == Anew(0, 3), "its own word has to come back too"
    read(sides, contractor)
    assert count(sides, contractor) == 3


@pytest.mark.long
@ANEW
def test_who_looks_on_notes_the_end_for_a_worker_that_does_not_know_of_it(sides: Sides) -> None:
    manager = sides.manager
    ask(sides, 1)
    read(sides, sides.contractor)
    read(sides, manager)
    with connect(sides.url(manager), manager.name) as connection:
        connection.execute("UPDATE origin SET whole_at = NULL")
    with seen_by(sides, manager) as first:
        assert first.look() is not None and not whole(sides, manager), "nobody who is at work has checked"
    worker = Worker(manager, sides)
    worker.start()
    until(lambda: worker.caught_up and worker.health().duty is Duty.WORKING)
    with connect(sides.url(manager), manager.name) as connection:
        connection.execute("UPDATE origin SET whole_at = NULL")
    with seen_by(sides, manager) as first:
        assert first.look() is None and whole(sides, manager)
    worker.stop()
