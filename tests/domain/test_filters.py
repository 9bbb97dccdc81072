"""The filter that screens and command line share: what it reads, what it means, and where it says one erred."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.filter_completion import complete
from paydesk.domain.filter_text import FIELDS, FilterError, ListField, parse_filter
from paydesk.domain.filters import (
    AgeIs,
    AmountIs,
    Asker,
    Condition,
    CurrencyIn,
    DayIs,
    Filter,
    FromIn,
    Has,
    Op,
    StatusIn,
    When,
)
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.domain.status import Status

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ADA = Asker("ada", NOON)
LOGO = RequestCopy(
    UUID(int=7),
    RequestRegister(
        id=UUID(int=7),
        version=1,
        number="PR-1042",
        contractor="Studio Nord",
        requested_at=NOON - timedelta(days=7),
        revision=1,
        terms=checked_terms("1,000.50", "EUR", "Logo design", reference="INV:12", due_date="2026-12-01"),
    ),
    None,
    Delivery.RECEIVED,
)


def test_every_part_of_the_grammar_is_read() -> None:
    typed = 'status:pending,REJECTED cur:eur amt>=1,000 amt<5 from:studio-nord,me age>7d due<2026-12-01 "lo go" -"test"'
    assert parse_filter(typed).conditions == (
        Condition(StatusIn((Status.PENDING, Status.REJECTED))),
        Condition(CurrencyIn(("EUR",))),
        Condition(AmountIs(Op.AT_LEAST, Decimal(1000))),
        Condition(AmountIs(Op.LESS, Decimal(5))),
        Condition(FromIn(("studio-nord",), me=True)),
        Condition(AgeIs(Op.MORE, 7, "d")),
        Condition(DayIs(When.DUE, Op.LESS, date(2026, 12, 1))),
        Condition(Has("lo go")),
        Condition(Has("test"), negated=True),
    )
    assert parse_filter("-status:accepted -status:withdrawn x x").conditions == (
        Condition(StatusIn((Status.ACCEPTED, Status.WITHDRAWN)), negated=True),
        Condition(Has("x")),
    )
    assert parse_filter('from:"me"').conditions == (Condition(FromIn(("me",))),)
    assert parse_filter(r'"a \"b\" \\ \c"').conditions == (Condition(Has('a "b" \\ \\c')),)
    assert parse_filter(" \t ") == Filter()


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        ("", True),
        ("status:pending", True),
        ("-status:pending", False),
        ("status:accepted,pending", True),
        ("cur:usd", False),
        ("cur:usd,eur", True),
        ("amt>1000", True),
        ("amt>1000.50", False),
        ("amt>=1000.50", True),
        ("amt<=1000.50", True),
        ("amt<1000.50", False),
        ("amt:1000.5", True),
        ("-amt=1000.50", False),
        ('from:"STUDIO  NORD"', False),
        ('from:"ｓtudio nord"', True),
        ("from:me", False),
        ("age>7d", False),
        ("age>=7d", True),
        ("age<=168h", True),
        ("age<1w", False),
        ("age<10081m", True),
        ("due<2026-12-01", False),
        ("due=2026-12-01", True),
        ("due<=2026-12-01", True),
        ("due>2026-12-01", False),
        ("sent>2026-11-20", False),
        ("sent>=2026-11-10 sent<2026-11-25", True),
        ("decided>2000-01-01", False),
        ("-decided>2000-01-01", True),
        ("LOGO", True),
        ("logo design", True),
        ('"logo  design"', False),
        ("1042 nord", True),
        ('"inv:12"', True),
        ("-test", True),
    ],
)
def test_what_a_filter_means(typed: str, fits: bool) -> None:
    assert parse_filter(typed).matches(LOGO, ADA) is fits


def test_a_day_is_where_the_person_is() -> None:
    sent = datetime(2026, 11, 18, 0, 0).astimezone()
    assert LOGO.request is not None
    at_midnight = replace(LOGO, request=replace(LOGO.request, requested_at=sent))
    just_before = replace(LOGO, request=replace(LOGO.request, requested_at=sent - timedelta(microseconds=1)))
    parsed = parse_filter("sent:2026-11-18")
    assert (parsed.matches(at_midnight, ADA), parsed.matches(just_before, ADA)) == (True, False)


def test_what_is_not_known_fits_no_rule_and_every_opposite() -> None:
    bare = RequestCopy(UUID(int=8), None, None, Delivery.RECEIVED)
    for typed in ("cur:EUR", "amt>=0", "from:x", "age>1m", "due>2000-01-01", "sent>2000-01-01", "x"):
        assert not parse_filter(typed).matches(bare, ADA)
        assert parse_filter("-" + typed).matches(bare, ADA)


@pytest.mark.parametrize(
    ("typed", "at", "word"),
    [
        ("cur:EUR status:pendin", 15, "'pendin'"),
        ("status:pending,", 15, "Write a status"),
        ("status>pending", 6, "status:pending"),
        ("statu:pending", 0, "no field 'statu'"),
        ("https://x.example", 0, "quotation marks"),
        ("cur:EU", 4, "three letters"),
        ("amt>12.", 4, "in digits"),
        ("amt>-5", 4, "in digits"),
        ("amt>" + "1" + ",000" * 9, 4, "in digits"),
        ("age>7", 4, "minutes to weeks"),
        ("age=7d", 3, "older or younger"),
        ("age>999999w", 4, "hundred years"),
        ("age>9999999999m", 4, "hundred years"),
        ("age>1.5d", 4, "whole minutes"),
        ("age>-7d", 4, "without a sign"),
        ("due<2026-13-01", 4, "year-month-day"),
        ("due<0001-01-01", 4, "1970"),
        ("from:", 5, "Write the name"),
        ("from:a,,b", 7, "Write the name"),
        ('a "logo', 2, "Close the quotation mark"),
        ('a "logo"s', 8, "blank"),
        ('a lo"go"', 4, "blank"),
        ('""', 0, "Write the text"),
        ("x -", 3, "left out"),
        ("a \x1b]52;", 2, "invisible"),
        ("y" * 101, 0, "at most 100"),
        ("z " * 501, 1000, "too long"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(typed: str, at: int, word: str) -> None:
    with pytest.raises(FilterError) as wrong:
        parse_filter(typed)
    assert (wrong.value.at, word in wrong.value.message) == (at, True), wrong.value.message
    assert wrong.value.code == "invalid_input"


@given(st.text(st.sampled_from('status:from cur,EUR amt>=<17d-"\\me\u00e9\x1b年 2026-11pending\t'), max_size=40))
def test_reading_never_crashes_and_what_is_read_is_written_so_that_it_reads_the_same(typed: str) -> None:
    try:
        parsed = parse_filter(typed)
    except FilterError as error:
        assert 0 <= error.at <= len(typed)
        return
    assert parse_filter(str(parsed)) == parsed
    assert parsed.matches(LOGO, ADA) in (True, False)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp", "M")), min_size=1, max_size=20)
RULES = st.one_of(
    st.builds(Has, TEXT),
    st.builds(lambda names, me: FromIn(tuple(names), me), st.lists(TEXT, min_size=1, unique=True), st.booleans()),
    st.builds(AmountIs, st.sampled_from(Op), st.decimals("0", "999999999999999", places=4).map(Decimal.normalize)),
    st.builds(DayIs, st.sampled_from(When), st.sampled_from(Op), st.dates(date(1970, 1, 1), date(2999, 12, 31))),
    st.builds(AgeIs, st.sampled_from([Op.MORE, Op.LESS]), st.integers(0, 5000), st.sampled_from("mhdw")),
)


@given(st.lists(st.builds(Condition, RULES, st.booleans()), max_size=4))
def test_any_filter_is_written_so_that_it_reads_back(conditions: list[Condition]) -> None:
    try:
        once = parse_filter(str(Filter(tuple(conditions))))
    except FilterError as error:  # What no person may type, such as a filler that looks like a blank.
        assert error.message.startswith(("The text", "The name", "Write the", "The filter is too long"))
        return
    assert parse_filter(str(once)) == once
    assert len(once.conditions) <= len(conditions)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", list(FIELDS)),
        ("st", ["status:"]),
        ("-cur:E", ["EUR", "EGP", "ERN", "ETB"]),
        ("status:pending,w", ["withdrawing", "withdrawn"]),
        ("amt>5 age>", ["1h", "1d", "7d", "4w"]),
        ("from:", ["me", "ada", '"Studio Nord"']),
        ('from:"stu', ['"Studio Nord"']),
        ('"from', []),
        ("amt>", []),
    ],
)
def test_what_may_come_next(typed: str, expected: list[str]) -> None:
    suggestions = complete(typed, len(typed), ["Studio Nord", "ada"], ["EUR"])
    assert [suggestion.text.rstrip(":") for suggestion in suggestions] == [
        suggestion.rstrip(":") for suggestion in expected
    ]


def test_a_suggestion_is_taken_in_place() -> None:
    first = complete("status:pe cur:EUR", 9)[0]
    assert first.taken("status:pe cur:EUR") == "status:pending cur:EUR"


@given(st.text(st.sampled_from('status:from cur,EUR amt>=<17d-"\\me 2026'), max_size=30), st.integers(0, 30))
def test_completing_never_crashes(typed: str, cursor: int) -> None:
    for suggestion in complete(typed, min(cursor, len(typed)), ["ada"], ["EUR"]):
        assert 0 <= suggestion.start <= suggestion.end <= len(typed)
        assert suggestion.text in suggestion.taken(typed)


def test_each_field_that_takes_a_list_has_a_rule_and_values_of_its_own() -> None:
    rules = {type(parse_filter(FIELDS[field][0]).conditions[0].rule) for field in ListField}
    offered = {tuple(offer.text for offer in complete(f"{field}:", len(field) + 1, ["ada"])) for field in ListField}
    assert len(rules) == len(offered) == len(ListField)
