"""What changed since a while ago is found by what the database counts, whatever the clock of who said it shows."""

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from paydesk.infra.migrations import prepare
from paydesk.infra.postgres import storage
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import changes
from tests.conftest import Sides
from tests.worker.test_worker import ask

OFF = [timedelta(minutes=-10), timedelta(0), timedelta(hours=1)]


@pytest.mark.fault(
    kind="Nothing that must not be missed is found by comparing the clocks of two machines.",
    mended="infra/postgres/read/changes.py",
)
def test_a_poll_finds_what_a_desk_said_whose_clock_is_off(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(sides, "contractor")
    for off in OFF:
        # The first 48 bits of a UUIDv7 are milliseconds of the clock of who makes it.
        made = int((time.time() + off.total_seconds()) * 1000) << 80 | 7 << 76 | 2 << 62
        monkeypatch.setattr(storage, "uuid7", lambda made=made: UUID(int=made | uuid4().int & 0xFFFF_FFFF))
        with connect(sides.url(sides.contractor), "contractor") as connection:
            place = changes.newest(connection)
        asked = ask(sides)
        with connect(sides.url(sides.contractor), "contractor") as connection:
            assert set(asked) <= changes.changed_since(connection, place), off
