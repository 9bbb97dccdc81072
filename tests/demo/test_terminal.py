"""The demo in a real terminal, on real servers: what happens by itself, tab, and an end that leaves nothing."""

import re
import signal

import pytest

from tests.conftest import until
from tests.demo.guest import Guest
from tests.e2e.site import PAYDESK
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.long
TIMES = r"\d\d:\d\d:\d\d +(?:\d+ ms|\d+\.\d\d s) +(?:\d+ ms|\d+\.\d\d s)   "


def start(guest: Guest, columns: int, rows: int) -> Terminal:
    terminal = Terminal([*PAYDESK, "demo"], env=guest.site.env, columns=columns, rows=rows, cwd=str(guest.site.root))
    guest.site.terminals.append(terminal)
    return terminal


def test_it_goes_the_whole_way_by_itself_and_q_deletes_everything(guest: Guest) -> None:
    terminal = start(guest, 120, 36)
    terminal.see("paydesk contractor", "paydesk manager")
    for words in (
        "studio-nord requested PR-1001, 1,200.00 EUR: Logo design, August",
        "accounts rejected PR-1001: Which invoice is this for?",
        "studio-nord revised PR-1001, 1,200.00 EUR: Logo design, August, invoice 2026-081",
        "accounts approved PR-1001, 1,200.00 EUR",
    ):
        pattern = re.compile(TIMES + re.escape(words))
        terminal.until(lambda pattern=pattern: pattern.search(terminal.text), expected=words)  # type: ignore[misc]
    terminal.press("q")
    assert terminal.wait() == 0
    assert guest.left() == []


def test_a_person_steps_in_at_80x24(guest: Guest) -> None:
    terminal = start(guest, 80, 24)
    terminal.see("PR-1001", "◦ pending")
    terminal.press("tab")
    terminal.see("paydesk manager")
    assert terminal.line_with("paydesk contractor") is None
    terminal.press("a")
    terminal.see("this desk is yours")
    terminal.see("✓ accepted PR-1001", "u undo")
    terminal.press("u")
    terminal.see("PR-1001 is pending again")
    terminal.kill(signal.SIGINT)
    assert terminal.wait() == 128 + signal.SIGINT
    assert until(lambda: not guest.left())
