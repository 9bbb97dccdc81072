"""A database is restored from a copy 300 requests old: healed by itself, nothing published flips, who lost is told."""

import json
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from paydesk.contractor import commands as asks
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import Approve, RevisePayment, Undo
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import Faults, WorkerProcess
from tests.e2e.losses import (
    Waiting,
    assert_kept,
    assert_numbers,
    broker_away,
    copied,
    decide,
    decisions,
    pending,
    restore,
)
from tests.e2e.site import Site

LATER = 300
HELD_S = 15
MOST_NUMBER = "SELECT max(substring(number FROM '[0-9]+')::int) FROM payment_request"
HELD = "published_at IS NULL AND hold_until IS NOT NULL AND NOT beaten"


def number(faults: Faults, request_id: UUID) -> str:
    return str(faults.scalar(CONTRACTOR, "SELECT number FROM payment_request WHERE id = %s", [request_id]))


def findings(site: Site) -> dict[str, str]:
    """Return what doctor sees, by name."""
    report: dict[str, Any] = json.loads(site.run("doctor", "--json", check=False).stdout)
    return {finding["name"]: finding["seen"] for finding in report["findings"]}


def equal_but_for(faults: Faults, held: int) -> bool:
    """Whether all is sent that may be, and both sides differ in so many requests alone."""
    ours, theirs = (set(faults.registers(role)) for role in (CONTRACTOR, MANAGER))
    unsent = faults.count(MANAGER, "outbox", "published_at IS NULL AND hold_until IS NULL AND NOT beaten")
    return unsent == 0 and faults.count(MANAGER, "outbox", HELD) == held == len(ours - theirs)


@dataclass(frozen=True)
class Past:
    """What was held in a copy of the manager's schema, and became of it since; each with revision and terms hash."""

    copy: Path
    undone: list[Waiting]
    replaced: list[Waiting]
    """Undone, and then decided by somebody else."""
    sent: list[Waiting]


def lived(faults: Faults) -> Past:
    """Let both sides live on for ``LATER`` requests after a copy is made in which decisions are held."""
    faults.ask(50)
    until(faults.settled, within_s=60, every_s=0.1)
    decide(faults, 20)
    until(faults.settled, within_s=60, every_s=0.1)
    store, waiting = Store(faults.url(MANAGER), MANAGER), pending(faults, 12)
    for request_id, revision, terms_hash in waiting:
        decides.execute(store, uuid4(), Approve(request_id, "bo", revision, terms_hash), hold_s=HELD_S)
    past = Past(copied(faults, MANAGER), waiting[:4], waiting[4:8], waiting[8:])
    for request_id, _, _ in past.undone + past.replaced:
        decides.execute(store, uuid4(), Undo(request_id, "bo"))
    for request_id, revision, terms_hash in past.replaced:
        decides.execute(store, uuid4(), Approve(request_id, "cy", revision, terms_hash))
    store.close()
    faults.ask(LATER)
    until(lambda: faults.settled() and faults.count(MANAGER, "outbox", HELD) == 0, within_s=60, every_s=0.1)
    decide(faults, 150, but={row[0] for row in past.undone})
    until(faults.settled, within_s=60, every_s=0.1)
    return past


def answer_for_bo(faults: Faults, past: Past) -> None:
    """Hold doctor and list to what bo is told, and say of each hold that ran out what becomes of it."""
    site, seen = faults.site, findings(faults.site)
    assert all(f"{number(faults, row[0])} (bo)" in seen["manager lost"] for row in past.replaced)
    asked_again = {number(faults, row[0]) for row in past.undone}
    assert all(number in seen["manager held"] for number in asked_again)
    assert {row["number"] for row in site.rows("manager") if row["overdue"]} == asked_again
    first, *others = sorted(asked_again)
    assert site.json("manager", "approve", first, "--as", "bo")["delivery"] == "sent"
    for other in others:
        assert site.json("manager", "undo", other, "--as", "bo")["status"] == "pending"
    until(faults.settled, within_s=60, every_s=0.1)
    assert site.json("contractor", "show", first)["decision"]["decided_by"] == "bo"
    assert "manager held" not in findings(site)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("away", [False, True], ids=["kafka there", "kafka away at first"])
