"""A desk that closes releases what it holds, and says whether it has left."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries, request_list
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.worker import Worker
from paydesk.manager.service import ManagerService
from paydesk.settings import Endpoints
from tests.conftest import Sides, until

TERMS = checked_terms("1200", "EUR", "August retainer")


class WithoutBroker(Sides):
    """The same servers, of which the broker has no address."""

    def endpoints(self, role: str) -> Endpoints:
        """Return the addresses without the broker's."""
        return replace(super().endpoints(role), kafka=None)


def asked(sides: Sides) -> UUID:
    """Ask for a payment, and have it arrive at the manager's side."""
    request_id, store = uuid4(), Store(sides.url(sides.contractor), sides.contractor)
    asks.execute(store, uuid4(), RequestPayment(request_id, "ada", TERMS))
    store.close()
    workers = [Worker(role, sides) for role in (sides.contractor, sides.manager)]
    for worker in workers:
        worker.start()
    with connect(sides.url(sides.manager), "manager") as connection:
        until(lambda: len(request_list.page(connection, PageQuery()).rows) == 1)
    for worker in workers:
        worker.stop()
    return request_id


HELD = pytest.mark.fault(
    kind="What is held when a desk dies stays held until its time; only a person who quits sends it at once.",
    mended="tui/app.py",
)


def close_holding(sides: Sides, request_id: UUID, *, quits: bool = True) -> tuple[str, int]:
    """Approve at a desk that holds for long, and close it; returns what it says, and how much is unsent then."""
    desk = ManagerService(sides, "bo", 600, sides.manager)
    desk.open()
    desk.start(lambda _: None)
    if sides.endpoints("manager").kafka is not None:
        until(lambda: desk.health().duty == "working")
    desk.execute(uuid4(), Approve(request_id, desk.person, 1, TERMS.hash), desk.hold_s)
    parting = desk.close(quits=quits)
    with connect(sides.url(sides.manager), "manager") as connection:
        return parting, queries.counts(connection).unsent


def test_what_is_held_leaves_before_the_desk_does(sides: Sides) -> None:
    parting, unsent = close_holding(sides, asked(sides))
    assert "1 held decision was sent." in parting and unsent == 0


@HELD
def test_a_desk_that_ends_without_a_person_who_quits_leaves_held_what_is_held(sides: Sides) -> None:
    request_id = asked(sides)
    parting, _ = close_holding(sides, request_id, quits=False)
    assert "1 decision stays held" in parting and "was sent" not in parting
    with connect(sides.url(sides.manager), "manager", autocommit=True) as connection:
        held = "SELECT count(*) FROM outbox WHERE hold_until > clock_timestamp() AND published_at IS NULL"
        assert connection.execute(held).fetchone() == (1,)
        connection.execute("UPDATE outbox SET hold_until = clock_timestamp() WHERE hold_until IS NOT NULL")
        following = Worker(sides.manager, sides)
        following.start()
        sent = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"
        until(lambda: connection.execute(sent).fetchone() == (1,))
        following.stop()


@pytest.mark.long
def test_without_a_broker_it_says_who_sends_it(sides: Sides) -> None:
    request_id = asked(sides)
    away = WithoutBroker(sides.stack, sides.database, sides.contractor, sides.manager)
    parting, unsent = close_holding(away, request_id)
    assert "1 held decision was released; the next worker of this role sends it." in parting and unsent == 1
