"""A published outcome is never replaced: the request is locked on both sides, with both versions to look at."""

import json
from uuid import UUID, uuid4

import pytest
from confluent_kafka import Producer

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, AskWithdrawal, RevisePayment, Settle
from paydesk.domain.decision import checked_note
from paydesk.domain.errors import Conflict, InvalidInput, KeyReused, Locked
from paydesk.infra.core.execute import settle
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.read.conflicts import LockedRequest, joined, locked_requests
from paydesk.infra.postgres.read.timeline import detail
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.worker import Worker
from paydesk.manager import commands as decides
from tests.conftest import Sides, until
from tests.worker.test_worker import TERMS, ask, count, seen, workers

__all__ = ["workers"]


def withdrawn_after_all(sides: Sides, request_id: UUID) -> tuple[dict[str, bytes], bytes]:
    """Return headers and value with which a program gone mad would say that an accepted request was withdrawn."""
    with connect(sides.url(sides.manager), "manager") as connection:
        row = connection.execute(
            "SELECT headers, value FROM outbox WHERE request_id = %s ORDER BY version DESC LIMIT 1", [request_id]
        ).fetchone()
    assert row is not None
    content = json.loads(row[1])
    assert content["outcome"] == "accepted"
    nothing = dict.fromkeys(("decided_by", "revision", "terms", "terms_hash"))
    value = json.dumps(content | {"version": content["version"] + 1, "outcome": "withdrawn"} | nothing).encode()
    headers = {name: text.encode() for name, text in row[0]}
    return headers | {"ce_id": str(uuid4()).encode(), "ce_type": b"paydesk.payment_withdrawn.v1"}, value


def say_withdrawn(sides: Sides, request_id: UUID) -> None:
    """Say it on the manager's topic."""
    headers, value = withdrawn_after_all(sides, request_id)
    producer = Producer(dict(sides.endpoints("manager").kafka or {}))
    producer.produce(sides.manager.writes, value, str(request_id), headers=list(headers.items()))
    assert producer.flush(30) == 0


def locked_on(sides: Sides, role: Role) -> list[LockedRequest]:
    with connect(sides.url(role), role.name) as connection:
        return locked_requests(connection, role)


def locked_request(sides: Sides, workers: tuple[Worker, Worker]) -> UUID:
    """Return a request that both sides have locked."""
    (request_id,) = ask(sides)
    workers[0].nudge()
    until(lambda: count(sides, sides.manager) == 1)
    store = Store(sides.url(sides.manager), sides.manager)
    decides.execute(store, uuid4(), Approve(request_id, "bo", 1, TERMS.hash))
    workers[1].nudge()
    until(lambda: seen(sides, sides.contractor, request_id) == "accepted")
    say_withdrawn(sides, request_id)
    until(lambda: locked_on(sides, sides.contractor))
    # Its writer finds it when the next acknowledgement does not follow what it had verified.
    (other,) = ask(sides)
    workers[0].nudge()
    until(lambda: count(sides, sides.manager) == 2)
    decides.execute(store, uuid4(), Approve(other, "bo", 1, TERMS.hash))
    workers[1].nudge()
    store.close()
    until(lambda: locked_on(sides, sides.manager))
    return request_id


