"""Who paints goes first, for a moment."""

import threading
import time
from collections.abc import Iterator

import pytest

from paydesk.infra.core import ui_priority
from tests.conftest import until


@pytest.fixture(autouse=True)
def free() -> Iterator[None]:
    ui_priority.leave()
    yield
    ui_priority.leave()


def test_nobody_waits_where_nothing_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui_priority.time, "sleep", lambda _: pytest.fail("waited"))
    ui_priority.give()
    ui_priority.take()
    ui_priority.leave()
    ui_priority.give()


def test_who_works_waits_for_the_end_of_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui_priority, "MOST_S", 60.0)
    ui_priority.take()
    steps: list[str] = []

    def work() -> None:
        steps.append("begun")
        ui_priority.give()
        steps.append("gone on")

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: steps)
    assert steps == ["begun"] and thread.is_alive()
    ui_priority.leave()
    thread.join(10)
    assert steps == ["begun", "gone on"]


def test_a_frame_that_never_ends_stops_nobody() -> None:
    ui_priority.take()
    began = time.monotonic()
    ui_priority.give()
    assert time.monotonic() - began <= ui_priority.MOST_S + 5
