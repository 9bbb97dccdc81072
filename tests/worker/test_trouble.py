"""A thread's error is kept, shown in the health line and logged to a file, until that very thread recovered."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from uuid import UUID

import pytest

from paydesk.infra.core.records import Applied, ReceivedEvent
from paydesk.infra.core.role import Apply, Role
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.postgres.connection import connect
from paydesk.infra.redis.hints import HintListener, HintSender
from paydesk.infra.worker.context import HealthState
from paydesk.infra.worker.worker import Worker
from paydesk.tui.text.wording import health_words
from tests.conftest import Sides, until
from tests.worker.test_worker import ask, count


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """The file that the program's log goes to."""
    file = tmp_path / "paydesk.log"
    handler = RotatingFileHandler(file)
    logging.getLogger("paydesk").addHandler(handler)
    yield file
    logging.getLogger("paydesk").removeHandler(handler)
    handler.close()


def failing(role: Role, request_ids: set[UUID]) -> Apply:
    """Return a role's handler with a bug that some requests bring to light."""
    real = role.load_apply()

    def apply(transaction: Transaction, role: Role, batch: Sequence[ReceivedEvent], now: datetime) -> Applied:
        if any(received.event.request_id in request_ids for received in batch):
            raise ZeroDivisionError("the handler's bug")
        return real(transaction, role, batch, now)

    return apply


def test_a_handlers_bug_costs_the_one_message(sides: Sides, log_file: Path) -> None:
    ids = ask(sides, 40)
    apply = failing(sides.manager, {ids[17]})
    workers = Worker(sides.contractor, sides), Worker(replace(sides.manager, load_apply=lambda: apply), sides)
    for worker in workers:
        worker.start()
    try:
        until(lambda: count(sides, sides.manager) == 39)
        until(lambda: workers[1].health().quarantined == 1)
    finally:
        for worker in workers:
            worker.stop()
    kept = (
        "SELECT count(*) FROM inbox WHERE became = 'quarantined' AND reason = 'ZeroDivisionError: the handler''s bug'"
    )
    assert count(sides, sides.manager, kept) == 1
    assert "ZeroDivisionError: the handler's bug" in log_file.read_text()
    assert "1 message in quarantine" in health_words(workers[1].health(), "manager").text


def test_a_broken_thread_is_shown_until_it_recovers_and_quarantines_nothing(sides: Sides, log_file: Path) -> None:
    ask(sides, 3)
    workers = Worker(sides.contractor, sides), Worker(sides.manager, sides)
    with connect(sides.url(sides.manager), "manager", autocommit=True) as connection:
        connection.execute("ALTER TABLE inbox RENAME TO elsewhere")
        workers[0].start()
        workers[1].start()
        try:
            until(lambda: "UndefinedTable" in workers[1].health().trouble)
            connection.execute("ALTER TABLE elsewhere RENAME TO inbox")
            until(lambda: count(sides, sides.manager) == 3)
            until(lambda: workers[1].health().trouble == "")
        finally:
            for worker in workers:
                worker.stop()
        assert connection.execute("SELECT count(*) FROM inbox WHERE became <> 'applied'").fetchone() == (0,)
    assert "UndefinedTable" in log_file.read_text()


def test_one_threads_recovery_hides_no_other_threads_error() -> None:
    board = HealthState()
    board.trouble("inbound", "The inbound worker failed: one.")
    board.trouble("outbound", "The outbound worker failed: two.")
    board.recovered("outbound")
    assert board.health("").trouble == "The inbound worker failed: one."
    assert "one" in health_words(board.health(""), "manager").text
    board.recovered("inbound")
    assert board.health("").trouble == ""


def test_two_desks_of_one_role_hear_each_other_and_that_anything_may_have_changed(sides: Sides) -> None:
    hints_of_both: list[list[frozenset[UUID] | None]] = [[], []]
    listeners = [HintListener(sides.manager, sides, hints.append) for hints in hints_of_both]
    for listener in listeners:
        listener.start()
    until(lambda: all(hints_of_both))
    sender, request_id = HintSender(sides.manager, sides), UUID(int=7)
    sender.send({request_id})
    until(lambda: all(frozenset({request_id}) in hints for hints in hints_of_both))
    for hints in hints_of_both:
        hints.clear()
    sender.send(None)
    until(lambda: all(None in hints for hints in hints_of_both))
    stranger = HintSender(replace(sides.manager, name="contractor"), sides)
    stranger.send({UUID(int=8)})
    sender.send({UUID(int=9)})
    until(lambda: all(frozenset({UUID(int=9)}) in hints for hints in hints_of_both))
    assert all(frozenset({UUID(int=8)}) not in hints for hints in hints_of_both), (
        "the other role's hints are not received"
    )
    for hints in (sender, stranger):
        hints.close()
    for listener in listeners:
        listener.stop()
        listener.join(5)
