"""The process that holds the lease dies or freezes amid 1,000 events: another carries on, nothing doubles."""

import signal
import threading
import time
from statistics import median

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.role import Role
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.faults import ROLES, Faults, WorkerProcess
from tests.e2e.site import Site

KILLED_S = 1.0
FROZEN_S = 4.0
STRUCK_AT = {MANAGER: 200, CONTRACTOR: 500}
"""After so many of 1,000 events a role's holder is struck. The manager's first: while nobody works for the contractor,
it has nothing to do; and who follows it is long at work when the contractor's is struck.
"""


def done(faults: Faults, role: Role) -> int:
    """How much the holder of a role has done: sent by the contractor's side, applied by the manager's."""
    if role is CONTRACTOR:
        return faults.count(role, "outbox", "published_at IS NOT NULL")
    return faults.count(role, "inbox")


def strike(faults: Faults, role: Role, workers: list[WorkerProcess], number: int) -> float:
    """Strike the holder of a role, and return how long it took until something new was done, in seconds."""
    crew = [worker for worker in workers if worker.role == role.name]
    holder = until(lambda: next((worker for worker in crew if worker.duty == "working"), None))
    holder.signal(number)
    if number == signal.SIGKILL:
        holder.process.wait()
        workers.remove(holder)
    before, struck_at = done(faults, role), time.monotonic()
    until(lambda: done(faults, role) > before, within_s=60, every_s=0.005)
    took_s = time.monotonic() - struck_at
    if number == signal.SIGSTOP:
        until(lambda: any(worker.duty == "working" for worker in crew if worker is not holder))
        holder.signal(signal.SIGCONT)
        until(lambda: holder.duty == "standby", within_s=60)
    return took_s


def attended(workers: list[WorkerProcess]) -> bool:
    """Whether one works for each role, and another stands by."""
    duties = sorted((worker.role, worker.duty) for worker in workers)
    return duties == [(role.name, duty) for role in ROLES for duty in ("standby", "working")]


def strike_both(faults: Faults, workers: list[WorkerProcess], number: int) -> dict[Role, float]:
    """Strike the holders of both roles, one after the other amid 1,000 events; on a quick machine, amid more."""
    start, took_s, over = {role: done(faults, role) for role in ROLES}, dict[Role, float](), threading.Event()

    def ask() -> None:
        faults.ask(1000)
        while not over.is_set():
            faults.ask(20)  # Whoever follows has something to do, however quickly all was asked.

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for role, at in STRUCK_AT.items():
            until(lambda role=role, at=at: done(faults, role) > start[role] + at, within_s=60)  # type: ignore[misc]
            took_s[role] = strike(faults, role, workers, number)
    finally:
        over.set()
    # Only now, as a program that starts takes time from whoever takes over.
    struck = [role.name for role in ROLES if [worker.role for worker in workers].count(role.name) < 2]
    workers.extend(WorkerProcess(faults.site, name) for name in struck)
    asking.join()
    return took_s


def rounds(site: Site, number: int, times: int) -> dict[str, list[float]]:
    """Strike again and again, and check both schemas at the end; returns how long each role's work stood still."""
    faults, took_by_role = Faults(site), {role.name: list[float]() for role in ROLES}
    with faults.workers(*(role.name for role in ROLES * 2)) as workers:
        for _ in range(times):
            until(lambda: attended(workers), within_s=60)
            for role, took_s in strike_both(faults, workers, number).items():
                took_by_role[role.name].append(took_s)
        until(faults.settled, within_s=120, every_s=0.2)
    faults.assert_once()
    for name, took in took_by_role.items():
        line = f"{name} {signal.Signals(number).name}: p50 {median(took):.2f} s, max {max(took):.2f} s, {took}"
        print(line)  # noqa: T201
    return took_by_role


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(1800)
def test_a_killed_holder_is_followed_within_a_second(site: Site) -> None:
    for name, took in rounds(site, signal.SIGKILL, 5).items():
        assert median(took) < KILLED_S, name


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(1800)
def test_a_frozen_holder_is_followed_within_four_and_stands_by_when_woken(site: Site) -> None:
    for name, took in rounds(site, signal.SIGSTOP, 5).items():
        assert median(took) < FROZEN_S, name
