"""A long run says how far it is."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.architecture.files import CHECKOUT
from tests.progress import Progress, line

_SAID = pytest.mark.fault(
    kind="A run that takes minutes says every few seconds what is done, how fast, and what is left.", mended="Makefile"
)


@_SAID
@pytest.mark.parametrize(
    ("done", "took_s", "sentence"),
    [
        (0, 20, "0 of 1,000 runs, 20 s so far"),
        (500, 5, "500 of 1,000 runs, 100 a second, 5 s left"),
        (10, 100, "10 of 1,000 runs, 10.0 s each, 165 min left"),
        (1000, 10, "1,000 of 1,000 runs, 100 a second, 0 s left"),
        (1001, 10, "1,001 of 1,000 runs, 100 a second, 0 s left"),
    ],
)
def test_a_line_tells_what_is_done_how_fast_and_what_is_left(done: int, took_s: float, sentence: str) -> None:
    assert line(done, 1000, "runs", took_s) == sentence
    assert line(done, 1000, "runs", took_s, "SIGKILL W1") == f"{sentence}, at SIGKILL W1"


@_SAID
def test_lines_come_while_nothing_ends_and_stop_at_the_end() -> None:
    lines: list[str] = []
    enough = threading.Event()

    def say(text: str) -> None:
        lines.append(text)
        if len(lines) == 3:
            enough.set()

    with Progress(7, "faults", lambda: (2, "black hole"), say, every_s=0.01):
        assert enough.wait(30)
    count = len(lines)
    assert count >= 3 and all(text.startswith("2 of 7 faults") and text.endswith("at black hole") for text in lines)
    assert threading.active_count() == len([thread for thread in threading.enumerate() if thread.is_alive()])
    assert len(lines) == count


@_SAID
@pytest.mark.parametrize("processes", ["0", "2"])
def test_pytest_says_it_with_and_without_several_processes(processes: str, tmp_path: Path) -> None:
    sample = tmp_path / "test_sample.py"
    sample.write_text("import time\ndef test_one():\n    time.sleep(1)\ndef test_two():\n    time.sleep(1)\n")
    command = f"{sys.executable} -m pytest -p xdist -p tests.progress -p no:cacheprovider -q -c /dev/null".split()
    # A folder of its own: runs beside this one clean up what they share, and pytest warns of that.
    command += ["--rootdir", str(tmp_path), "--basetemp", str(tmp_path / "base")]
    command += ["--numprocesses", processes, str(sample)]
    env = {"TESTS_PROGRESS_S": "0.2", "PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [text for text in done.stdout.splitlines() if " of 2 tests" in text]
    assert len(lines) > 1 and not done.stderr


@_SAID
def test_the_long_targets_say_it() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    assert makefile.count("-m pytest -p tests.progress -m ") == 2
    for module in ("simulation", "faults"):
        assert f"-m tests.{module}" in makefile
        assert "Progress(" in (CHECKOUT / "tests" / module / "__main__.py").read_text()
