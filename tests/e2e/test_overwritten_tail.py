"""The end of the broker's log is cut off and overwritten by other events, then their writer's schema is lost."""

import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.decision import checked_cause
from paydesk.infra.role import Role
from paydesk.infra.store import Store
from paydesk.manager.commands import approve, reject
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import ROLES, Faults, WorkerProcess
from tests.e2e.house import House
from tests.e2e.losses import (
    Waiting,
    assert_numbers,
    broker_away,
    copied,
    cut_end,
    decide,
    decisions,
    drop,
    pending,
    restore,
)

TORN = 12
"""So many decisions are heard by the contractor's side and then cut off the log."""


def say(faults: Faults, rows: list[Waiting], actor: str, rejects: int) -> None:
    """Decide these; the first ones are rejected."""
    store = Store(faults.url(MANAGER), MANAGER)
    for place, (request_id, revision, terms_hash) in enumerate(rows):
        if place < rejects:
            reject(store, uuid4(), request_id, actor, revision, terms_hash, checked_cause("duplicate", None))
        else:
            approve(store, uuid4(), request_id, actor, revision, terms_hash)
    store.close()


def locked(faults: Faults) -> list[set[UUID]]:
    """Return what each side has locked."""
    query = "SELECT coalesce(array_agg(id), '{}') FROM payment_request WHERE locked"
    return [set(faults.one(role, query)) for role in ROLES]


def versions(house: House) -> dict[str, set[tuple[str, str]]]:
    """Return what doctor shows of each locked request: what each version says, and by whom."""
    told: dict[str, Any] = json.loads(house.run("doctor", "--json", check=False).stdout)
    return {one["id"]: {(version["says"], version["by"]) for version in one["versions"]} for one in told["locked"]}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nothing_flips_and_what_cannot_be_settled_is_locked(house: House) -> None:
    faults = Faults(house)
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        faults.ask(100)
        until(faults.settled, within_s=60, every_s=0.1)
        decide(faults, 30)
        until(faults.settled, within_s=60, every_s=0.1)
        copy, waiting = copied(faults, MANAGER), pending(faults, 70)
        torn, others = waiting[:TORN], waiting[TORN : 2 * TORN]
        say(faults, torn, "bo", rejects=2)
        until(faults.settled, within_s=60, every_s=0.1)
        before, ids = decisions(faults, CONTRACTOR), {row[0] for row in torn}
        first = faults.one(MANAGER, "SELECT min(kafka_offset) FROM outbox WHERE request_id = ANY(%s)", [list(ids)])
        workers[1].end()
        with broker_away(house):
            restore(faults, MANAGER, copy)
            gone = cut_end(house, MANAGER.writes, first)
            # Nobody here knows of those any more: other things are said, of half of them too, and stand in their place.
            say(faults, torn[: TORN // 2] + others, "cy", rejects=4)
        workers.append(WorkerProcess(house, "manager"))
        until(lambda: faults.count(MANAGER, "outbox", "published_at IS NULL") == 0, within_s=60)
        workers[-1].end()
        drop(faults, MANAGER)
        workers.append(WorkerProcess(house, "manager"))
        until(lambda: workers[-1].duty == "working", within_s=60)
        started = time.monotonic()
        faults.ask(1)  # With it goes a digest, which tells what this side has locked, within a minute.
        until(lambda: locked(faults) == [ids, ids], within_s=180, every_s=0.5)
        took_s = time.monotonic() - started

        def rest(role: Role) -> set[tuple[Any, ...]]:
            return {row for row in faults.registers(role) if row[0] not in ids}

        # What was asked last may still be on its way when the locks are there.
        until(lambda: rest(CONTRACTOR) == rest(MANAGER) and len(rest(MANAGER)) == 101 - TORN, within_s=60, every_s=0.5)
        now = decisions(faults, CONTRACTOR)
        assert {each: now[each] for each in before} == before, "what was published and heard flips"
        seen = versions(house)
        assert set(seen) == {str(each) for each in ids}
        assert seen[str(torn[0][0])] >= {("rejected", "bo"), ("rejected", "cy")}
        assert seen[str(torn[3][0])] >= {("accepted", "bo"), ("rejected", "cy")}
        assert seen[str(torn[5][0])] >= {("accepted", "bo"), ("accepted", "cy")}
        assert ("accepted", "bo") in seen[str(torn[-1][0])]
        assert {now[row[0]][5] for row in others} == {"cy"}
        assert_numbers(faults)
    print(f"{gone} batches cut off: {len(ids)} requests locked on both sides after {took_s:.1f} s, none flipped")  # noqa: T201
