"""SQL asks folded columns, so that a list finds what the rules take for the same, whichever program wrote the row."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from paydesk.domain.duplicates import Asking
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import Asker, Condition, Filter, FromIn, Has
from paydesk.domain.fold import fold, known
from paydesk.domain.payment_request import RequestRegister, Terms, checked_terms
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres import folding
from paydesk.infra.postgres.columns import FOLDED, request_columns
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import duplicates, queries, request_list
from tests.conftest import Sides

ALIKE = pytest.mark.fault(
    kind="Letters that differ in size or form alone are one letter, by one folding everywhere.", mended="domain/fold.py"
)
OLD = pytest.mark.fault(
    kind="What a program of before wrote without its folding is found by every filter, and folded by a worker.",
    mended="infra/postgres/folding.py",
)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PEOPLE = ("Σίσυφος", "Straße GmbH", "İade", "ﬁnn", "Ǆamonja", "ada", "北京", "ᏔᎵ", "გიორგი")
ASKED = r"""
from:ΣΊΣΥΦΟΣ|from:"STRASSE GMBH"|from:iade|from:FINN|from:ǆamonja|from:ADA|from:北京|from:me|-from:me|from:ᏔᎵ,ꭰ
from:ᲒᲘᲝᲠᲒᲘ|strasse|STRAẞE|σίσυφος|IADE|masrafi|MASRAFI|finn|pr-10|"-pr"|inv-ſ1|größe|GRÖSSE|-ada|ＡＤＡ|nowhere
"""


def asked(place: int, contractor: str, description: str = "Große MASRAFI", reference: str = "") -> RequestRegister:
    terms = checked_terms("12.50", "EUR", description, reference=reference)
    sent = NOW - timedelta(minutes=place)
    return RequestRegister(UUID(int=place + 1), 1, f"PR-{1000 + place}", contractor, sent, 1, terms)


def insert(connection: psycopg.Connection[Any], row: dict[str, Any]) -> None:
    names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO payment_request ({names}) VALUES ({places})", row)


def write(connection: psycopg.Connection[Any], register: RequestRegister, *, folded: bool = True) -> None:
    """Write a request; not folded as a program of before does."""
    row = {"id": register.id} | request_columns(register)
    insert(connection, row if folded else {name: value for name, value in row.items() if name not in FOLDED})


@pytest.fixture
def connection(sides: Sides) -> Iterator[psycopg.Connection[Any]]:
    with connect(sides.url(sides.manager), "manager") as connection:
        yield connection


def ids_of(connection: psycopg.Connection[Any], query: PageQuery) -> set[UUID]:
    ids = {copy.id for copy in request_list.stream(connection, query, NOW)}
    assert ids == {copy.id for copy in request_list.page(connection, query, NOW).rows}
    assert len(ids) == sum(total.count for total in request_list.totals(connection, query, NOW))
    return ids


@ALIKE
def test_sql_and_the_rules_agree_on_every_case_of_every_letter(connection: psycopg.Connection[Any]) -> None:
    pairs = []
    for char in filter(known, map(chr, range(0x80, 0x20000))):
        forms = {char.upper(), char.lower(), char.title()} - {char}
        pairs += [(char, form) for form in forms if all(map(known, form))]
    assert len(pairs) > 2800
    with connection.cursor() as cursor:
        rows = [
            {"id": UUID(int=place + 1)} | request_columns(asked(place, char)) for place, (char, _) in enumerate(pairs)
        ]
        names = ", ".join(rows[0])
        places = ", ".join(f"%({name})s" for name in rows[0])
        cursor.executemany(f"INSERT INTO payment_request ({names}) VALUES ({places})", rows)
    everybody = PageQuery(Filter((Condition(FromIn(tuple(form for _, form in pairs))),)), limit=None)
    assert len(ids_of(connection, everybody)) == len(pairs)
    text, other = ("·".join(letters) for letters in zip(*pairs, strict=True))
    connection.execute("UPDATE payment_request SET description = %s WHERE id = %s", [text, UUID(int=1)])
    assert folding.fill(connection) is False
    assert ids_of(connection, PageQuery(Filter((Condition(Has(other)),)), limit=None)) == {UUID(int=1)}


@OLD
@pytest.mark.parametrize("folded", ["all", "none", "some"])
def test_what_a_program_of_before_wrote_is_found_as_the_rules_find_it(
    connection: psycopg.Connection[Any], folded: str
) -> None:
    draw = random.Random(1)
    for place in range(60):
        who, reference = PEOPLE[place % len(PEOPLE)], draw.choice(["", "INV-S1", "Größe"])
        register = asked(place, who, draw.choice(["İade masrafı", "Straße", "x", "-PR"]), reference)
        write(connection, register, folded={"all": True, "none": False, "some": place % 2 == 0}[folded])
    copies = list(request_list.stream(connection, PageQuery(limit=None)))
    for filled in (False, True):
        for typed in ASKED.replace("\n", "|").strip("|").split("|"):
            wanted = parse_filter(typed)
            expected = {copy.id for copy in copies if wanted.matches(copy, Asker("ΣΊΣΥΦΟΣ", NOW))}
            assert ids_of(connection, PageQuery(wanted, person="ΣΊΣΥΦΟΣ", limit=None)) == expected, (typed, filled)
        assert folding.fill(connection) is False
    left = connection.execute("SELECT count(*) FROM payment_request WHERE contractor_folded IS NULL").fetchone()
    assert left == (0,)


@OLD
def test_more_than_one_reading_folds_are_found_where_they_are_ascii(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "_READ", folding._READ.replace(str(folding.MOST_READ), "2"))
    for place in range(9):
        write(connection, asked(place, "Ada" if place else "Ωmega", "Logo Design"), folded=False)
    assert len(ids_of(connection, PageQuery(parse_filter("from:ADA"), limit=None))) == 8
    assert len(ids_of(connection, PageQuery(parse_filter('"LOGO design" -from:nobody'), limit=None))) == 9


@OLD
@pytest.mark.parametrize(
    ("column", "value", "folded"),
    [
        ("contractor", "Straße", "contractor_folded"),
        ("description", "Straße", "terms_folded"),
        ("reference", "Straße", "terms_folded"),
        ("decided_description", "Straße", "decided_terms_folded"),
    ],
)
def test_what_is_no_longer_its_folding_is_emptied_and_filled_anew(
    connection: psycopg.Connection[Any], column: str, value: str, folded: str
) -> None:
    write(connection, asked(0, "ada"))
    old = "UPDATE payment_request SET decided_description = 'x', decided_terms_folded = E'x\\n'"
    connection.execute(old)
    connection.execute(f"UPDATE payment_request SET {column} = %s", [value])
    assert connection.execute(f"SELECT {folded} FROM payment_request").fetchone() == (None,)
    folding.fill(connection)
    row = connection.execute(f"SELECT {folded} FROM payment_request").fetchone()
    assert row is not None and "strasse" in row[0]


@ALIKE
@pytest.mark.parametrize("folded", [True, False])
def test_a_duplicate_is_seen_behind_other_letters(connection: psycopg.Connection[Any], folded: bool) -> None:
    long_ago = timedelta(days=90)
    write(connection, asked(0, "Straße GmbH", reference="GRÖSSE-1"), folded=folded)
    terms: Terms = checked_terms("12.50", "EUR", "again", reference="größe-1")
    asking = Asking(UUID(int=99), "STRASSE GMBH", terms, NOW + long_ago)
    alike = duplicates.alike_of(connection, [asking])
    assert [other.number for other in alike[asking.id]] == ["PR-1000"] and "reference" in alike[asking.id][0].why


def test_a_filled_schema_is_asked_without_looking_at_what_is_not_folded(connection: psycopg.Connection[Any]) -> None:
    write(connection, asked(0, "ada"))
    assert folding.also_unfolded(connection, parse_filter("from:ada logo"), Asker("ada", NOW)) is None
    assert fold("ADA") in str(queries.some(connection, [UUID(int=1)])[0].contractor)
