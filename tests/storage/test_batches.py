"""A batch is written in one statement a table, and leaves what its rows leave one by one."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from paydesk.domain.payment_request import RequestRegister, changed_terms, checked_terms
from paydesk.infra.core import ui_priority
from paydesk.infra.core.records import Half, Incoming, ReceivedEvent
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect, is_content
from paydesk.infra.postgres.schema import InboxRow
from paydesk.infra.postgres.storage import Store
from paydesk.infra.postgres.write import batch
from tests.conftest import Sides
from tests.contract.storages import TERMS, accepted, at, bad_message, message, received, rejected, request, statements

FAR_WEST = datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=-23, minutes=-59)))
ODD = (
    TERMS,
    checked_terms("0.001", "KWD", "北京 🙂 Ørsted", reference='"{a,b}"\\', document="https://example.org/1"),
    checked_terms("999999999999999", "JPY", "x" * 500, pay_to="NULL"),
    checked_terms("5", "USD", "{}", due_date="2024-02-29"),
)
"""Terms with and without each that may be missing, and texts that mean something to an array or to JSON."""


@dataclass
class Listed:
    """Takes statements as a session does."""

    queued: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def queue(self, statement: str, values: dict[str, Any]) -> None:
        """Note a statement."""
        self.queued.append((statement, values))


def asked(many: int) -> list[RequestRegister]:
    """Return requests in the order of their ids, of every kind of terms."""
    made = [request(f"PR-{n}" if n % 5 else None, terms=ODD[n % len(ODD)], revision=1 + n % 3) for n in range(many)]
    return sorted(made, key=lambda register: register.id)


def left(sides: Sides, role: Role) -> tuple[list[Any], list[Any]]:
    """Return all that is kept of requests and messages, and empty both tables."""
    with connect(sides.url(role), role.name) as connection:
        requests = connection.execute("SELECT * FROM payment_request ORDER BY id").fetchall()
        messages = connection.execute("SELECT * FROM inbox ORDER BY kafka_offset").fetchall()
        connection.execute("TRUNCATE payment_request, inbox")
    return requests, [row[1:] for row in messages]


def write(sides: Sides, role: Role, events: Sequence[ReceivedEvent], half: Half, heard_of: Sequence[Incoming]) -> int:
    """Write them in one transaction; returns with how many statements."""
    with closing(Store(sides.url(role), role)) as store, store.transaction() as transaction, statements() as ran:
        transaction.requests.replace(events, half, at(5))
        transaction.inbox.record(heard_of)
    return len(ran)


@pytest.mark.parametrize("half", ["request", "decision"])
def test_a_batch_leaves_what_its_rows_leave_one_by_one(sides: Sides, half: Half) -> None:
    role = sides.manager if half == "request" else sides.contractor
    of = asked(40)
    registers = of if half == "request" else [(rejected, accepted)[n % 2](one) for n, one in enumerate(of)]
    events = [received(register, f"hash {n}") for n, register in enumerate(registers)]
    messages = [message(role, register, n) for n, register in enumerate(registers)]
    messages[3:5] = [bad_message(role, 3, "quarantined"), bad_message(role, 4, "parked", of[4].id)]
    assert write(sides, role, events, half, messages) == 2
    together = left(sides, role)
    for event, incoming in zip(events, messages, strict=True):
        assert write(sides, role, [event], half, [incoming]) == 2
    assert left(sides, role) == together
    assert [len(rows) for rows in together] == [40, 40]
    assert {row[0] for row in together[0]} == {register.id for register in of}


def test_what_is_newer_replaces_and_what_is_known_stays_in_a_batch_of_both(sides: Sides) -> None:
    role, of = sides.manager, asked(9)
    incoming = [message(role, one, n) for n, one in enumerate(of)]
    write(sides, role, [received(one, "first") for one in of[::2]], "request", incoming[::2])
    revised = [replace(one, version=2 - n % 2, terms=changed_terms(one.terms, amount="7")) for n, one in enumerate(of)]
    write(sides, role, [received(one, "second") for one in revised], "request", incoming)
    requests, messages = left(sides, role)
    with connect(sides.url(role), role.name) as connection:
        columns = [column.name for column in connection.execute("SELECT * FROM payment_request").description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in requests]
    assert [(row["request_version"], row["request_hash"]) for row in rows] == [
        (2, "second") if n % 2 == 0 else (1, "second") for n in range(9)
    ]
    assert len(messages) == 9


@pytest.mark.parametrize("beside", [0, 3])
@pytest.mark.parametrize(
    "bad",
    [{"version": 2**40}, {"version": 2**70}, {"number": "PR-\x00"}, {"requested_at": FAR_WEST}],
    ids=["40 bits", "70 bits", "NUL", "a zone that is none"],
)
def test_what_no_column_holds_is_the_fault_of_the_content(sides: Sides, bad: dict[str, Any], beside: int) -> None:
    events = [received(register) for register in [*asked(beside), request(**bad)]]
    with pytest.raises(DBAPIError) as refused:
        write(sides, sides.manager, events, "request", [])
    assert is_content(refused.value)
    assert left(sides, sides.manager) == ([], [])


def test_a_screen_paints_between_the_rows_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[None] = []
    monkeypatch.setattr(ui_priority, "give", lambda: ways.append(None))
    session, table = Listed(), InboxRow.__table__  # type: ignore[attr-defined]
    batch.execute(session, "SELECT * FROM {rows}", table, ({"became": "stale", "reason": str(n)} for n in range(250)))  # type: ignore[arg-type]
    ((statement, values),) = session.queued
    assert len(ways) == 3 and len(values["reason"]) == 250
    assert values["became"] == "stale" and "unnest(%(reason)b::VARCHAR[])" in statement, "what is the same comes once"
