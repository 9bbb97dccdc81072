"""A desk that is killed while it holds a decision: the next worker sends it, once, and not before its time."""

import signal

import pytest

from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.acts import opened, published_on, put_cursor_on
from tests.e2e.faults import Faults
from tests.e2e.site import Site

pytestmark = pytest.mark.long
HOLD_S = 15


def test_killed_within_the_window_the_next_worker_releases_the_decision_once_and_not_before_its_time(
    site: Site,
) -> None:
    faults = Faults(site)
    manager = opened(site, "manager", PAYDESK_HOLD_SECONDS=str(HOLD_S))
    asked = site.json("contractor", "request", "40", "EUR", "Held, then left alone")
    put_cursor_on(manager, asked["number"])
    manager.press("a")
    manager.see("✓ accepted", asked["number"], "sends in")
    manager.kill(signal.SIGKILL)
    assert manager.wait() == -signal.SIGKILL

    def outbox(column: str) -> object:
        return faults.scalar(MANAGER, f"SELECT {column} FROM outbox WHERE request_id = %s", [asked["id"]])

    def published() -> int:
        return [key for key, _ in published_on(site, "manager", MANAGER.writes)].count(asked["id"])

    due = outbox("hold_until")
    with faults.workers("manager") as (worker,):
        until(lambda: worker.duty == "working", within_s=60)
        assert published() == 0
        assert outbox("hold_until > now() AND published_at IS NULL"), "a worker was there before it was due"
        until(lambda: outbox("published_at IS NOT NULL"), within_s=60)
    assert faults.scalar(
        MANAGER,
        "SELECT published_at >= %s AND log_append_time >= %s FROM outbox WHERE request_id = %s",
        [due, due, asked["id"]],
    ), "sent before its time"
    with faults.workers("manager") as (worker,):
        until(lambda: worker.duty == "working", within_s=60)
        assert site.json("contractor", "wait", asked["id"], "--timeout", "30s")["status"] == "accepted"
    assert published() == 1
