"""What many requests come to, counted by the database: against numbers counted by hand, and reckoned one by one."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from paydesk.domain.ageing import Ageing
from paydesk.domain.days import first_moment
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import Asker
from paydesk.domain.insights import Day, InCurrency, Insights, last_days
from paydesk.domain.money import Money
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.domain.status import Outcome, Status
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.columns import decision_columns, request_columns
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import request_list
from paydesk.infra.postgres.read.insights import insights
from tests.conftest import Sides
from tests.reckoning import insights_of
from tests.storage.test_filters import FILTERS, rows
from tests.zones import in_zone

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASKED = [
    # who, amount, currency, how long ago it was asked for, what became of it, how long ago
    ("ada", "100.50", "EUR", HOUR, None, None),
    ("ada", "200", "EUR", DAY, None, None),
    ("bo", "5000", "JPY", 2 * DAY, None, None),
    ("bo", "70", "EUR", 8 * DAY, "asked back", None),
    ("ada", "1000", "EUR", 3 * DAY, Outcome.ACCEPTED, 3 * DAY - HOUR / 2),
    ("ada", "30", "USD", 20 * DAY, Outcome.ACCEPTED, 1 * DAY),
    ("bo", "40", "USD", 2 * DAY, Outcome.NONE, 2 * DAY - 3 * HOUR),
]


def put(connection: psycopg.Connection[Any]) -> None:
    for place, (who, amount, currency, ago, became, decided_ago) in enumerate(ASKED):
        request_id, terms = UUID(int=place + 1), checked_terms(amount, currency, f"for {place}")
        back = became == "asked back"
        asked = RequestRegister(request_id, 1, f"PR-{1000 + place}", who, NOW - ago, 1, terms, back)
        row = {"id": request_id} | request_columns(asked)
        if isinstance(became, Outcome):
            upto = 1 if became is Outcome.NONE else 0
            row |= decision_columns(
                DecisionRegister(request_id, 1, became, upto, None, 1, terms, terms.hash, "bo", NOW - decided_ago)
            )
        insert(connection, row)


def insert(connection: psycopg.Connection[Any], row: dict[str, Any]) -> None:
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO payment_request ({names}) VALUES ({places})", row)


@pytest.fixture
def connection(sides: Sides) -> Iterator[psycopg.Connection[Any]]:
    with connect(sides.url(sides.manager), "manager") as connection:
        yield connection


def eur(minor: int) -> Money:
    return Money(minor, "EUR", 2)


def test_totals_and_ages_are_what_a_hand_counts(connection: psycopg.Connection[Any]) -> None:
    put(connection)
    by_status = {total.status: total for total in request_list.totals(connection, PageQuery(), NOW)}
    pending, accepted = by_status[Status.PENDING], by_status[Status.ACCEPTED]
    assert (pending.count, pending.sums) == (3, (eur(30050), Money(5000, "JPY", 0)))
    assert pending.ageing == Ageing((1, 2, 0, 0), NOW - 2 * DAY)
    assert by_status[Status.WITHDRAWING].ageing == Ageing((0, 0, 0, 1), NOW - 8 * DAY)
    assert (accepted.count, accepted.sums) == (2, (eur(100000), Money(3000, "USD", 2)))
    assert (accepted.ageing, by_status[Status.REJECTED].ageing) == (Ageing(), Ageing())
    (mine,) = request_list.totals(
        connection, PageQuery(parse_filter("from:me age>=24h status:pending"), "ada", limit=1), NOW
    )
    assert (mine.count, mine.sums, mine.ageing) == (1, (eur(20000),), Ageing((0, 1, 0, 0), NOW - DAY))


def test_insights_are_what_a_hand_counts(connection: psycopg.Connection[Any]) -> None:
    put(connection)
    connection.commit()
    figures = insights(connection, PageQuery(), NOW)
    by_day = {day.day: day for day in figures.days if day != Day(day.day)}
    days = [(NOW - ago).astimezone().date() for ago in (HOUR, DAY, 2 * DAY, 3 * DAY, 8 * DAY)]
    assert by_day == {
        days[0]: Day(days[0], 1, 0, 0),
        days[1]: Day(days[1], 1, 1, 0),
        days[2]: Day(days[2], 2, 0, 1),
        days[3]: Day(days[3], 1, 1, 0),
        days[4]: Day(days[4], 1, 0, 0),
    }
    assert figures.requests == 7, "one of them was asked for before the days that are told apart"
    assert figures.waiting == Ageing((1, 2, 0, 1), NOW - 8 * DAY)
    assert figures.currencies == (
        InCurrency(4, eur(137050), 3, eur(37050)),
        InCurrency(1, Money(5000, "JPY", 0), 1, Money(5000, "JPY", 0)),
        InCurrency(2, Money(7000, "USD", 2), 0, Money(0, "USD", 2)),
    )
    assert figures.took == (1, 1, 0, 0, 1)
    assert figures.within == (3 * HOUR, 19 * DAY)
    assert [day.day for day in figures.days] == list(last_days(NOW))
    connection.rollback()
    assert insights(connection, PageQuery(parse_filter("from:nobody")), NOW) == insights_of([], NOW)


def test_insights_in_sql_are_those_of_the_requests_one_by_one(connection: psycopg.Connection[Any]) -> None:
    for row in rows(random.Random(2)):
        insert(connection, row)
    connection.commit()
    copies = list(request_list.stream(connection, PageQuery(limit=None)))
    compared: list[Insights] = []
    for typed in FILTERS.replace("\n", "|").strip("|").split("|")[::5]:
        wanted = parse_filter(typed)
        fitting = [copy for copy in copies if wanted.matches(copy, Asker("ADA", NOW))]
        connection.rollback()
        compared.append(insights(connection, PageQuery(wanted, person="ADA", limit=1), NOW))
        assert compared[-1] == insights_of(fitting, NOW), typed
    assert len(compared) > 8 and any(figures.within for figures in compared)
    assert all(isinstance(day.day, date) for figures in compared for day in figures.days)


@pytest.mark.fault(
    kind="A day begins with its first moment, also where it has no midnight or two.", mended="domain/days.py"
)
def test_the_database_counts_and_finds_each_request_on_its_day_where_days_have_no_midnight_or_two(
    connection: psycopg.Connection[Any],
) -> None:
    terms = checked_terms("5", "EUR", "Logo")
    cases = {
        "America/Santiago": date(2026, 9, 6),
        "Africa/Cairo": date(2026, 4, 24),
        "America/Havana": date(2026, 11, 1),
    }
    for zone, day in cases.items():
        with in_zone(zone):
            begins = first_moment(day)
            moments = [begins - timedelta(minutes=30), begins, begins + timedelta(minutes=90)]
            connection.execute("DELETE FROM payment_request")
            for place, moment in enumerate(moments, 1):
                asked = RequestRegister(UUID(int=place), 1, f"PR-{place}", "ada", moment, 1, terms)
                insert(connection, {"id": asked.id} | request_columns(asked))
            connection.commit()
            by_zone = {
                typed: {
                    copy.number for copy in request_list.stream(connection, PageQuery(parse_filter(typed), limit=None))
                }
                for typed in (f"sent={day}", f"sent={day - DAY}", f"sent<{day}", f"-sent={day}")
            }
            first, others = {"PR-1"}, {"PR-2", "PR-3"}
            assert list(by_zone.values()) == [others, first, first, first], zone
            connection.rollback()
            per_day = {day.day: day.requested for day in insights(connection, PageQuery(), begins + HOUR).days}
            assert (per_day[day - DAY], per_day[day]) == (1, 2), zone
            connection.rollback()
