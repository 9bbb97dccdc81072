"""Questions where nobody answers: refused in words, with the option that does without; ^c is told as before."""

import io
import json
from pathlib import Path

import pytest

from paydesk.cli.main import run
from tests.cli.conftest import Paydesk

UNANSWERED = pytest.mark.fault(
    kind="A question that nobody can answer is refused with the option that does not ask.", mended="cli/asking.py"
)
NO_ANSWER = "The question needs an answer, and there is no more input. "


class EndedTerminal(io.StringIO):
    """A terminal on which ^d was pressed."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have an empty folder for a stack that does not run; returns that folder."""
    monkeypatch.setenv("PAYDESK_HOME", str(tmp_path))
    return tmp_path


@UNANSWERED
@pytest.mark.parametrize("given", [io.StringIO(""), EndedTerminal(""), None], ids=["ended", "terminal", "closed"])
def test_nothing_is_deleted_where_nobody_answers(
    given: io.StringIO | None, at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", given)
    assert run(["stack", "reset"]) == 2
    assert capsys.readouterr().err == f"{NO_ANSWER}--yes does not ask. `paydesk stack reset --help` tells more.\n"
    assert run(["stack", "reset", "--json"]) == 2
    error = json.loads(capsys.readouterr().err.splitlines()[-1])["error"]
    assert (error["code"], error["message"]) == ("usage", f"{NO_ANSWER}--yes does not ask.")
    assert at_home.exists()


@UNANSWERED
def test_nothing_is_emptied_where_nobody_answers(paydesk: Paydesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    refused = paydesk("rebuild", "manager")
    assert refused.code == 2
    assert refused.err.splitlines()[-1] == f"{NO_ANSWER}--yes does not ask. `paydesk rebuild --help` tells more."


def test_a_question_is_interrupted_as_before(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str = "") -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.visible_prompt_func", interrupted)
    assert run(["stack", "reset"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted." and at_home.exists()


def test_an_answer_in_a_pipe_is_taken(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert run(["stack", "reset"]) == 1
    assert capsys.readouterr().out.endswith("Nothing was deleted.\n") and at_home.exists()
