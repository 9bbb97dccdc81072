"""Real processes whose output or end is not as usual after a commit: what is saved is told, and done once."""

import json
import shutil
import signal
import subprocess
import sys
from itertools import dropwhile
from pathlib import Path

import pytest

from tests.e2e.site import PAYDESK, Site
from tests.pace import scaled

pytestmark = [
    pytest.mark.long,
    pytest.mark.fault(
        kind="After a commit a command tells what is saved, with number and key, and exits with 0 or 10.",
        mended="cli/saved.py",
    ),
]
STRUCK = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # Whatever started this may ignore it.
from paydesk.infra.core import failpoints
point, number = sys.argv.pop(1), int(sys.argv.pop(1))
failpoints.hook = lambda name: os.kill(os.getpid(), number) if name == point else None
from paydesk.__main__ import main
main()
"""
HARD = "Łódź € 京都"


def asked(site: Site, description: str) -> list[dict[str, str]]:
    return site.lines("contractor", "list", f'"{description}"')


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_right_after_the_commit_is_told_as_saved(site: Site, number: signal.Signals) -> None:
    words = f"struck by {number.name}"
    line = ("contractor", "request", str(100 + number), "EUR", words, "--key", f"k-{number.name}")
    struck = subprocess.run(
        [sys.executable, "-c", STRUCK, "W2", str(int(number)), *line], env=site.env, capture_output=True, text=True
    )
    (saved,) = asked(site, words)
    assert struck.returncode == 10 and struck.stdout == "", struck
    lines = [line for line in struck.stderr.splitlines() if line]
    # On a busy machine it says first what it waits for.
    message = "\n".join(dropwhile(lambda line: line.startswith("Waiting for "), lines))
    names = saved["number"], f"…{saved['id'][-6:]}"  # A request may get its number a moment after the commit.
    assert message.startswith(tuple(f"{name} is saved, and then it was interrupted." for name in names)), message
    assert f"--key {line[-1]}" in message
    again = site.json(*line)
    assert again["id"] == saved["id"] and len(asked(site, words)) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_right_before_the_commit_saves_nothing(site: Site, number: signal.Signals, code: int) -> None:
    words = f"never by {number.name}"
    line = ("contractor", "request", "7", "EUR", words, "--json")
    struck = subprocess.run(
        [sys.executable, "-c", STRUCK, "W1", str(int(number)), *line], env=site.env, capture_output=True, text=True
    )
    assert struck.returncode == code and json.loads(struck.stderr.splitlines()[-1])["error"]["code"] == "interrupted"
    assert asked(site, words) == []


@pytest.mark.parametrize(
    ("redirection", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        ("2>/dev/full", 0),
        (">/dev/full", 10),
        (">/dev/full 2>/dev/full", 10),
        ("<&- >&- 2>&-", 0),
    ],
)
def test_outputs_that_take_nothing_make_no_failure_of_a_request(site: Site, redirection: str, code: int) -> None:
    words = f"into {redirection}".translate(str.maketrans("<>&/-", "abcde"))
    script = f"$P contractor request 8 EUR '{words}' --key 'K {words}' --due 2020-01-31 {redirection}"
    env = {**site.env, "P": " ".join(PAYDESK)}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=scaled(120))
    (saved,) = asked(site, words)
    assert done.returncode == code, done
    if code == 10 and "2>" not in redirection:
        assert saved["number"] in done.stderr and f"--key 'K {words}'" in done.stderr
    if redirection == ">&-":
        assert saved["number"] in done.stderr and f"K {words}" in done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr
    assert (
        site.json("contractor", "request", "8", "EUR", words, "--due", "2020-01-31", "--key", f"K {words}")["id"]
        == saved["id"]
    )


def test_nobody_reads_what_was_saved(site: Site) -> None:
    script = "$P contractor request 9 EUR 'nobody reads' --key unread | true; exit ${PIPESTATUS[0]}"
    env = {**site.env, "P": " ".join(PAYDESK)}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=scaled(120))
    (saved,) = asked(site, "nobody reads")
    assert done.returncode == 0 or (saved["number"] in done.stderr and "--key unread" in done.stderr)


@pytest.fixture(scope="module")
def latin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what makes a terminal one of ISO-8859-1, with a locale made for it where that can be made."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None or not Path("/usr/share/i18n/locales/de_DE").exists():
        return {"PYTHONIOENCODING": "latin-1"}
    name = "de_DE.ISO-8859-1"
    subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / name)], check=True, capture_output=True
    )
    return {"LOCPATH": str(folder), "LC_ALL": name, "LANG": name}


def test_a_terminal_without_a_character_gets_another_and_programs_get_utf_8(site: Site, latin: dict[str, str]) -> None:
    env = {**site.env, **latin}

    def run(*arguments: str) -> bytes:
        done = subprocess.run([*PAYDESK, *arguments], env=env, capture_output=True, timeout=scaled(120))
        assert done.returncode == 0 and b"Traceback" not in done.stderr and b"Error" not in done.stderr, done
        return done.stdout

    number = site.json("contractor", "request", "10", "EUR", HARD)["number"]
    other = run("contractor", "request", "11", "EUR", "plain").decode("latin-1")
    assert other.startswith("PR-") and "? pending" in other
    assert "? accepted" in run("manager", "approve", number).decode("latin-1")
    assert "? pending" in run("contractor", "revise", other.split()[0], "--amount", "12").decode("latin-1")
    for role in ("contractor", "manager"):
        listed = run(role, "list").decode("latin-1")
        assert "?ód? ? ??" in listed and "plain" in listed, "to the end"
        assert HARD in run(role, "list", "--csv").decode() and HARD in run(role, "show", number, "--json").decode()
        assert "?ód? ? ??" in run(role, "show", number).decode("latin-1")
        assert HARD in {json.loads(row)["description"] for row in run(role, "list", "--json").splitlines()}
    assert b"Traceback" not in run("doctor")
