"""The log: in its file, in UTF-8, and never on a terminal."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paydesk.kept_log import KeptLog

QUIET = pytest.mark.fault(
    kind="Nothing of the log reaches a terminal, and its file is the one that has the name now.", mended="kept_log.py"
)
pytestmark = QUIET
_PROGRAM = """
import logging, sys
from pathlib import Path
from paydesk.kept_log import keep_log
keep_log(Path(sys.argv[1]))
for line in ("one", "two \\u4eac", "x" * 100_000):
    logging.getLogger("paydesk.test").error(line, exc_info=ValueError(line[:9]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paydesk.log"


@pytest.fixture
def log(path: Path) -> Iterator[logging.Logger]:
    logger, handler = logging.Logger("a log of this test"), KeptLog(path)
    logger.addHandler(handler)
    yield logger
    handler.close()


@pytest.mark.parametrize("kind", ["full disk", "a folder", "no right", "C locale"])
def test_a_log_that_cannot_be_written_says_nothing_on_the_terminal(kind: str, path: Path) -> None:
    if kind == "full disk":
        path.symlink_to("/dev/full")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "no right":
        path = Path("/proc/paydesk.log")
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(path)], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    if kind == "C locale":
        assert "two 京" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("moved", ["renamed", "deleted"])
def test_a_file_that_was_moved_away_is_opened_anew(moved: str, path: Path, log: logging.Logger) -> None:
    log.error("before")
    if moved == "renamed":
        path.rename(path.with_suffix(".1"))
    else:
        path.unlink()
    log.error("after")
    assert path.read_text() == "after\n"
    if moved == "renamed":
        assert path.with_suffix(".1").read_text() == "before\n"


def test_a_log_goes_on_when_there_is_room_again(path: Path, log: logging.Logger) -> None:
    path.symlink_to("/dev/full")
    log.error("lost")
    path.unlink()
    log.error("kept \udc80")
    assert path.read_text() == "kept \\udc80\n"


def test_a_log_rotates_by_size(path: Path, log: logging.Logger) -> None:
    for _ in range(12):
        log.error("x" * 200_000)
    assert {kept.name for kept in path.parent.iterdir()} == {"paydesk.log", "paydesk.log.1", "paydesk.log.2"}
