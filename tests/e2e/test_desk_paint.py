"""Paint first: what is imported when the first frame stands, and that no key typed meanwhile is lost."""

import json
import sys
import time

import pytest

from tests.e2e.acts import opened
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal

HEAVY = {"sqlmodel", "sqlalchemy", "psycopg", "redis", "confluent_kafka"}
WATCHED = """
import json, os, sys
from textual.app import App

first = App._display

def display(app, screen, renderable):
    first(app, screen, renderable)
    if renderable is not None and not os.path.exists(os.environ["SEEN"]):
        with open(os.environ["SEEN"], "w") as file:
            json.dump(sorted(name for name in sys.modules if "." not in name), file)

App._display = display
from paydesk.__main__ import main
main()
"""


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_nothing_heavy_is_imported_before_the_first_frame(site: Site, role: str) -> None:
    seen = site.root / f"modules-{role}.json"
    command = [sys.executable, "-c", f"import sys; sys.argv = ['paydesk', {role!r}]{WATCHED}"]
    desk = Terminal(command, env={**site.env, "SEEN": str(seen)})
    site.terminals.append(desk)
    desk.see(f"paydesk {role}")
    loaded = set(json.loads(desk.until(lambda: seen.exists() and seen.read_text())))
    assert "textual" in loaded
    assert not loaded & HEAVY
    desk.until(lambda: desk.line_with("✓ live"), expected="a desk that works after all")


@pytest.mark.long
def test_twenty_keys_typed_in_the_first_two_seconds_all_take_effect(site: Site) -> None:
    site.run("contractor", "request", "1", "EUR", "Something to move over")
    started = time.monotonic()
    desk = site.desk("contractor")
    desk.until(lambda: b"\x1b[?1049h" in desk.raw, within_s=20, expected="the terminal taken over")
    keys = ["n", *"123.45", "tab", *"usd", "tab", *"typed ahead"]
    assert len(keys) >= 20
    pause_s = max(0.0, (started + 2 - time.monotonic()) / len(keys))
    desk.press(*keys, pause_s=min(pause_s, 0.06))
    desk.see("Amount", "123.45")
    desk.see("Description", "typed ahead")
    desk.see("123.45 USD")
    desk.press("^s")
    desk.see("asks for 123.45 USD")
    # The number may come a moment later, with this side's first check.
    desk.see("PR-", "123.45 USD")


@pytest.mark.long
def test_a_first_command_typed_before_the_servers_answer_is_kept(site: Site) -> None:
    site.run("stack", "down")
    desk = site.desk("contractor")
    desk.until(lambda: b"\x1b[?1049h" in desk.raw, within_s=20, expected="the terminal taken over")
    desk.press("n", *"7", "tab", *"eur", "tab", *"While the servers come", "^s", pause_s=0.02)
    desk.see("asks for 7.00 EUR")
    desk.see("PR-", "7.00 EUR")


@pytest.mark.long
def test_both_desks_open_and_quit_in_order(site: Site) -> None:
    for role in ("contractor", "manager"):
        desk = opened(site, role)
        desk.press("q")
        assert desk.wait() == 0
        assert b"\x1b[?1049l" in desk.raw
