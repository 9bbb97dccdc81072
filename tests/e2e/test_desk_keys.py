"""Keys, mouse, paste, resize and suspension, as terminals really send them."""

import re
import signal
import time

import pytest

from tests.e2e.acts import opened, own_row, put_cursor_on, see_cursor_on
from tests.e2e.site import PAYDESK, Site
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.long
DESCRIPTIONS = ("Rack and cables", "Second visit", "Licence renewal", "Hotel and train", "Photo set")


@pytest.fixture(scope="module")
def numbers(site: Site) -> list[str]:
    """Ask for five payments, of 10.00 EUR and up."""
    asked = enumerate(DESCRIPTIONS, start=10)
    return [
        site.json("contractor", "request", str(amount), "EUR", description)["number"] for amount, description in asked
    ]


def statuses(site: Site) -> list[str]:
    return [row["status"] for row in site.rows("manager")]


def test_a_held_key_decides_once_and_a_paste_decides_nothing(site: Site, numbers: list[str]) -> None:
    manager = opened(site, "manager", PAYDESK_HOLD_SECONDS="60")
    manager.see(numbers[-1])
    manager.paste("aaax1aa")
    manager.see("Pasted text is ignored here.")
    manager.write("aaaa")
    manager.see("Keys came faster than anyone types: nothing was decided.")
    time.sleep(0.5)
    assert "accepted" not in statuses(site)
    for _ in range(20):
        manager.write("a")
        time.sleep(0.033)
    manager.see("1 held")
    time.sleep(0.5)
    assert statuses(site).count("accepted") == 1
    manager.press("u")
    manager.see("is pending again: nothing was sent")


def test_a_click_moves_the_cursor_and_a_second_opens(site: Site, numbers: list[str]) -> None:
    manager = opened(site, "manager")
    put_cursor_on(manager, numbers[2])
    row = own_row(manager, numbers[2])
    manager.click(row or 0, 10)
    manager.click(row or 0, 10)
    manager.see("Timeline")
    manager.press("esc")
    see_cursor_on(manager, numbers[2])


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_resized_while_open_nothing_is_lost_or_left_over(site: Site, numbers: list[str], role: str) -> None:
    desk = opened(site, role)
    put_cursor_on(desk, numbers[1])
    for columns, rows in ((160, 45), (100, 30), (60, 16), (80, 24)):
        desk.resize(columns, rows)
        desk.until(
            lambda rows=rows: "Keys" in desk.lines[rows - 1], expected=f"the keys at the foot of {columns}x{rows}"
        )  # type: ignore[misc]
        see_cursor_on(desk, numbers[1])
        desk.see("11.00 EUR")
    desk.press("enter")
    desk.see("Timeline")
    desk.resize(120, 36)
    desk.see(numbers[1], "Timeline")
    desk.press("q")
    see_cursor_on(desk, numbers[1])


def test_esc_and_a_key_right_after_it_are_two_keys(site: Site, numbers: list[str]) -> None:
    desk = opened(site, "contractor")
    put_cursor_on(desk, numbers[1])
    desk.press("enter")
    desk.see("Timeline")
    desk.write("\x1bk")
    see_cursor_on(desk, numbers[2])


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_every_footer_fits_into_80_columns_and_names_help_and_the_way_back(
    site: Site, numbers: list[str], role: str
) -> None:
    desk = opened(site, role)
    desk.see(numbers[0])
    for keys, ends_with in (((), "q Quit"), (("enter",), "q Back")):
        desk.press(*keys)
        footer = desk.until(lambda ends_with=ends_with: desk.line_with(ends_with), expected=ends_with)  # type: ignore[misc]
        assert footer is not None and "? Keys" in footer and len(footer) <= 80
    desk.press("esc")
    desk.see("q Quit")
    desk.press("?")
    desk.see("Page down")
    desk.see("esc closes")
    desk.press("q", ":")
    desk.see("Search for commands")
    desk.press(*"quit")
    desk.see("Quit")
    desk.press("esc")
    desk.gone("Search for commands")
    desk.press("^c")
    desk.see("q quits")
    assert desk.child.isalive()


def test_suspended_and_brought_back_the_desk_goes_on(site: Site, numbers: list[str]) -> None:
    shell = Terminal(["/bin/bash", "--norc", "-i"], env={**site.env, "PS1": "shell> "}, cwd=str(site.root))
    site.terminals.append(shell)
    shell.see("shell>")
    shell.write(f"{' '.join(PAYDESK)} contractor\r")
    shell.see("▸", "PR-")
    shell.see("✓ Kafka")
    shell.press("^z")
    shell.see("Stopped")
    shell.write("echo still $((40 + 2)) here\r")
    shell.see("still 42 here")
    shell.write("fg\r")
    shell.see("▸", "PR-")
    number = site.json("contractor", "request", "3", "EUR", "Came after the pause")["number"]
    shell.see(number, "Came after the pause")
    shell.press("q")
    shell.see("shell>")


@pytest.mark.parametrize(
    "looks", [{"NO_COLOR": "1"}, {"PAYDESK_ASCII": "1"}, {"TEXTUAL_THEME": "paydesk-paper"}], ids=str
)
def test_other_looks_lose_nothing(site: Site, numbers: list[str], looks: dict[str, str]) -> None:
    desk = site.desk("contractor", **looks)
    desk.see(numbers[0], "10.00 EUR", "pending", "Rack and cables")
    desk.still()
    if "PAYDESK_ASCII" in looks:
        assert desk.text.isascii()
    colours = {tuple(map(int, colour)) for colour in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", desk.raw)}
    assert colours
    grey = all(max(colour) - min(colour) == 0 for colour in colours)
    assert grey is ("NO_COLOR" in looks)
    if "TEXTUAL_THEME" in looks:
        assert (250, 248, 243) in colours


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_window_or_a_kind_kill_leaves_in_order(site: Site, numbers: list[str], number: int) -> None:
    manager = opened(site, "manager", PAYDESK_HOLD_SECONDS="60")
    waiting = next(row for row in site.rows("manager") if row["status"] == "pending")
    put_cursor_on(manager, waiting["number"])
    manager.press("a")
    manager.see(waiting["number"], "sends in")
    manager.kill(number)
    manager.wait()
    assert b"\x1b[?1049l" in manager.raw
    assert site.json("manager", "show", waiting["number"])["delivery"] == "held", "nobody quit: its time is not over"
