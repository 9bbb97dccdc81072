"""Who paints goes first, for a moment."""

import threading
import time
from collections.abc import Iterator

import pytest

from paydesk.infra import right_of_way
from tests.conftest import until


@pytest.fixture(autouse=True)
def free() -> Iterator[None]:
    right_of_way.leave()
    yield
    right_of_way.leave()


def test_nobody_waits_where_nothing_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way.time, "sleep", lambda _: pytest.fail("waited"))
    right_of_way.give()
    right_of_way.take()
    right_of_way.leave()
    right_of_way.give()


def test_who_works_waits_for_the_end_of_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_of_way, "MOST_S", 60.0)
    right_of_way.take()
    steps: list[str] = []

    def work() -> None:
        steps.append("begun")
        right_of_way.give()
        steps.append("gone on")

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: steps)
    assert steps == ["begun"] and thread.is_alive()
    right_of_way.leave()
    thread.join(10)
    assert steps == ["begun", "gone on"]


def test_a_frame_that_never_ends_stops_nobody() -> None:
    right_of_way.take()
    began = time.monotonic()
    right_of_way.give()
    assert time.monotonic() - began <= right_of_way.MOST_S + 5
