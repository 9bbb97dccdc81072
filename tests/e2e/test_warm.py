"""A command that is forked is the same as one that was started: what it says, how it ends, whose settings it reads."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import until
from tests.e2e import warm
from tests.e2e.site import PAYDESK, Site

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("--help",), 0),
        (("manager", "approve"), 2),
        (("contractor", "request", "1", "EUR", "Ørsted \udcff"), 3),
        (("contractor", "list", "--json"), 2),
    ],
)
def test_it_says_the_same_and_ends_with_the_same_code(tmp_path: Path, line: tuple[str, ...], code: int) -> None:
    env = Site(tmp_path, {"PAYDESK_BROKR": "memory", "COLUMNS": "60", "TZ": "Asia/Kolkata"}).env
    started = subprocess.run([*PAYDESK, *line], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    forked = warm.run(line, env, tmp_path, 60)
    assert (forked.returncode, forked.stdout, forked.stderr) == (code, started.stdout, started.stderr)


def test_it_has_a_process_of_its_own_and_a_signal_ends_it_as_any_other(tmp_path: Path) -> None:
    site = Site(tmp_path, {"PAYDESK_BROKER": "memory"})
    log = tmp_path / "said"
    try:
        with log.open("wb") as file:
            workers = [site.start(role, "worker", err=file.fileno()) for role in ("contractor", "manager")]
        until(lambda: log.read_text().count("working") == 2, within_s=60)
        for worker, number in zip(workers, (signal.SIGTERM, signal.SIGKILL), strict=True):
            assert worker.pid != os.getpid()
            worker.send_signal(number)
        assert [worker.wait(30) for worker in workers] == [0, -signal.SIGKILL], "as a worker ends"
    finally:
        site.close()


def test_who_gives_up_waiting_ends_it(tmp_path: Path) -> None:
    site = Site(tmp_path, {"PAYDESK_BROKER": "memory"})
    try:
        with pytest.raises(TimeoutError):
            warm.run(("contractor", "worker"), site.env, tmp_path, 3)
    finally:
        site.close()


@pytest.mark.parametrize("name", ["LC_ALL", "PYTHONIOENCODING", "LD_LIBRARY_PATH"])
def test_what_python_reads_when_it_starts_needs_a_start(tmp_path: Path, name: str) -> None:
    assert warm.fits(Site(tmp_path).env)
    assert not warm.fits(Site(tmp_path, {name: "C"}).env)
