"""What waits says what for, once, after two seconds, to whoever runs a command line."""

import threading
from pathlib import Path

import pytest

from paydesk import waiting
from paydesk.stack.embedded import EmbeddedStack
from paydesk.stack.errors import StackError
from paydesk.stack.home import Folder
from paydesk.waiting import said_by, waiting_for
from tests.conftest import until

waits = pytest.mark.fault(
    kind="What waits says what it waits for after two seconds, and gives up with a sentence.", mended="waiting.py"
)


@pytest.fixture
def sentences(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(waiting, "SAY_AFTER_S", 0.05)
    return []


@waits
def test_a_long_wait_is_said_once_by_what_is_outermost(sentences: list[str]) -> None:
    with said_by(sentences.append):
        with waiting_for("the bus"), waiting_for("its driver"):
            until(lambda: sentences)
        with waiting_for("the next bus"):
            until(lambda: len(sentences) == 2)
    assert sentences == ["Waiting for the bus ...", "Waiting for the next bus ..."]


@waits
def test_a_short_wait_and_one_that_nobody_listens_to_say_nothing(sentences: list[str]) -> None:
    before = threading.active_count()
    with waiting_for("nobody"):
        assert threading.active_count() == before, "a desk's waits start no thread"
    waiting.SAY_AFTER_S = 3600
    with said_by(sentences.append), pytest.raises(ValueError), waiting_for("the bus"):
        raise ValueError
    until(lambda: threading.active_count() == before)
    assert sentences == []


@waits
def test_a_lock_of_another_paydesk_is_named_and_then_given_up(
    sentences: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "stack")
    monkeypatch.setattr("paydesk.stack.home._LOCK_S", 0.5)
    with folder.lock("start"), said_by(sentences.append):
        with pytest.raises(StackError, match="does not go on"), folder.lock("start"):
            pass
        with folder.lock("start", wait=False) as held:
            assert not held
    assert sentences == [f"Waiting for another paydesk, which holds {folder.home / 'start'}.lock ..."]


@waits
def test_servers_that_do_not_start_are_named_and_then_given_up(
    sentences: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paydesk.stack.embedded._WAIT_S", 0.5)
    monkeypatch.setattr(EmbeddedStack, "start", lambda _: None)
    stack = EmbeddedStack(tmp_path / "stack")
    with said_by(sentences.append), pytest.raises(StackError, match="did not start in time"):
        stack.endpoints("contractor")
    stack.leave()
    assert sentences == ["Waiting for the embedded PostgreSQL to start ..."]