def test_both_versions_are_kept_with_where_they_were_seen(sides: Sides, workers: tuple[Worker, Worker]) -> None:
    request_id = locked_request(sides, workers)
    locked = joined([*locked_on(sides, sides.contractor), *locked_on(sides, sides.manager)])
    assert [request.id for request in locked] == [request_id] and locked[0].name.startswith("PR-")
    assert "contractor: after accepted was published, another outcome was said: withdrawn" in locked[0].why
    assert "manager: this side published two different outcomes" in locked[0].why
    accepted, withdrawn = (version.document() for version in locked[0].contradicting)
    assert (accepted["says"], accepted["by"], accepted["amount"]) == ("accepted", "bo", "1200.00")
    assert withdrawn["says"] == "withdrawn" and accepted["revision"] == 1
    assert any(seen.startswith(f"contractor: applied, {sides.manager.writes}/0/") for seen in accepted["seen"])
    assert any(seen.startswith(f"contractor: quarantined, {sides.manager.writes}/0/") for seen in withdrawn["seen"])
    assert any(seen.startswith("manager: said") for seen in accepted["seen"] + withdrawn["seen"])
    for role, worker in ((sides.contractor, workers[0]), (sides.manager, workers[1])):
        assert seen(sides, role, request_id) == "accepted", "what was published stands"
        until(lambda worker=worker: worker.health().locked == 1)  # type: ignore[misc]


def test_a_locked_request_refuses_by_name_and_hint(sides: Sides, workers: tuple[Worker, Worker]) -> None:
    request_id = locked_request(sides, workers)
    contractor, manager = (Store(sides.url(role), role) for role in (sides.contractor, sides.manager))
    with pytest.raises(Locked, match=r"PR-\d+ is locked") as refused:
        asks.execute(contractor, uuid4(), RevisePayment(request_id, "ada", {"amount": "7"}))
    assert "paydesk doctor" in refused.value.hint and "asks anew" in refused.value.hint
    with pytest.raises(Locked):
        asks.execute(contractor, uuid4(), AskWithdrawal(request_id, "ada"))
    with pytest.raises(Locked):
        decides.execute(manager, uuid4(), Approve(request_id, "cy", 1, TERMS.hash))
    contractor.close()
    manager.close()


def test_what_nobody_here_knows_can_be_locked_too(sides: Sides) -> None:
    """The writer's schema and the topic's end were lost: the reader alone holds it, and both have to say so."""
    store, lost = Store(sides.url(sides.contractor), sides.contractor), uuid4()
    with store.transaction() as transaction:
        transaction.locks.lock({lost: "the other side holds a version 1 that was never said"}, store.now())
    assert [(request.id, request.number) for request in locked_on(sides, sides.contractor)] == [(lost, None)]
    with connect(sides.url(sides.contractor), "contractor") as connection:
        copy = queries.get(connection, lost)
    assert copy.locked and copy.terms is None and "never said" in copy.locked_why
    with pytest.raises(Locked):
        asks.execute(store, uuid4(), AskWithdrawal(lost, "ada"))
    store.close()


def test_settled_is_told_and_no_longer_listed_and_stays_locked(sides: Sides, workers: tuple[Worker, Worker]) -> None:
    request_id = locked_request(sides, workers)
    store, key, note = Store(sides.url(sides.manager), sides.manager), uuid4(), "Paid once, on paper; both agreed."
    noted = Settle(request_id, "bo", note)
    assert settle(store, key, noted) == settle(store, key, noted)
    with pytest.raises(KeyReused):
        settle(store, key, Settle(request_id, "bo", "Something else."))
    with pytest.raises(InvalidInput, match="control characters"):
        checked_note("cle\x1b]52;c;eA==\x07an")
    assert locked_on(sides, sides.manager) == [] and locked_on(sides, sides.contractor), "each side has its own word"
    with connect(sides.url(sides.manager), "manager") as connection:
        assert (copy := queries.get(connection, request_id)).locked and copy.settled
        steps = [step for step in detail(connection, request_id).timeline if step.kind in ("locked", "settled")]
    assert [(step.kind, step.actor, step.text) for step in steps[1:]] == [("settled", "bo", note)]
    until(lambda: workers[1].health().locked == 0)
    with pytest.raises(Locked):
        decides.execute(store, uuid4(), Approve(request_id, "cy", 1, TERMS.hash))
    (other,) = ask(sides)
    until(lambda: count(sides, sides.manager) == 3)
    with pytest.raises(Conflict, match="not locked"):
        settle(store, uuid4(), Settle(other, "bo", note))
    store.close()
