"""A side's schema is dropped while the other side goes on: started again, both are equal again by themselves."""

import json
import time

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import Faults, WorkerProcess
from tests.e2e.losses import assert_kept, assert_numbers, decide, decisions, drop
from tests.e2e.site import Site


def go_on(faults: Faults, lost: Role) -> None:
    """Let the side that lost nothing do its work."""
    if lost is MANAGER:
        faults.ask(100)
    else:
        decide(faults, 100)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("lost", [MANAGER, CONTRACTOR], ids=lambda role: role.name)
def test_a_schema_dropped_comes_back_by_itself(site: Site, lost: Role) -> None:
    faults, once = Faults(site), f"once-{lost.name}"
    amount = "5" if lost is MANAGER else "6"  # Like no other, also of the run before.
    ask = ("contractor", "request", amount, "EUR", "once", "--as", "ada", "--key", once)
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        asked = site.json(*ask)
        until(lambda: faults.count(MANAGER, where=f"id = '{asked['id']}'") == 1)
        approve = ("manager", "approve", str(asked["number"]), "--as", "bo", "--key", once)
        assert site.json(*approve)["changed"]
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
        workers.append(WorkerProcess(site, lost.name))
        until(lambda: workers[-1].duty == "working", within_s=60)
        until(faults.settled, within_s=240, every_s=0.3)
        took_s = time.monotonic() - started
        assert_kept(faults, before)
        published = {role.name: faults.count(role, "outbox") for role in (CONTRACTOR, MANAGER)}
        again = site.json(*ask)
        assert (again["id"], again["number"]) == (asked["id"], asked["number"])
        assert site.json(*approve)["status"] == "accepted"
        assert published == {role.name: faults.count(role, "outbox") for role in (CONTRACTOR, MANAGER)}, (
            "a second effect"
        )
        faults.ask(20)
        until(faults.settled, within_s=60, every_s=0.1)
        assert_numbers(faults)
        health = site.run("doctor").stdout
        assert "came back from the own topic" in health and "may have gaps" in health
    faults.assert_once()
    events, requests = faults.count(lost, "outbox"), faults.count(lost)
    print(f"{lost.name} dropped: {requests} requests, {events} own events, equal after {took_s:.1f} s")  # noqa: T201


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("damaged", [MANAGER, CONTRACTOR], ids=lambda role: role.name)
def test_a_damaged_schema_is_rebuilt_by_one_command(site: Site, damaged: Role) -> None:
    faults, command = Faults(site), ("rebuild", damaged.name, "--yes", "--json")
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        faults.ask(200)
        until(faults.settled, within_s=120, every_s=0.2)
        decide(faults, 60)
        until(faults.settled, within_s=120, every_s=0.2)
        refused = site.run(*command, check=False)
        assert refused.returncode == 5 and "is at work" in refused.stderr
        good, before = faults.registers(damaged), decisions(faults, MANAGER)
        next(worker for worker in workers if worker.role == damaged.name).end()
        with connect(faults.url(damaged), damaged.name) as connection:
            connection.execute("DELETE FROM payment_request WHERE id IN (SELECT id FROM payment_request LIMIT 50)")
            connection.execute("UPDATE payment_request SET outcome = 'accepted', decision_version = 99, revision = 7")
            connection.execute("UPDATE payment_request SET locked = true")
        assert faults.registers(damaged) != good
        go_on(faults, damaged)
        result = json.loads(site.run(*command).stdout)
        assert result["requests"] == faults.count(CONTRACTOR) and result["locked"] == 0
        workers.append(WorkerProcess(site, damaged.name))
        until(faults.settled, within_s=60, every_s=0.1)
        assert_kept(faults, before)
        assert_numbers(faults)
    faults.assert_once()
    print(f"{damaged.name} rebuilt: {result['requests']} requests, {result['own_events']} + {result['heard']} messages")  # noqa: T201
