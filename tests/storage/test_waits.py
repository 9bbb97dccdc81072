"""``wait`` for people: what it waits for is said after two seconds, and beside what it prints."""

import pytest

from paydesk import waiting
from tests.storage.offline import Bench


@pytest.mark.fault(
    kind="What waits says what it waits for after two seconds, and gives up with a sentence.", mended="waiting.py"
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_wait_says_whose_decision_it_waits_for_and_then_that_there_was_none(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, role: str, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(waiting, "SAY_AFTER_S", 0.05)
    monkeypatch.setattr(
        "paydesk.cli.session.Session.work", lambda *_, **__: None
    )  # No broker: nothing to be at work on.
    number = bench.number(bench.request())
    late = bench(role, "wait", number, "--timeout", "1.5s", *options)
    *notices, gave_up = late.err.splitlines()
    assert late.code == 11 and notices.count(f"Waiting for the decision about {number} ...") == 1
    assert f"{number} is still pending after 1.5s" in gave_up
