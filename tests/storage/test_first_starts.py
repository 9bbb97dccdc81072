"""Eight programs start at once on an empty schema: one makes the tables, and all of them can work."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from paydesk.infra.migrations import HEAD
from paydesk.infra.postgres.connection import connect
from paydesk.stack.servers import Postgres
from tests.conftest import Sides
from tests.pace import scaled

PROGRAM = """
import sys
from uuid import uuid4
from paydesk.contractor.commands import execute
from paydesk.contractor.role import ROLE
from paydesk.domain.commands import RequestPayment
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres.storage import Store
print("ready", flush=True)
sys.stdin.readline()
migrate(sys.argv[1], "contractor")
execute(Store(sys.argv[1], ROLE), uuid4(), RequestPayment(uuid4(), "ada", checked_terms("5", "EUR", "first")))
"""


def empty(sides: Sides) -> str:
    """Return the URL of the contractor's schema with nothing in it: no tables, and no functions of their triggers."""
    with psycopg.connect(Postgres(sides.stack.folder).url("stack", sides.database), autocommit=True) as admin:
        admin.execute("DROP SCHEMA contractor CASCADE")
    sides.mend()
    return sides.url(sides.contractor)


@pytest.mark.long
def test_eight_first_starts_at_once(sides: Sides) -> None:
    url = empty(sides)
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for process in starting:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda process: process.communicate("go\n", timeout=scaled(120)), starting))
    assert [process.returncode for process in starting] == [0] * 8, ended
    with connect(url, "contractor") as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]
        # Nobody has read the own topic yet, so all are taken and none has its number.
        counted = "SELECT count(*), count(number), (SELECT count(*) FROM outbox) FROM payment_request"
        assert connection.execute(counted).fetchone() == (8, 0, 8)