def test_the_managers_copy_with_held_decisions_that_were_undone_since(site: Site, away: bool) -> None:
    faults = Faults(site)
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        past = lived(faults)
        before = decisions(faults, CONTRACTOR)
        workers[1].end()
        restore(faults, MANAGER, past.copy)
        until(lambda: faults.count(MANAGER, "outbox", f"{HELD} AND hold_until > clock_timestamp()") == 0, every_s=0.1)
        assert faults.count(MANAGER, "outbox", HELD) == 12, "the copy holds what was undone, replaced or sent since"
        with broker_away(site) if away else nullcontext():
            workers.append(WorkerProcess(site, "manager"))
            if away:
                until(lambda: "Offline" in workers[-1].log_text, within_s=60)
                assert faults.count(MANAGER, "outbox", HELD) == 12, "nothing is released before the first check"
        started = time.monotonic()
        until(lambda: equal_but_for(faults, held=4), within_s=240, every_s=0.3)
        took_s = time.monotonic() - started
        assert {before[row[0]][5] for row in past.replaced} == {"cy"}
        assert {before[row[0]][5] for row in past.sent} == {"bo"}
        assert_kept(faults, before)
        answer_for_bo(faults, past)
        assert_kept(faults, before)
        assert_numbers(faults)
    print(f"manager restored, kafka away {away}: {len(before)} decisions kept, equal after {took_s:.1f} s")  # noqa: T201


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_contractors_copy_and_what_was_said_before_kafka_came_back(site: Site) -> None:
    faults = Faults(site)
    with faults.workers("contractor", "manager") as workers:
        until(lambda: all(worker.duty == "working" for worker in workers), within_s=60)
        asked = site.json("contractor", "request", "5", "EUR", "revised since", "--as", "ada")
        until(faults.settled, within_s=60, every_s=0.1)
        copy = copied(faults, CONTRACTOR)
        store = Store(faults.url(CONTRACTOR), CONTRACTOR)
        asks.execute(store, uuid4(), RevisePayment(UUID(asked["id"]), "ada", {"amount": "6"}))
        store.close()
        faults.ask(LATER)
        until(faults.settled, within_s=60, every_s=0.1)
        decide(faults, 100, but={UUID(asked["id"])})
        until(faults.settled, within_s=60, every_s=0.1)
        before, most = decisions(faults, MANAGER), faults.scalar(MANAGER, MOST_NUMBER)
        workers[0].end()
        restore(faults, CONTRACTOR, copy)
        with broker_away(site):
            again = site.json("contractor", "revise", str(asked["number"]), "--amount", "7", "--as", "ada")
            assert (again["delivery"], again["revision"]) == ("queued", 2), "it knows nothing of what was said since"
            fresh = site.json("contractor", "request", "8", "EUR", "new", "--as", "eve")
            assert (fresh["number"], fresh["delivery"]) == (None, "queued"), "no number before the first check"
            workers.append(WorkerProcess(site, "contractor"))
            until(lambda: "Offline" in workers[-1].log_text, within_s=60)
        until(lambda: faults.count(MANAGER, where=f"id = '{fresh['id']}'") == 1, within_s=240, every_s=0.3)
        until(faults.settled, within_s=60, every_s=0.1)
        assert_kept(faults, before)
        assert_numbers(faults)
        assert int(number(faults, UUID(fresh["id"]))[3:]) > most
        stands = site.json("contractor", "show", str(asked["number"]))
        assert (stands["amount"], stands["revision"]) == ("6.00", 2), "what was published stands"
        assert findings(site)["contractor lost"].startswith(f"{asked['number']} (ada)")
        assert [step["actor"] for step in stands["timeline"] if step["kind"] == "lost"] == ["ada"]
    print(f"contractor restored, kafka away: {faults.count(CONTRACTOR)} requests, {len(before)} decisions kept")  # noqa: T201
