"""A day that PostgreSQL has and Python does not, put in by hand, keeps nothing from being read and is named."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from paydesk.domain.filter_text import parse_filter
from paydesk.infra.core.query import PageQuery, Sort
from paydesk.infra.diagnostics.doubts import doubts
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries, request_list
from paydesk.infra.postgres.read.insights import insights
from paydesk.infra.postgres.read.timeline import detail
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.embedded import EmbeddedStack
from tests.conftest import Sides, fresh_sides
from tests.storage.test_insights import ASKED, NOW, put

FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
DAYS = {
    "infinity": LAST,
    "-infinity": FIRST,
    "10000-01-01": LAST,
    "294276-12-31": LAST,
    "0001-12-31 BC": FIRST,
    "4713-01-01 BC": FIRST,
}
MOMENTS = ("requested_at", "decided_at", "received_at")


@pytest.fixture(scope="module")
def connection(stack_sides: Sides) -> Iterator[psycopg.Connection[Any]]:
    with connect(stack_sides.url(stack_sides.manager), "manager") as connection:
        put(connection)
        connection.commit()
        yield connection


@pytest.fixture(scope="module")
def stack_sides(stack: EmbeddedStack) -> Iterator[Sides]:
    with fresh_sides(stack) as sides:
        yield sides


@pytest.mark.fault(kind="One row with a day that cannot be keeps no other from being read.", mended="libpq.py")
@pytest.mark.parametrize("day", DAYS)
def test_a_day_that_cannot_be_is_read_as_the_nearest_and_named(connection: psycopg.Connection[Any], day: str) -> None:
    # Of PR-1004, which is accepted: two times that are alike leave nothing between them.
    odd = UUID(int=5)
    for columns in (*((name,) for name in MOMENTS), MOMENTS, ("due_date", "decided_due_date")):
        connection.execute(
            f"UPDATE payment_request SET {', '.join(f'{name} = %(day)s' for name in columns)} WHERE id = %(id)s",
            {"day": day, "id": odd},
        )
        connection.commit()
        copy = queries.get(connection, odd)
        assert copy.request is not None and copy.decision is not None and copy.terms is not None
        read: dict[str, datetime | date | None] = {
            "requested_at": copy.request.requested_at,
            "decided_at": copy.decision.decided_at,
            "received_at": copy.decision.received_at,
            "due_date": copy.request.terms.due_date,
            "decided_due_date": copy.terms.due_date,
        }
        nearest = {name: DAYS[day].date() if "due" in name else DAYS[day] for name in columns}
        assert {name: read[name] for name in columns} == nearest
        for sort in Sort:
            assert len(request_list.page(connection, PageQuery(sort=sort), NOW).rows) == len(ASKED)
        assert len([*request_list.stream(connection, PageQuery(limit=None))]) == len(ASKED)
        assert sum(total.count for total in request_list.totals(connection, PageQuery(), NOW)) == len(ASKED)
        assert request_list.page(connection, PageQuery(parse_filter("age>7d")), NOW).rows
        assert insights(connection, PageQuery(), NOW).requests == len(ASKED)
        assert detail(connection, odd).copy == copy
        (finding,) = doubts(MANAGER, connection)
        assert not finding.ok and finding.seen.startswith("PR-1004: a day or a time that cannot be")
        connection.execute(
            "UPDATE payment_request SET requested_at = %(now)s, decided_at = %(now)s, received_at = %(now)s,"
            " due_date = NULL, decided_due_date = NULL WHERE id = %(id)s",
            {"now": NOW, "id": odd},
        )
        connection.commit()
    assert doubts(MANAGER, connection) == []
