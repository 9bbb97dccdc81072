"""A filter means the same in SQL as in the domain, over rows of every kind."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from paydesk.domain.decision import DecisionRegister, Outcome
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import Asker
from paydesk.domain.payment_request import RequestRegister, Terms, checked_terms
from paydesk.infra import queries
from paydesk.infra.pages import PageQuery
from paydesk.infra.postgres import connect
from paydesk.infra.registers import decision_columns, request_columns
from tests.conftest import Sides

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PERSONS = ("ada", "Studio Nord", "ÉCLAIR", 'a "b" \\c', "me", "ｂｏ")
WORDS = ("logo", "Logo design", "50% off", "under_score", "back\\slash", "INV:12", "Ørsted", "北京 trip", "-5")
FILTERS = r"""
status:pending|status:pending,accepted|-status:rejected|-status:accepted,withdrawn|cur:EUR|cur:jpy,KWD|-cur:EUR
amt>=1000|amt<5|amt>0.001|amt=12.345|amt<=999999999999999|-amt>1000|from:me|from:"ADA"|from:éclair,"studio nord"
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


def test_a_filter_in_sql_finds_what_the_domain_finds(sides: Sides) -> None:
    found_by = {}
    with connect(sides.url(sides.manager), "manager") as connection:
        for row in rows(random.Random(1)):
            names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
            connection.execute(f"INSERT INTO payment_request ({names}) VALUES ({places})", row)
        copies = list(queries.each(connection, PageQuery(limit=None)))
        assert len(copies) == 300
        for typed in FILTERS.replace("\n", "|").strip("|").split("|"):
            wanted = parse_filter(typed)
            asker = Asker("ADA", NOW)
            expected = {copy.id for copy in copies if wanted.matches(copy, asker)}
            query = PageQuery(wanted, person="ADA", limit=None)
            assert {copy.id for copy in queries.each(connection, query, NOW)} == expected, typed
            found = queries.page(connection, query, NOW)
            assert (found.total, sum(each.count for each in found.totals)) == (len(expected), len(expected))
            found_by[typed] = len(expected)
    empty = [typed for typed, count in found_by.items() if not count]
    assert empty == ["nowhere"], empty
