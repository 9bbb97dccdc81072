"""Rows that a program of before wrote while it was open are folded by the worker at work."""

import pytest

from paydesk.infra.postgres.connection import connect
from paydesk.infra.worker.worker import Worker
from tests.conftest import Sides, until
from tests.worker.test_worker import ask, count


@pytest.mark.fault(
    kind="What a program of before wrote without its folding is found by every filter, and folded by a worker.",
    mended="infra/postgres/folding.py",
)
def test_a_worker_folds_what_a_program_of_before_wrote(sides: Sides) -> None:
    ask(sides, 3)
    with connect(sides.url(sides.contractor), "contractor", autocommit=True) as connection:
        connection.execute("UPDATE payment_request SET description = 'İade masrafı', terms_folded = NULL")
        connection.execute("UPDATE payment_request SET contractor = 'Straße'")
    folded = (
        "SELECT count(*) FROM payment_request WHERE contractor_folded = 'strasse' AND terms_folded LIKE 'iade masrafi%'"
    )
    assert count(sides, sides.contractor, folded) == 0
    worker = Worker(sides.contractor, sides)
    worker.start()
    try:
        until(lambda: count(sides, sides.contractor, folded) == 3)
    finally:
        worker.stop()
