"""A side's schema is dropped while the other side goes on: started again, both are equal again by themselves."""

import time

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.role import Role
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import Faults, WorkerProcess
from tests.e2e.house import House
from tests.e2e.losses import assert_kept, assert_numbers, decide, decisions, drop


def go_on(faults: Faults, lost: Role) -> None:
    """Let the side that lost nothing do its work."""
    if lost is MANAGER:
        faults.ask(100)
    else:
        decide(faults, 100)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lost", [MANAGER, CONTRACTOR], ids=lambda role: role.name)
def test_a_schema_dropped_comes_back_by_itself(house: House, lost: Role) -> None:
    faults, once = Faults(house), f"once-{lost.name}"
    ask = ("contractor", "request", "5", "EUR", "once", "--as", "ada", "--key", once)
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        asked = house.json(*ask)
        until(lambda: faults.count(MANAGER, where=f"id = '{asked['id']}'") == 1)
        approve = ("manager", "approve", str(asked["number"]), "--as", "bo", "--key", once)
        assert house.json(*approve)["changed"]
        faults.ask(300)
        until(faults.settled, within_s=120, every_s=0.2)
        decide(faults, 120)
        until(faults.settled, within_s=120, every_s=0.2)
        before = decisions(faults, MANAGER)
        assert len(before) >= 121
        next(worker for worker in workers if worker.role == lost.name).end()
        drop(faults, lost)
        go_on(faults, lost)
        started = time.monotonic()
        workers.append(WorkerProcess(house, lost.name))
        until(lambda: workers[-1].duty == "working", within_s=60)
        until(faults.settled, within_s=120, every_s=0.1)
        took_s = time.monotonic() - started
        assert_kept(faults, before)
        said = {role.name: faults.count(role, "outbox") for role in (CONTRACTOR, MANAGER)}
        again = house.json(*ask)
        assert (again["id"], again["number"]) == (asked["id"], asked["number"])
        assert house.json(*approve)["status"] == "accepted"
        assert said == {role.name: faults.count(role, "outbox") for role in (CONTRACTOR, MANAGER)}, "a second effect"
        faults.ask(20)
        until(faults.settled, within_s=60, every_s=0.1)
        assert_numbers(faults)
        health = house.run("doctor").stdout
        assert "came back from the own topic" in health and "may have gaps" in health
    faults.assert_once()
    events, requests = faults.count(lost, "outbox"), faults.count(lost)
    print(f"{lost.name} dropped: {requests} requests, {events} own events, equal after {took_s:.1f} s")  # noqa: T201
