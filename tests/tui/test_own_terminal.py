"""Where a desk is shown, and how it leaves the terminal: redirected streams, terminals that show no desk, signals."""

import asyncio
import os
import shlex
import signal
import sys
from pathlib import Path

import psutil
import pytest
from textual.drivers.linux_driver import LinuxDriver

from paydesk.tui.textual_private import DeskDriver
from tests.e2e.terminal import Terminal

SHOWN = pytest.mark.fault(
    kind="A desk is shown on the terminal, wherever its output goes, or a sentence says there why not.",
    mended="tui/textual_private.py",
)
RESTORED = pytest.mark.fault(kind="Whatever signal ends a desk, the terminal is left as it was.", mended="tui/app.py")
CONTINUED = pytest.mark.fault(
    kind="A desk that was stopped by whatever signal and goes on is painted anew, takes keys, and ends.",
    mended="tui/textual_private.py",
)
DESK = [sys.executable, "-m", "tests.tui.own_terminal", "manager"]


def started(redirected: str, **env: str) -> Terminal:
    """Return a terminal in which a shell starts a desk."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return Terminal(["sh", "-c", f"exec {shlex.join(DESK)} {redirected}"], env=kept | env)


@SHOWN
@pytest.mark.parametrize("redirected", ["2>{file}", ">{file}", "2>/dev/null", ">{file} 2>&1"])
def test_a_desk_opens_on_the_terminal_wherever_its_output_goes(redirected: str, tmp_path: Path) -> None:
    desk = started(redirected.format(file=tmp_path / "out"))
    try:
        desk.see("▸", "PR-")
        desk.write("j")
        desk.see("▸", "PR-1003")
        desk.resize(100, 30)
        desk.until(lambda: len(desk.line_with("paydesk manager") or "") > 90, within_s=10, expected="the whole width")
        desk.write("q")
        assert desk.wait() == 0
    finally:
        desk.close()


@SHOWN
@pytest.mark.parametrize("redirected", ["</dev/null", "</dev/null 2>{file}"])
def test_a_desk_without_keys_says_so_where_a_person_sees_it(redirected: str, tmp_path: Path) -> None:
    desk = started(redirected.format(file=tmp_path / "out"))
    try:
        desk.see("A desk needs a terminal")
        assert desk.wait() != 0
    finally:
        desk.close()


@SHOWN
@pytest.mark.parametrize("kind", ["dumb", "unknown", ""])
@pytest.mark.parametrize("redirected", ["", "2>/dev/null"])
def test_a_terminal_that_cannot_show_a_desk_is_told_so(kind: str, redirected: str) -> None:
    desk = started(redirected, TERM=kind)
    try:
        desk.see("This terminal cannot show a desk")
        assert desk.wait() != 0
        assert b"\x1b" not in desk.raw
    finally:
        desk.close()


@RESTORED
@pytest.mark.parametrize("name", ["QUIT", "USR1", "USR2", "ALRM", "PROF", "ABRT", "TERM", "HUP", "RTMIN"])
def test_a_signal_ends_a_desk_and_the_terminal_is_as_before(name: str) -> None:
    desk = started("")
    try:
        desk.see("▸", "PR-")
        desk.kill(getattr(signal, f"SIG{name}"))
        assert desk.wait() == 0
        for mode in (b"1049", b"1000", b"1003", b"2004", b"1004"):
            assert desk.raw.rfind(b"\x1b[?" + mode + b"l") > desk.raw.rfind(b"\x1b[?" + mode + b"h"), mode
        assert desk.raw.rfind(b"\x1b[?25h") > desk.raw.rfind(b"\x1b[?25l")
    finally:
        desk.close()


@CONTINUED
@pytest.mark.parametrize("names", [["STOP", "CONT"], ["TSTP", "CONT"], ["CONT"], ["CONT", "CONT", "CONT"]])
def test_a_desk_that_was_stopped_from_outside_goes_on_and_ends(names: list[str]) -> None:
    desk = started("")
    try:
        desk.see("▸", "PR-")
        for name in names:
            before = desk.raw.count(b"\x1b[?1049h")
            desk.kill(getattr(signal, f"SIG{name}"))
            if name == "CONT":
                desk.until(lambda n=before: desk.raw.count(b"\x1b[?1049h") > n, expected="the terminal again")
            else:
                # Else it would be told to go on before it stopped, and stay so.
                process = psutil.Process(desk.pid)
                desk.until(
                    lambda of=process: of.status() == psutil.STATUS_STOPPED, expected="a process that is stopped"
                )
        desk.until(lambda: "▸" in desk.text, expected="the list")
        desk.write("j")
        desk.see("▸", "PR-1003")
        desk.write("q")
        assert desk.wait() == 0
    finally:
        desk.close()


@CONTINUED
@pytest.mark.parametrize("seen", [b"", b"\x1b[?1049l"])
def test_a_desk_that_ends_does_so_whatever_signal_to_go_on_comes_then(seen: bytes) -> None:
    desk = started("")
    try:
        desk.see("▸", "PR-")
        desk.kill(signal.SIGTERM)
        desk.until(lambda: seen in desk.raw, expected="how far it is")
        desk.kill(signal.SIGCONT)
        assert desk.wait() == 0
        assert desk.raw.rfind(b"\x1b[?1049l") > desk.raw.rfind(b"\x1b[?1049h")
    finally:
        desk.close()


@CONTINUED
@pytest.mark.parametrize(
    "handler, owner, act",
    [
        ("_sigtstp_application", LinuxDriver, "_sigtstp_application"),
        ("_sigcont_application", DeskDriver, "_go_on"),
    ],
)
def test_a_signal_amid_the_painting_waits_for_its_end(
    monkeypatch: pytest.MonkeyPatch, handler: str, owner: type, act: str
) -> None:
    async def painted() -> list[str]:
        steps: list[str] = []
        monkeypatch.setattr(owner, act, lambda _: steps.append("acted"))
        driver = object.__new__(DeskDriver)
        driver._loop = asyncio.get_running_loop()
        getattr(driver, handler)()
        steps.append("painted")
        await asyncio.sleep(0)
        return steps

    assert asyncio.run(painted()) == ["painted", "acted"]
