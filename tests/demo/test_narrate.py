"""The demo without a terminal, on real servers: the whole way, whatever ends it, and nothing that remains."""

import contextlib
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import until
from tests.e2e.house import PAYDESK, House

TIME = r" +(?:\d+ ms|\d+\.\d\d s)   said → "
WAY = [
    r"1\. studio-nord requests 1,200\.00 EUR: Logo design, August",
    r"   sent to Kafka" + TIME + "in Kafka's log",
    r"   seen by the manager's side" + TIME + "applied",
    r"2\. accounts rejects it, held 2 s: More information is needed\. Which invoice is this for\?",
    r"   sent to Kafka" + TIME + "in Kafka's log, 2 s of it held",
    r"   seen by the contractor's side" + TIME + "applied, 2 s of it held",
    r"3\. studio-nord revises it: 1,250\.00 EUR, Logo design, August, invoice 2026-081",
    r"   sent to Kafka" + TIME + "in Kafka's log",
    r"   seen by the manager's side" + TIME + "applied",
    r"4\. accounts approves revision 2; held 2 s, so that it can be undone",
    r"   sent to Kafka" + TIME + "in Kafka's log, 2 s of it held",
    r"   seen by the contractor's side" + TIME + "applied, 2 s of it held",
    r"contractor +PR-1001 +accepted +2 +1,250\.00 EUR +request 2, decision 2",
    r"manager +PR-1001 +accepted +2 +1,250\.00 EUR +request 2, decision 2",
    r"paydesk\.contractor\.requests\.v1 +0 +1 +paydesk\.payment_revised\.v1",
    r"paydesk\.manager\.decisions\.v1 +0 +1 +paydesk\.payment_accepted\.v1",
]


class Guest:
    """A login whose temporary files are all in one folder; whose settings name servers that are not there."""

    def __init__(self, root: Path) -> None:
        self.tmp = root / "tmp"
        self.tmp.mkdir()
        nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
        self.house = House(
            root,
            {
                "TMPDIR": str(self.tmp),
                "PGHOST": "nowhere",
                "PGSSLMODE": "require",
                "PAYDESK_CONTRACTOR_DATABASE_URL": nowhere,
                "PAYDESK_MANAGER_DATABASE_URL": nowhere,
            },
        )

    def start(self) -> subprocess.Popen[str]:
        """Start the demo, both of its outputs in one pipe."""
        return subprocess.Popen(
            [*PAYDESK, "demo"],
            env=self.house.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def processes(self, word: str = "") -> list[psutil.Process]:
        """Return the living processes of the demo, known by where their temporary files go."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            if process.info["status"] != psutil.STATUS_ZOMBIE and word in " ".join(process.info["cmdline"] or []):
                with contextlib.suppress(psutil.Error):
                    if process.environ().get("TMPDIR") == str(self.tmp):
                        found.append(process)
        return found

    def left(self) -> list[object]:
        """Return everything that remains: processes, folders, sockets."""
        return [*self.processes(), *self.tmp.iterdir(), *([self.house.home] if self.house.home.exists() else [])]


@pytest.fixture
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    found = Guest(tmp_path_factory.mktemp("demo"))
    yield found
    for process in found.processes():
        process.kill()


def read_to(demo: subprocess.Popen[str], words: str) -> list[str]:
    """Read the demo's lines up to one with these words; fails when it ends without."""
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if words in line:
            return lines
    pytest.fail(f"not told: {words!r} in {lines}")


def test_it_tells_the_whole_way_and_leaves_nothing(guest: Guest) -> None:
    demo = guest.start()
    told, _ = demo.communicate(timeout=180)
    assert demo.returncode == 0, told
    place = 0
    for wanted in WAY:
        found = re.compile(wanted).search(told, place)
        assert found, f"not told in its place: {wanted}\n{told}"
        place = found.end()
    assert guest.left() == []


def test_a_killed_broker_ends_it_with_the_name_of_the_step(guest: Guest) -> None:
    demo = guest.start()
    read_to(demo, "1. studio-nord requests")
    (java,) = guest.processes("kafka.Kafka")
    java.kill()
    told, _ = demo.communicate(timeout=60)
    assert demo.returncode == 7, told
    assert re.search(r"The demo stopped at: .+\. Apache Kafka ended", told), told
    assert guest.left() == []


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, 130, "They run in"),
        pytest.param(signal.SIGTERM, 143, "seen by the manager's side", marks=pytest.mark.long),
    ],
)
def test_ended_by_a_signal_it_leaves_nothing(guest: Guest, number: int, code: int, words: str) -> None:
    demo = guest.start()
    read_to(demo, words)
    demo.send_signal(number)
    demo.communicate(timeout=60)
    assert demo.returncode == code
    assert guest.left() == []


@pytest.mark.long
def test_what_a_killed_one_leaves_goes_by_itself(guest: Guest) -> None:
    demo = guest.start()
    until(lambda: guest.processes("postgres"))
    demo.kill()
    demo.communicate(timeout=60)
    assert until(lambda: not guest.left())
