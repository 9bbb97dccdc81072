"""A filter means the same in SQL as in the domain, over rows of every kind."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import Asker
from paydesk.domain.payment_request import RequestRegister, Terms, checked_terms
from paydesk.domain.status import Outcome, Status
from paydesk.infra.core.query import Key, PageQuery, Sort, Start, Way, in_order, key_of
from paydesk.infra.postgres.columns import decision_columns, request_columns
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import request_list
from tests.conftest import Sides

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PERSONS = ("ada", "Studio Nord", "ÉCLAIR", 'a "b" \\c', "me", "ｂｏ")
WORDS = ("logo", "Logo design", "50% off", "under_score", "back\\slash", "INV:12", "Ørsted", "北京 trip", "-5")
FILTERS = r"""
status:pending|status:pending,accepted|-status:rejected|-status:accepted,withdrawn|cur:EUR|cur:jpy,KWD|-cur:EUR
amt>=1000|amt<5|amt>0.001|amt=12.345|amt<=999999999999999|amt>=999999999999999|amt>922337203685477|amt<922337203685478.5
-amt=0.0001|amt>0.0001|amt<1000.005|-amt>=1000.0099|amt<999999999999999.9999|amt>=12.3449|amt>=1000.01|-amt>1000
from:me|from:"ADA"|from:éclair,"studio nord"
from:"me"|from:"a \"b\" \\c"|-from:me|from:bo|age>7d|age<2h|age>=168h|age<=10080m|-age>1d|due<2026-12-01|due=2026-11-25
due>=2026-11-26|-due<2026-12-01|sent>=2026-11-20|sent=2026-11-18|sent<2026-11-18|decided>2026-11-20|-decided<=2026-11-24
logo|LOGO|"logo design"|-logo|"50%"|50%|under_score|back\slash|"back\\slash"|"inv:"|"inv:12"|ørsted|北京|pr-10|"-5"|nord
nowhere|status:pending cur:EUR amt>=10 from:me age>1d -logo|status:pending -from:me "o"
"""


def rows(draw: random.Random) -> Iterator[dict[str, Any]]:
    """Yield rows as both sides may hold them, either half missing at times."""
    for place in range(300):
        request_id = UUID(int=place + 1)
        asked = NOW - draw.choice([timedelta(days=7), timedelta(hours=draw.randint(0, 400)), timedelta(minutes=5)])
        terms = _terms(draw)
        request = RequestRegister(
            request_id, 1, f"PR-{1000 + place}" if draw.random() < 0.9 else None, draw.choice(PERSONS), asked,
            draw.randint(1, 3), terms, draw.random() < 0.1,
        )  # fmt: skip
        row = {"id": request_id} | (request_columns(request) if draw.random() < 0.95 else {})
        if draw.random() < 0.6:
            outcome, decided = draw.choice(list(Outcome)), _terms(draw)
            upto = draw.randint(0, 3) if outcome is Outcome.NONE else 0
            at = NOW - timedelta(hours=draw.randint(0, 200))
            row |= decision_columns(
                DecisionRegister(request_id, 1, outcome, upto, None, 1, decided, decided.hash, "bo", at)
            )
        yield row


def _terms(draw: random.Random) -> Terms:
    amount, currency = draw.choice(
        [
            ("1000", "EUR"),
            ("1000.01", "EUR"),
            ("12.345", "KWD"),
            ("5", "JPY"),
            ("999999999999999", "JPY"),
            ("4.99", "USD"),
        ]
    )
    due = (date(2026, 11, 20) + timedelta(days=draw.randint(0, 15))).isoformat() if draw.random() < 0.5 else ""
    reference = draw.choice(WORDS) if draw.random() < 0.3 else ""
    return checked_terms(amount, currency, draw.choice(WORDS), due_date=due, reference=reference)


@pytest.fixture
def connection(sides: Sides) -> Iterator[psycopg.Connection[Any]]:
    """The manager's schema, with rows of every kind."""
    with connect(sides.url(sides.manager), "manager") as connection:
        for row in rows(random.Random(1)):
            names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
            connection.execute(f"INSERT INTO payment_request ({names}) VALUES ({places})", row)
        yield connection


