"""The demo without a terminal, on real servers: the whole way, whatever ends it, and nothing that remains."""

import re
import signal
import subprocess

import pytest

from tests.conftest import until
from tests.demo.guest import Guest
from tests.pace import scaled

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
    r"paydesk\.contractor\.requests\.v1 +0 +[0-9]+ +paydesk\.payment_revised\.v1",
    r"paydesk\.manager\.decisions\.v1 +0 +[0-9]+ +paydesk\.payment_accepted\.v1",
]


def read_to(demo: subprocess.Popen[str], words: str) -> list[str]:
    """Read the demo's lines up to one with these words; fails when it ends without."""
    assert demo.stdout is not None
    lines = []
    for line in demo.stdout:
        lines.append(line)
        if words in line:
            return lines
    pytest.fail(f"not told: {words!r} in {lines}")


@pytest.mark.long
def test_it_tells_the_whole_way_and_leaves_nothing(guest: Guest) -> None:
    demo = guest.start()
    printed, _ = demo.communicate(timeout=scaled(180))
    assert demo.returncode == 0, printed
    place = 0
    for wanted in WAY:
        match = re.compile(wanted).search(printed, place)
        assert match, f"not told in its place: {wanted}\n{printed}"
        place = match.end()
    assert guest.left() == []


@pytest.mark.long
def test_a_killed_broker_ends_it_with_the_name_of_the_step(guest: Guest) -> None:
    demo = guest.start()
    read_to(demo, "1. studio-nord requests")
    (java,) = guest.processes("kafka.Kafka")
    java.kill()
    printed, _ = demo.communicate(timeout=scaled(60))
    assert demo.returncode == 7, printed
    assert re.search(r"The demo stopped at: .+\. Apache Kafka ended", printed), printed
    assert guest.left() == []


@pytest.mark.long
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
    demo.communicate(timeout=scaled(60))
    assert demo.returncode == code
    assert guest.left() == []


@pytest.mark.long
def test_what_a_killed_one_leaves_goes_by_itself(guest: Guest) -> None:
    demo = guest.start()
    until(lambda: guest.processes("postgres"))
    demo.kill()
    demo.communicate(timeout=scaled(60))
    assert until(lambda: not guest.left())
