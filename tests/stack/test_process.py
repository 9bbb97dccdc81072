"""A process is known again whatever becomes of the machine's clock, and never mistaken for another."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from paydesk.stack.home import Folder
from paydesk.stack.process import Process
from tests.pace import scaled

pytestmark = pytest.mark.fault(
    kind="A process is known by what no clock of the machine changes.", mended="stack/process.py"
)

_LOOK = """
import json, sys
from pathlib import Path
from paydesk.stack.home import Folder
from paydesk.stack.process import Process
print(json.dumps([Process.from_document(json.loads(sys.argv[1])).alive, len(Folder(Path(sys.argv[2])).users())]))
"""


def with_the_clock_set(by_s: int, file: Path, *command: str) -> str:
    """Run a command where the kernel tells the boot time as it does after the clock was set; returns what it prints."""
    stat = Path("/proc/stat")
    if not stat.exists() or shutil.which("unshare") is None:
        pytest.skip("this system tells no boot time in a file, or cannot make namespaces")
    lines = stat.read_text().splitlines(keepends=True)
    changed = [f"btime {int(line.split()[1]) + by_s}\n" if line.startswith("btime ") else line for line in lines]
    file.write_text("".join(changed))
    inside = ["sh", "-c", f'mount --bind "{file}" /proc/stat && exec "$@"', "sh", *command]
    probe = subprocess.run(["unshare", "-Ur", "-m", *inside[:3], "sh", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("no mount namespace can be made here")
    done = subprocess.run(
        ["unshare", "-Ur", "-m", *inside], capture_output=True, text=True, check=True, timeout=scaled(60)
    )
    return done.stdout


@pytest.mark.parametrize("by_s", [0, 1, 30, -30, 3600, -3600])
def test_a_process_is_the_same_after_the_clock_was_set(tmp_path: Path, by_s: int) -> None:
    folder = Folder(tmp_path / "stack")
    folder.enter()
    me = json.dumps(Process.of(os.getpid()).document())
    printed = with_the_clock_set(by_s, tmp_path / "stat", sys.executable, "-c", _LOOK, me, str(folder.home))
    assert json.loads(printed) == [True, 1]


def test_what_an_older_version_noted_is_known_as_it_was() -> None:
    me = psutil.Process()
    process = Process.from_document({"pid": me.pid, "started": me.create_time()})
    assert process is not None and process.alive and not Process(me.pid, me.create_time() + 1).alive
    older = Process.of(me.pid).document()
    assert abs(older["started"] - me.create_time()) < 0.5, "a version before this one reads that alone"


@pytest.mark.parametrize("mark", ["{boot}/1", "other/{ticks}"])
def test_a_later_process_and_another_boot_are_not_mistaken_for_it(mark: str) -> None:
    me = Process.of(os.getpid())
    boot, ticks = me.mark.split("/")
    assert me.alive and not Process(me.pid, me.started, mark.format(boot=boot, ticks=ticks)).alive


def test_an_ended_one_is_not_alive_though_nobody_asked_how_it_ended() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        noted = Process.of(child.pid)
        assert noted.alive
        noted.end(15, 10)
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE and not noted.alive
    assert not noted.alive


@pytest.mark.parametrize(
    "document", [None, {}, {"pid": None}, {"pid": "x", "started": 1}, [1], {"pid": 1, "started": None}]
)
def test_a_file_that_names_no_process_is_read_as_that(document: object) -> None:
    assert Process.from_document(document) is None