def test_a_filter_in_sql_finds_what_the_domain_finds(connection: psycopg.Connection[Any]) -> None:
    found_by = {}
    copies = list(request_list.stream(connection, PageQuery(limit=None)))
    assert len(copies) == 300
    for typed in FILTERS.replace("\n", "|").strip("|").split("|"):
        wanted = parse_filter(typed)
        expected = {copy.id for copy in copies if wanted.matches(copy, Asker("ADA", NOW))}
        query = PageQuery(wanted, person="ADA", limit=None)
        assert {copy.id for copy in request_list.stream(connection, query, NOW)} == expected, typed
        assert sum(total.count for total in request_list.totals(connection, query, NOW)) == len(expected)
        found_by[typed] = len(expected)
    assert [typed for typed, count in found_by.items() if not count] == ["nowhere"]


@pytest.mark.parametrize("sort", Sort)
def test_pages_go_both_ways_through_every_order(connection: psycopg.Connection[Any], sort: Sort) -> None:
    query = PageQuery(parse_filter("-status:withdrawn"), sort=sort, limit=7)
    whole = request_list.page(connection, replace(query, limit=None)).rows
    assert list(whole) == in_order(whole, sort) and len(whole) > 200
    there, back = (
        [*request_list.page(connection, query).rows],
        [*request_list.page(connection, _at(query, Way.LAST)).rows],
    )
    assert (there, back) == ([*whole[:7]], [*whole[-7:]])
    more = True
    while more:
        page = request_list.page(connection, _at(query, Way.FROM, key_of(there[-1], sort)))
        there, more = [*there, *page.rows[1:]], page.more
    more = True
    while more:
        page = request_list.page(connection, _at(query, Way.UP_TO, key_of(back[0], sort)))
        back, more = [*page.rows[:-1], *back], page.more
    assert there == back == list(whole)
    again = request_list.page(connection, _at(query, Way.FROM, key_of(whole[50], sort)))
    assert again.rows == whole[50:57]
    stays = request_list.page(connection, replace(_at(query, Way.LAST), also=frozenset({whole[3].id})))
    assert (stays.rows, stays.also) == (whole[-7:], whole[3:4])
    middle = request_list.page(connection, replace(query, start=Start(Way.AT, share=0.5))).rows
    assert 0 < whole.index(middle[0]) < len(whole) - 1


def _at(query: PageQuery, way: Way, key: Key | None = None) -> PageQuery:
    return replace(query, start=Start(way, key))


@pytest.mark.parametrize(
    ("typed", "sort", "waiting", "index"),
    [
        ("", Sort.NEWEST, False, "payment_request_by_sent"),
        ("", Sort.OLDEST, False, "payment_request_by_sent"),
        ("", Sort.LARGEST, False, "payment_request_by_amount"),
        ("", Sort.SMALLEST, False, "payment_request_by_amount"),
        ("", Sort.DUE, False, "payment_request_by_due"),
        ("", Sort.DECIDED, False, "payment_request_by_decided"),
        ("", Sort.OLDEST, True, "payment_request_waiting_by_sent"),
        ("", Sort.LARGEST, True, "payment_request_by_amount"),
        ("", Sort.DUE, True, "payment_request_waiting_by_due"),
        ("status:rejected", Sort.NEWEST, False, "payment_request_by_status"),
        ("cur:KWD", Sort.NEWEST, False, "payment_request_by_currency"),
        ("from:bo", Sort.OLDEST, False, "payment_request_by_contractor"),
    ],
)
def test_a_page_is_read_in_the_order_of_an_index(
    connection: psycopg.Connection[Any], typed: str, sort: Sort, waiting: bool, index: str
) -> None:
    """What fits nothing would be read to the end: the planner is asked for the order alone."""
    connection.execute("ANALYZE payment_request")
    connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
    statuses = frozenset({Status.PENDING, Status.WITHDRAWING} if waiting else ())
    query = PageQuery(parse_filter(typed), sort=sort, statuses=statuses, limit=10)
    rows = request_list.page(connection, replace(query, limit=None)).rows
    for way in (Way.FIRST, Way.FROM, Way.UP_TO, Way.LAST):
        key = None if way in (Way.FIRST, Way.LAST) else key_of(rows[len(rows) // 2], sort)
        plan = _plan(connection, _at(query, way, key))
        assert f"using {index} " in plan and "Sort" not in plan, plan


def test_a_word_is_found_by_the_index_of_the_text(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET enable_seqscan = off; SET enable_indexscan = off")
    assert "on payment_request_text " in _plan(connection, PageQuery(parse_filter("nowhere"), limit=10))


def _plan(connection: psycopg.Connection[Any], query: PageQuery) -> str:
    statement, values = request_list.statement(query, NOW)
    return "\n".join(row[0] for row in connection.execute(f"EXPLAIN {statement}", values, prepare=False))
