"""The front door in this process, on the run's own stack: what it printed and the code it would exit with."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from paydesk.cli.front import run
from paydesk.stack.embedded import EmbeddedStack


@dataclass
class Answer:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one document it printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The documents it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, str]:
        """The error it printed."""
        found: dict[str, str] = json.loads(self.err.splitlines()[-1])["error"]
        return found


Paydesk = Callable[..., Answer]


@pytest.fixture
def paydesk(stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Paydesk:
    """Run a command line, arguments as they would be typed."""
    monkeypatch.setenv("PAYDESK_HOME", str(stack.folder.home))

    def command(*arguments: str) -> Answer:
        capsys.readouterr()
        try:
            code = run(arguments)
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else 1
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return command


@pytest.fixture
def ada() -> str:
    """Return a contractor whom no other test knows."""
    return f"ada-{secrets.token_hex(4)}"
