"""The desks in tmux as it comes: esc and what follows at once are two keys, and the control keys do what they say."""

import shutil
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.e2e.acts import fill, see_cursor_on
from tests.e2e.site import PAYDESK, Site
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.long, pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")]
DESCRIPTIONS = ("Rack and cables", "Second visit", "Licence renewal")


@pytest.fixture(scope="module")
def numbers(site: Site) -> list[str]:
    """Ask for three payments, of 10.00 EUR and up."""
    asked = enumerate(DESCRIPTIONS, start=10)
    return [
        site.json("contractor", "request", str(amount), "EUR", description)["number"] for amount, description in asked
    ]


@pytest.fixture
def shell(site: Site) -> Iterator[Terminal]:
    """Return a shell in a tmux with a server and with settings of its own: those that it comes with."""
    tmux = ["tmux", "-L", f"paydesk-{uuid4().hex[:8]}", "-f", "/dev/null"]
    env = {**site.env, "TMUX_TMPDIR": str(site.root)}
    terminal = Terminal([*tmux, "new-session", "env PS1='shell> ' /bin/bash --norc -i"], env=env, cwd=str(site.root))
    try:
        terminal.see("shell>")
        yield terminal
    finally:
        subprocess.run([*tmux, "kill-server"], env=env, check=False, capture_output=True)
        terminal.close()


def desk_in(shell: Terminal, role: str) -> Terminal:
    """Open a desk in the shell, and wait until it is at work."""
    shell.write(f"{' '.join(PAYDESK)} {role}\r")
    shell.until(lambda: shell.line_with("✓ Kafka") and shell.line_with("✓ live"), expected="a desk at work")
    return shell


def test_esc_and_a_key_right_after_it_are_two_keys(shell: Terminal, numbers: list[str]) -> None:
    desk = desk_in(shell, "contractor")
    desk.press("g")
    see_cursor_on(desk, numbers[2])
    desk.press("j")
    see_cursor_on(desk, numbers[1])
    desk.press("enter")
    desk.see("Timeline")
    desk.write("\x1bk")
    see_cursor_on(desk, numbers[2])
    desk.write("/")
    desk.see("esc", "tab")
    desk.write("\x1bj")
    see_cursor_on(desk, numbers[1])


def test_esc_keeps_one_request_and_the_key_after_it_decides_on_the_list(shell: Terminal, numbers: list[str]) -> None:
    desk = desk_in(shell, "manager")
    see_cursor_on(desk, numbers[0])
    desk.press("x")
    desk.see("Reject", numbers[0])
    desk.write("\x1ba")
    desk.see("✓ accepted", numbers[0], "sends in")
    desk.press("u")
    desk.see(f"{numbers[0]} is pending again: nothing was sent")


def test_control_keys_do_what_they_say(shell: Terminal, site: Site, numbers: list[str]) -> None:
    desk = desk_in(shell, "contractor")
    desk.press("n")
    desk.see("You ask for")
    fill(desk, amount="99", currency="EUR", description="Sent from tmux")
    desk.press("^s")
    desk.see("asks for 99.00 EUR")
    assert "Sent from tmux" in {row["description"] for row in site.rows("contractor")}
    desk.press("^c")
    desk.see("q quits; ^q too")
    desk.press("^z")
    desk.see("Stopped")
    desk.write("echo still $((40 + 2)) here\r")
    desk.see("still 42 here")
    desk.write("fg\r")
    desk.see("▸", "PR-")
    number = site.json("contractor", "request", "3", "EUR", "Came after the pause")["number"]
    desk.see(number, "Came after the pause")
    desk.press("^q")
    desk.gone(number)
    desk.write("echo gone $((40 + 2)) home\r")
    desk.see("gone 42 home")


def test_a_desk_that_another_program_started_is_suspended_with_it(shell: Terminal, numbers: list[str]) -> None:
    """As ``make manager`` does: what waits for the desk stops as well, so there is a prompt; back, all is there."""
    shell.write(f'/bin/sh -c "{" ".join(PAYDESK)} manager; echo left"\r')
    shell.until(lambda: shell.line_with("✓ Kafka") and shell.line_with("✓ live"), expected="a desk at work")
    see_cursor_on(shell, numbers[0])
    for _ in range(2):
        shell.press("^z")
        shell.see("Stopped")
        shell.write("echo still $((40 + 2)) here\r")
        shell.see("still 42 here")
        shell.write("fg\r")
        shell.see("Request", "Contractor", "Description")
        shell.see("d decided")
        see_cursor_on(shell, numbers[0])
    shell.press("q")
    shell.see("left")
