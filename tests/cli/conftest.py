"""The command line in this process, on the run's own stack: what it printed and the code it would exit with."""

import secrets
from collections.abc import Callable

import pytest

from paydesk.cli.main import run
from paydesk.stack.embedded import EmbeddedStack
from tests.answer import Answer

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


def asked_for(paydesk: Paydesk, ada: str) -> str:
    """Ask for a payment; returns its number."""
    answer = paydesk("contractor", "request", "5", "EUR", "lunch", "--as", ada)
    assert answer.code == 0, answer.err
    return answer.out.split()[0]
