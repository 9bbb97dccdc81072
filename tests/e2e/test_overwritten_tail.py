"""The end of the broker's log is cut off and overwritten by other events, then their writer's schema is lost."""

import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import Approve, Reject
from paydesk.domain.decision import checked_cause
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import ROLES, Faults, WorkerProcess
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
from tests.e2e.site import Site

TORN = 12
"""So many decisions are heard by the contractor's side and then cut off the log."""


def say(faults: Faults, rows: list[Waiting], actor: str, rejects: int) -> None:
    """Decide these; the first ones are rejected."""
    store = Store(faults.url(MANAGER), MANAGER)
    for place, (request_id, revision, terms_hash) in enumerate(rows):
        if place < rejects:
            decides.execute(
                store, uuid4(), Reject(request_id, actor, revision, terms_hash, checked_cause("duplicate", None))
            )
        else:
            decides.execute(store, uuid4(), Approve(request_id, actor, revision, terms_hash))
    store.close()


def locked(faults: Faults) -> list[set[UUID]]:
    """Return what each side has locked."""
    query = "SELECT coalesce(array_agg(id), '{}') FROM payment_request WHERE locked OR peer_locked_at IS NOT NULL"
    return [set(faults.scalar(role, query)) for role in ROLES]


def claimed(faults: Faults) -> set[UUID]:
    """Return of which requests the manager's side was told of a version that it never said."""
    return set(faults.scalar(MANAGER, "SELECT coalesce(array_agg(request_id), '{}') FROM unknown_version"))


def findings(site: Site) -> dict[str, Any]:
    """Return what doctor says of each thing that it looks at."""
    report: dict[str, Any] = json.loads(site.run("doctor", "--json", check=False).stdout)
    return {finding["name"]: finding for finding in report["findings"]}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nothing_flips_and_what_one_side_alone_knows_is_told_to_the_other(site: Site) -> None:
    faults = Faults(site)
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
        first = faults.scalar(MANAGER, "SELECT min(kafka_offset) FROM outbox WHERE request_id = ANY(%s)", [list(ids)])
        workers[1].end()
        with broker_away(site):
            restore(faults, MANAGER, copy)
            gone = cut_end(site, MANAGER.writes, first)
            # Nobody here knows of those any more: other things are said, of half of them too, and stand in their place.
            say(faults, torn[: TORN // 2] + others, "cy", rejects=4)
        workers.append(WorkerProcess(site, "manager"))
        until(lambda: faults.count(MANAGER, "outbox", "published_at IS NULL") == 0, within_s=60)
        workers[-1].end()
        drop(faults, MANAGER)
        workers.append(WorkerProcess(site, "manager"))
        until(lambda: workers[-1].duty == "working", within_s=60)
        started = time.monotonic()
        faults.ask(1)
        until(lambda: claimed(faults) == ids, within_s=180, every_s=0.5)
        took_s = time.monotonic() - started

        def rest(role: Role) -> set[tuple[Any, ...]]:
            return {row for row in faults.registers(role) if row[0] not in ids}

        # What was asked last may still be on its way when the claims are there.
        until(lambda: rest(CONTRACTOR) == rest(MANAGER) and len(rest(MANAGER)) == 101 - TORN, within_s=60, every_s=0.5)
        now = decisions(faults, CONTRACTOR)
        assert {request: now[request] for request in before} == before, "what was published and heard flips"
        assert locked(faults) == [set(), set()], "a claim of the other side locks nothing"
        finding = findings(site)["manager claims"]
        assert not finding["ok"] and f"{len(ids)} versions that this side never said" in finding["seen"]
        assert {now[row[0]][5] for row in others} == {"cy"}
        assert_numbers(faults)
    print(f"{gone} batches cut off: {len(ids)} requests told after {took_s:.1f} s, none flipped")  # noqa: T201
