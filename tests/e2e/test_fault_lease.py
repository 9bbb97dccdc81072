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
from tests.e2e.faults import Faults, WorkerProcess
from tests.e2e.site import Site

KILLED_S = 1.0
FROZEN_S = 4.0


def done(faults: Faults, role: Role) -> int:
    """How much the holder of a role has done: sent by the contractor's side, applied by the manager's."""
    if role is CONTRACTOR:
        return faults.count(role, "outbox", "published_at IS NOT NULL")
    return faults.count(role, "inbox")


def strike(faults: Faults, role: Role, workers: list[WorkerProcess], number: int) -> float:
    """Strike the holder of a role, and return how long it took until something new was done, in seconds."""
    holder = until(lambda: next((w for w in workers if w.duty == "working"), None))
    holder.signal(number)
    if number == signal.SIGKILL:
        holder.process.wait()
        workers.remove(holder)
    before, struck_at = done(faults, role), time.monotonic()
    until(lambda: done(faults, role) > before, within_s=60, every_s=0.005)
    took_s = time.monotonic() - struck_at
    if number == signal.SIGSTOP:
        until(lambda: any(w.duty == "working" for w in workers if w is not holder))
        holder.signal(signal.SIGCONT)
        until(lambda: holder.duty == "standby", within_s=60)
    return took_s


def rounds(site: Site, role: Role, number: int, times: int) -> list[float]:
    """Strike the holder again and again, each in the middle of 1,000 events, and check both schemas at the end."""
    faults, found = Faults(site), []
    with faults.workers("contractor", "manager", role.name) as (*rest, extra):
        workers = [extra, *(w for w in rest if w.role == role.name)]
        for _ in range(times):
            until(lambda: sorted(w.duty for w in workers) == ["standby", "working"], within_s=60)
            start = done(faults, role)
            asking = threading.Thread(target=faults.ask, args=(1000,))
            asking.start()
            until(lambda start=start: done(faults, role) > start + 200, within_s=60)  # type: ignore[misc]
            found.append(strike(faults, role, workers, number))
            asking.join()
            if number == signal.SIGKILL:
                workers.append(WorkerProcess(site, role.name))
        until(faults.settled, within_s=120, every_s=0.2)
        for worker in workers:
            worker.end()
    faults.assert_once()
    print(f"{role.name} {signal.Signals(number).name}: p50 {median(found):.2f} s, max {max(found):.2f} s, {found}")  # noqa: T201
    return found


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(600)
def test_a_killed_holder_is_followed_within_a_second(site: Site) -> None:
    assert median(rounds(site, MANAGER, signal.SIGKILL, 2)) < KILLED_S


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(600)
def test_a_frozen_holder_is_followed_within_four_and_stands_by_when_woken(site: Site) -> None:
    assert median(rounds(site, CONTRACTOR, signal.SIGSTOP, 1)) < FROZEN_S


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", [CONTRACTOR, MANAGER], ids=lambda role: role.name)
@pytest.mark.parametrize(("number", "at_most_s"), [(signal.SIGKILL, KILLED_S), (signal.SIGSTOP, FROZEN_S)])
def test_again_and_again(site: Site, role: Role, number: int, at_most_s: float) -> None:
    assert median(rounds(site, role, number, 5)) < at_most_s
