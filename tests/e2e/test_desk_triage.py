"""Many requests decided by keys alone, at a person's pace: each key decides what was under the cursor on the screen."""

import random
import re
import time
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from paydesk.domain.payment_request import Terms, checked_terms
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import until
from tests.e2e.acts import opened
from tests.e2e.faults import Faults
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(600)]
CAUSES = {"1": "duplicate", "3": "missing_document", "4": "not_agreed", "5": "wrong_payee"}
REQUESTS = 60
UNDER_CURSOR = re.compile(r"[ ┃]▸ (PR-\d{4}) ")
PLACES = count()
Decided = dict[str, tuple[str, str | None]]


def terms(_: int) -> Terms:
    """Return terms that no other request has."""
    place = next(PLACES)
    return checked_terms(f"{100 + place}.{place % 100:02}", "EUR", f"Invoice {place}")


def under_cursor(desk: Terminal) -> str:
    """Return the number under the cursor in the last frame that was painted; a dialog over the list is waited out."""

    def look() -> list[str]:
        numbers = [match[1] for line in desk.lines if (match := UNDER_CURSOR.match(line))]
        # Else the frame is on its way: it shows the line that was left too, or neither.
        return numbers if len(numbers) == 1 and desk.line_with("│  Reject PR-") is None else []

    return desk.until(look, expected="one cursor")[0]


def decided(site: Site) -> Decided:
    """Return what the manager's side decided: number to status and cause."""
    with psycopg.connect(Faults(site).url(MANAGER)) as connection:
        rows = connection.execute(
            "SELECT number, status, cause_code FROM manager.payment_request WHERE status IN ('accepted', 'rejected')"
        )
        return {number: (status, cause) for number, status, cause in rows}


@pytest.fixture
def faults(site: Site) -> Iterator[Faults]:
    """Return a look into both schemas, while a contractor's worker sends what is asked."""
    site.run("contractor", "list")  # This side's first check: from here on every request has its number at once.
    struck = Faults(site)
    with struck.workers("contractor"):
        yield struck


def waiting(faults: Faults, site: Site, more: int) -> Terminal:
    """Ask for so many payments more, and open the manager's desk on all that wait."""
    manager = opened(site, "manager")
    there = faults.count(MANAGER, where="status = 'pending'") + more
    faults.ask(more, terms)
    manager.see(f"{there} waiting")
    return manager


def test_sixty_are_decided_by_keys_alone_and_each_key_meant_what_was_under_the_cursor(
    site: Site, faults: Faults
) -> None:
    manager, chance, keys = waiting(faults, site, REQUESTS), random.Random(60), 0
    late = 0
    meant: Decided = {}

    def press(key: str) -> None:
        nonlocal keys
        time.sleep(chance.uniform(0.110, 0.400))
        manager.write(key)
        keys += 1

    while len(meant) < REQUESTS:
        time.sleep(chance.uniform(0.110, 0.400))
        if (number := under_cursor(manager)) in meant:
            # Who looks sees that the frame after the last key is not there yet, and waits; a busy machine may be late.
            late += 1
            number = (
                manager.until(lambda: (n := under_cursor(manager)) not in meant and n, expected="the next row") or ""
            )
        keys += 1
        if chance.random() < 0.6:
            meant[number] = ("accepted", None)
            manager.write("a")
        else:
            digit = chance.choice(list(CAUSES))
            meant[number] = ("rejected", CAUSES[digit])
            manager.write("x")
            press(digit)
        if len(meant) % 20 == 0:
            faults.ask(3, terms)  # They come at the end, while the hand goes on.
    manager.press("S")
    until(lambda: len(decided(site)) >= REQUESTS, within_s=30)
    assert decided(site) == meant
    assert keys <= 1.5 * REQUESTS
    assert late <= REQUESTS / 4
    manager.see("waiting")


def test_a_held_key_decides_the_one_under_the_cursor_and_no_other(site: Site, faults: Faults) -> None:
    manager, before = waiting(faults, site, 4), decided(site)
    number = under_cursor(manager)
    for _ in range(20):
        manager.write("a")
        time.sleep(0.033)
    manager.see("✓ accepted", number, "sends in")
    time.sleep(0.5)  # Long enough for more decisions to be written, if any were.
    assert decided(site) == before | {number: ("accepted", None)}
    manager.press("S")


@pytest.mark.parametrize("pause_s", [0.110, 0.085])
def test_typed_ahead_each_key_decides_the_next_row(site: Site, faults: Faults, pause_s: float) -> None:
    manager, before = waiting(faults, site, 4), decided(site)
    first = under_cursor(manager)
    row = next(place for place, line in enumerate(manager.lines) if UNDER_CURSOR.match(line))
    second, third = (manager.lines[row + below].split()[0] for below in (1, 2))
    manager.press("a", "a", "x", "1", pause_s=pause_s)
    meant: Decided = {first: ("accepted", None), second: ("accepted", None), third: ("rejected", "duplicate")}
    until(lambda: len(decided(site)) == len(before) + 3, within_s=30)
    assert decided(site) == before | meant
    manager.press("S")
