"""Each index answers a question that a screen, a command or a worker asks: one that answers none only costs."""

import random
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from paydesk.domain.duplicates import Asking
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.payment_request import checked_terms
from paydesk.domain.status import WAITING
from paydesk.infra.core.query import PageQuery, Sort
from paydesk.infra.postgres import folding
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import changes, duplicates, quarantine, queries, request_list, timeline
from paydesk.infra.postgres.write.ahead import UNSENT, unsent_values
from tests.conftest import Sides
from tests.storage.test_filters import NOW, rows

Connection = psycopg.Connection[Any]
Question = Callable[[Connection], object]
FIRST = UUID(int=1)
LONG_AGO = changes.Place(10**6, 10**6, NOW)
PLANNER = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = {}; SET LOCAL enable_sort = {}"
"""A few hundred rows would be read as a whole, or sorted: the planner is asked for the order alone."""


def _page(typed: str = "", sort: Sort = Sort.NEWEST, *, waiting: bool = False) -> Question:
    query = PageQuery(parse_filter(typed), sort=sort, statuses=WAITING if waiting else frozenset(), limit=10)

    def ask(connection: Connection) -> None:
        connection.execute(PLANNER.format("off", "off"))
        request_list.page(connection, query, NOW)

    return ask


def _word(connection: Connection) -> None:
    connection.execute("SET LOCAL enable_indexscan = off")
    request_list.page(connection, PageQuery(parse_filter("nowhere")), NOW)
    connection.execute("SET LOCAL enable_indexscan = on")


def _name(connection: Connection) -> None:
    with pytest.raises(UnknownRequest):
        queries.named(connection, "PR-7")


def _alike(connection: Connection) -> None:
    duplicates.alike_of(connection, [Asking(FIRST, "ada", checked_terms("5", "JPY", "x"), NOW)])


def _changed(connection: Connection) -> None:
    changes.changed_since(connection, LONG_AGO)


def _timeline(connection: Connection) -> None:
    timeline.detail(connection, FIRST)


QUESTIONS: dict[str, Question] = {
    "payment_request_by_number": _name,
    "payment_request_by_sent": _page(),
    "payment_request_by_amount": _page(sort=Sort.LARGEST),
    "payment_request_by_due": _page(sort=Sort.DUE),
    "payment_request_by_decided": _page(sort=Sort.DECIDED),
    "payment_request_by_status": _page("status:rejected"),
    "payment_request_by_currency": _page("cur:KWD"),
    "payment_request_by_contractor": _page("from:bo"),
    "payment_request_waiting_by_sent": _page(sort=Sort.OLDEST, waiting=True),
    "payment_request_waiting_by_due": _page(sort=Sort.DUE, waiting=True),
    "payment_request_text": _word,
    "payment_request_alike": _alike,
    "payment_request_unfolded": lambda connection: folding.fill(connection),
    "payment_request_locked": _changed,
    "payment_request_peer_locked": _changed,
    "outbox_unsent": lambda connection: connection.execute(UNSENT, unsent_values(9, [])),
    "outbox_by_position": _changed,
    "outbox_beaten": lambda connection: queries.lost(connection),
    "inbox_by_request": _timeline,
    "inbox_trouble": lambda connection: quarantine.bad_messages(connection),
    "inbox_redriven": lambda connection: quarantine.bad_messages(connection, closed=True),
    "settlement_by_request": _timeline,
}
"""The question that each index is kept for; an index that keeps rows apart needs none."""
INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class c ON c.oid = indrelid
WHERE relnamespace = 'manager'::regnamespace AND NOT indisunique ORDER BY 1
"""


FILL = (
    "INSERT INTO outbox (id, request_id, version, type, topic, key, headers, value, content_hash, actor, published_at)"
    " SELECT gen_random_uuid(), gen_random_uuid(), 1, '', '', '', '[]', '', n, '', CASE WHEN n > 5 THEN now() END"
    " FROM generate_series(1, 500) n",
    "INSERT INTO inbox (source, event_id, request_id, topic, topic_id, partition, kafka_offset, headers, became)"
    " SELECT '', n, gen_random_uuid(), '', '', 0, n, '[]', CASE WHEN n > 5 THEN 'applied' ELSE 'parked' END"
    " FROM generate_series(1, 500) n",
    "INSERT INTO settlement (id, request_id, note, actor)"
    " SELECT gen_random_uuid(), gen_random_uuid(), '', '' FROM generate_series(1, 500)",
    "ANALYZE",
)


@pytest.fixture
def connection(sides: Sides) -> Iterator[Connection]:
    """A connection amid a transaction on the manager's schema, with requests of every kind."""
    with connect(sides.url(sides.manager), "manager") as connection:
        for row in rows(random.Random(1)):
            names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
            connection.execute(f"INSERT INTO payment_request ({names}) VALUES ({places})", row)
        for statement in FILL:
            connection.execute(statement)
        yield connection


def test_each_index_is_used_by_its_question(connection: Connection) -> None:
    names = [name for (name,) in connection.execute(INDEXES)]
    assert sorted(QUESTIONS) == names, "an index without a question, or a question without its index"
    scans = "SELECT pg_stat_get_xact_numscans(%s::regclass)"
    unused = []
    for name, question in QUESTIONS.items():
        connection.execute(PLANNER.format("on", "on"))
        (before,) = connection.execute(scans, [name]).fetchone() or ()
        question(connection)
        if (connection.execute(scans, [name]).fetchone() or ())[0] == before:
            unused.append(name)
    assert not unused, unused
