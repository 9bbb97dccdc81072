"""A signal that ends a command before it does anything is told as every other failure is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pace import scaled

LATE = """
import signal, sys
import paydesk.__main__ as door
moment, number, sys.argv[1:] = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
class Late:
    def find_spec(self, name, *_):
        if name == moment:
            signal.raise_signal(number)
sys.meta_path.insert(0, Late())
door.main()
"""
"""Raises a signal while a module is looked for: before the command line stands, before a command, within one."""


@pytest.mark.fault(
    kind="A signal that ends a command is told at every moment, by --json as an error document.", mended="__main__.py"
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("paydesk.cli.main", ["contractor", "list", "--json"]),
        ("paydesk.cli.list_show", ["contractor", "list", "--json"]),
        ("paydesk.infra.migrations", ["manager", "approve", "PR-1", "--json"]),
        ("paydesk.cli.doctor", ["doctor", "--json"]),
        ("paydesk.stack.embedded", ["stack", "status", "--json"]),
        ("paydesk.cli.list_show", ["contractor", "list"]),
        ("paydesk.cli.main", ["contractor", "list"]),
    ],
)
def test_a_signal_before_a_command_does_anything_is_told(
    moment: str, words: list[str], number: signal.Signals, tmp_path: Path
) -> None:
    env = os.environ | {"PAYDESK_HOME": str(tmp_path / "home")}
    line = [sys.executable, "-c", LATE, moment, str(int(number)), *words]
    done = subprocess.run(
        line,
        env=env,
        capture_output=True,
        text=True,
        timeout=scaled(60),
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert (done.returncode, done.stdout) == (128 + number, "")
    (last_line,) = done.stderr.split("\n")[-2:-1]
    if "--json" in words:
        assert json.loads(last_line) == {"error": {"code": "interrupted", "message": "Interrupted.", "hint": ""}}
    else:
        assert last_line == "Interrupted."
