"""The short matrix, and a judge who is seen to condemn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paydesk.stack.kafka_server import Kafka
from tests.architecture.files import CHECKOUT, modules_of
from tests.faults.bench import Bench
from tests.faults.checker import Checker, Verdict
from tests.faults.look import ROLES, until
from tests.faults.matrix import Trial, kinds, run
from tests.faults.report import commit, keep, kept, table
from tests.faults.rows import Row

ACCEPTED = "SELECT command_id FROM contractor.outbox ORDER BY position LIMIT 1"
PLANTED: dict[str, tuple[str, Callable[[Verdict], list[str]]]] = {
    "a command whose event is gone": (
        "DELETE FROM contractor.outbox WHERE position = (SELECT min(position) FROM contractor.outbox)",
        lambda verdict: verdict.lost,
    ),
    "an event that nobody recorded": (
        "DELETE FROM contractor.inbox WHERE position = (SELECT min(position) FROM contractor.inbox)",
        lambda verdict: verdict.lost,
    ),
    "an event that is not acknowledged": (
        "UPDATE manager.outbox SET published_at = NULL WHERE position = (SELECT min(position) FROM manager.outbox)",
        lambda verdict: verdict.lost,
    ),
    "a place on the topic where another event lies": (
        "UPDATE manager.outbox SET kafka_offset = 0 WHERE position = (SELECT max(position) FROM manager.outbox)",
        lambda verdict: verdict.lost,
    ),
    "a command with two events": (
        f"UPDATE contractor.outbox SET command_id = ({ACCEPTED}) WHERE position ="
        " (SELECT max(position) FROM contractor.outbox)",
        lambda verdict: verdict.doubled,
    ),
    "a number given twice": (
        "UPDATE contractor.payment_request SET number = (SELECT min(number) FROM contractor.payment_request)"
        " WHERE number = (SELECT max(number) FROM contractor.payment_request)",
        lambda verdict: verdict.doubled,
    ),
    "a copy that differs": (
        "UPDATE manager.payment_request SET amount_minor = amount_minor + 1 WHERE id ="
        " (SELECT id FROM manager.payment_request ORDER BY requested_at LIMIT 1)",
        lambda verdict: verdict.diverged,
    ),
    "a request that one side lacks": (
        "DELETE FROM manager.payment_request WHERE id ="
        " (SELECT id FROM manager.payment_request ORDER BY requested_at LIMIT 1)",
        lambda verdict: verdict.diverged,
    ),
    "an old version on both sides": (
        "UPDATE {0}.payment_request SET request_version = request_version - 1 WHERE id ="
        " (SELECT id FROM contractor.payment_request ORDER BY requested_at LIMIT 1)",
        lambda verdict: verdict.diverged,
    ),
}


def judge(bench: Bench) -> Verdict:
    """Return what the judge finds."""
    checker = Checker(bench.look.connection, Kafka(bench.site.folder).conf("stack"))
    return checker.judge({role: bench.journals(role) for role in ROLES})


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(600)
def test_the_short_matrix() -> None:
    for row in run([(kind, kind.short) for kind in kinds() if kind.short and kind.possible()], 1000):
        assert row.good, row


@pytest.mark.long
@pytest.mark.alone
@pytest.mark.timeout(300)
def test_the_judge_condemns_what_was_spoilt_by_hand() -> None:
    trial = Trial()
    try:
        trial.open()
        bench = trial.bench
        until(lambda: all(bench.look.published(role) > 40 for role in ROLES), "some work")
        bench.rest()
        until(bench.look.settled, "both sides equal")
        verdict = judge(bench)
        assert verdict.good and verdict.accepted > 80, verdict.summary()
        bench.dismiss()  # So that nobody mends what is spoilt now.
        for name, (spoil, kind) in PLANTED.items():
            with bench.look.connection.transaction(force_rollback=True):
                for role in ROLES if "{0}" in spoil else ("",):
                    bench.look.sql(spoil.format(role))
                assert kind(judge(bench)), name
        assert judge(bench).good
    finally:
        trial.bench.close()


def test_the_judge_knows_nothing_of_the_program() -> None:
    for name in ("checker.py", "evidence.py"):
        modules = set(modules_of(CHECKOUT / "tests" / "faults" / name))
        assert not {module for module in modules if module.startswith("paydesk")}


def test_a_run_is_taken_up_again_where_it_was_left(tmp_path: Path) -> None:
    row = Row("SIGKILL contractor R1", runs=2, accepted=40, takeover_s=[0.2, 0.4], in_flight=[3, 30], commit=commit())
    row.reached["contractor R1"] += 1234
    row.reasons["quarantined: empty message"] += 5
    keep(tmp_path / "rows", row)
    later = Row("broker killed", "end", runs=3, commit="0123")
    keep(tmp_path / "rows", later)
    assert kept(tmp_path / "rows") == [row, later]
    text = table([row, later])
    assert all(
        seen in text
        for seen in (
            f"Commit `{row.commit}` and `0123`",
            "**5 faults**",
            "| killed | 2 | 0.20 s | 0.40 s |",
            "1,234",
            "50% of 2 kills",
        )
    )
    assert "| quarantined: empty message | 5 |" in text
