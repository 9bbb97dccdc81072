"""Held decisions on real desks: undo leaves no trace on the wire, and what happens meanwhile has one outcome."""

import os
import signal
import time
from itertools import count

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.acts import failed, opened, published_on, put_cursor_on, registers
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.long
LONG = {"PAYDESK_HOLD_SECONDS": "60"}
AMOUNTS = count(40)


def asked(site: Site, manager: Terminal, amount: str = "", description: str = "Held for a while") -> tuple[str, str]:
    """Ask by command line, if for nothing else for what no other asks, and put the cursor on it; its id and number."""
    request = site.json("contractor", "request", amount or str(next(AMOUNTS)), "EUR", description)
    put_cursor_on(manager, request["number"])
    return request["id"], request["number"]


def equal_at(site: Site, request_id: str, status: str) -> None:
    """Wait until both sides have the same registers and this status; no contractor's desk is open to hear of it."""
    site.run("contractor", "wait", request_id, "--timeout", "30s")

    def look() -> bool:
        ours, theirs = (registers(site, role, request_id) for role in ("contractor", "manager"))
        return ours == theirs and ours["status"] == status

    until(look)


def test_undo_within_the_window_leaves_no_trace_on_the_wire(site: Site) -> None:
    manager = opened(site, "manager", **LONG)
    request_id, number = asked(site, manager)
    for keys, word in (("a",), "✓ accepted"), (("x", "1"), "✗ rejected"):
        put_cursor_on(manager, number)
        manager.press(*keys, pause_s=0.4)
        manager.see(word, number, "sends in", "u undo")
        assert site.json("manager", "show", number)["delivery"] == "held"
        assert site.json("contractor", "show", number)["status"] == "pending"
        manager.press("u")
        manager.see(number, "is pending again: nothing was sent")
    assert registers(site, "manager", request_id)["decision_version"] in (None, 0)
    marker = site.json("contractor", "request", "1", "EUR", "Said after the undone ones")
    site.run("manager", "approve", marker["number"])
    site.run("contractor", "wait", marker["number"], "--timeout", "30s")
    published = published_on(site, "manager", MANAGER.writes)
    assert marker["id"] in {key for key, _ in published}
    assert request_id not in {key for key, _ in published}


def test_undo_after_the_window_is_too_late_in_words(site: Site) -> None:
    manager = opened(site, "manager", PAYDESK_HOLD_SECONDS="1")
    _, number = asked(site, manager)
    manager.press("a")
    manager.see("✓ accepted", number)
    site.run("contractor", "wait", number, "--timeout", "30s")
    manager.press("u")
    manager.see("It is too late to undo: the decision was sent.")
    failed(site.run("manager", "undo", number, check=False), 5, "too late to undo")
    assert site.json("contractor", "show", number)["status"] == "accepted"


def test_a_withdrawal_that_arrives_meanwhile_lapses_when_the_decision_is_released(site: Site) -> None:
    manager = opened(site, "manager", **LONG)
    request_id, number = asked(site, manager)
    manager.press("a")
    manager.see("✓ accepted", number, "sends in")
    assert site.json("contractor", "withdraw", number)["status"] == "withdrawing"
    until(lambda: registers(site, "manager", request_id)["withdrawal_asked"])
    manager.see(number, "sends in")
    manager.press("S")
    equal_at(site, request_id, "accepted")
    contractor = opened(site, "contractor")
    put_cursor_on(contractor, number)
    contractor.press("enter")
    contractor.see("lapsed")


def test_a_withdrawal_that_arrives_meanwhile_is_confirmed_when_the_decision_is_undone(site: Site) -> None:
    manager = opened(site, "manager", **LONG)
    request_id, number = asked(site, manager)
    manager.press("a")
    manager.see("✓ accepted", number, "sends in")
    site.run("contractor", "withdraw", number)
    until(lambda: registers(site, "manager", request_id)["withdrawal_asked"])
    manager.press("u")
    manager.see(number, "withdrawn")
    equal_at(site, request_id, "withdrawn")
    types = [kind for key, kind in published_on(site, "manager", MANAGER.writes) if key == request_id]
    assert types == ["paydesk.payment_withdrawn.v1"]


def test_quitting_releases_what_is_held_and_says_so(site: Site) -> None:
    manager = opened(site, "manager", **LONG)
    _, number = asked(site, manager)
    manager.press("a")
    manager.see("✓ accepted", number, "sends in")
    manager.press("q")
    assert manager.wait() == 0
    assert "1 held decision was sent." in manager.raw.decode(errors="replace")
    assert site.json("contractor", "wait", number, "--timeout", "30s")["status"] == "accepted"


def test_approval_acts_on_the_revision_that_was_on_the_screen(site: Site) -> None:
    manager = opened(site, "manager")
    request_id, number = asked(site, manager, "1200", "Rack and cables")
    os.kill(manager.pid, signal.SIGSTOP)
    try:
        site.run("contractor", "revise", number, "--amount", "1250")
        site.run("manager", "list")
        until(lambda: registers(site, "manager", request_id)["revision"] == 2)
        manager.press("a")
    finally:
        os.kill(manager.pid, signal.SIGCONT)
    # Whichever was first, the key or the hint of what changed: the key was not meant for what nobody had seen.
    stale, only_just = (number, "1,200.00", "1,250.00 EUR"), (number, "only just shown as 1,250.00 EUR")
    manager.until(lambda: manager.line_with(*stale) or manager.line_with(*only_just), expected="why nothing is decided")
    manager.see(f"▸ {number}", "1,250.00 EUR")
    time.sleep(0.5)  # Long enough for a decision to be written, if one were.
    assert registers(site, "manager", request_id)["status"] == "pending"
    assert request_id not in {key for key, _ in published_on(site, "manager", MANAGER.writes)}
    failed(site.run("manager", "approve", f"{number}@1", check=False), 5, "1,200.00", "1,250.00 EUR")
    assert len([key for key, _ in published_on(site, "contractor", CONTRACTOR.writes) if key == request_id]) == 2
