"""A day begins with its first moment, and is written in one way everywhere."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.days import first_moment
from paydesk.domain.doubts import doubts
from paydesk.domain.errors import InvalidInput
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import Asker
from paydesk.domain.insights import edges, last_days
from paydesk.domain.payment_request import RequestRegister, changed_terms, checked_terms
from tests.zones import in_zone

_FIRST_MOMENT = pytest.mark.fault(
    kind="A day begins with its first moment, also where it has no midnight or two.", mended="domain/days.py"
)
_ONE_WAY = pytest.mark.fault(
    kind="A day is written as YYYY-MM-DD, of the same years as an option, in the form and in a filter.",
    mended="domain/days.py",
)
_NO_MIDNIGHT = [
    ("America/Santiago", date(2026, 9, 6)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("America/Havana", date(2026, 3, 8)),
    ("Atlantic/Azores", date(2026, 3, 29)),
    ("America/Asuncion", date(2023, 10, 1)),
    ("Asia/Tehran", date(2021, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)),
]
_TWO_MIDNIGHTS = [
    ("America/Havana", date(2026, 11, 1)),
    ("Atlantic/Azores", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 4, 5)),
    ("Asia/Beirut", date(2026, 10, 25)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Asia/Kolkata", date(2026, 11, 1)),
]
_SECOND = timedelta(seconds=1)


def _local_day(moment: datetime) -> date:
    return date(*time.localtime(moment.timestamp())[:3])


def _asked_at(moment: datetime) -> RequestCopy:
    terms = checked_terms("5", "EUR", "Logo")
    register = RequestRegister(UUID(int=1), 1, "PR-1001", "ada", moment, 1, terms)
    return RequestCopy(UUID(int=1), register, None, Delivery.RECEIVED)


def _found(copy: RequestCopy, typed: str) -> bool:
    return parse_filter(typed).matches(copy, Asker("ada", datetime(2026, 11, 1, tzinfo=UTC)))


@_FIRST_MOMENT
@pytest.mark.parametrize(("zone", "day"), _NO_MIDNIGHT + _TWO_MIDNIGHTS)
def test_a_day_begins_with_its_first_moment(zone: str, day: date) -> None:
    with in_zone(zone):
        begins = first_moment(day)
        assert _local_day(begins) >= day > _local_day(begins - _SECOND)
        assert _local_day(first_moment(day + timedelta(days=1)) - _SECOND) <= day


@_FIRST_MOMENT
@pytest.mark.parametrize(("zone", "day"), [*_NO_MIDNIGHT[:-1], *_TWO_MIDNIGHTS])
def test_a_filter_finds_a_request_on_its_day_alone(zone: str, day: date) -> None:
    with in_zone(zone):
        begins, before = first_moment(day), day - timedelta(days=1)
        late, early = _asked_at(begins - timedelta(minutes=30)), _asked_at(begins)
        assert [_found(late, f"sent={sent}") for sent in (before, day)] == [True, False]
        assert [_found(early, f"sent={sent}") for sent in (before, day)] == [False, True]
        assert _found(late, f"sent<{day}")
        assert _found(early, f"sent>={day}")
        assert _found(late, f"-sent={day}")


@_FIRST_MOMENT
@pytest.mark.parametrize(("zone", "day"), _NO_MIDNIGHT + _TWO_MIDNIGHTS)
def test_insights_count_each_moment_on_its_day(zone: str, day: date) -> None:
    with in_zone(zone):
        days = last_days(first_moment(day + timedelta(days=3)))
        begins = edges(days)
        assert begins == sorted(begins)
        for expected, low, high in zip(days, begins, begins[1:], strict=False):
            for moment in (low, high - _SECOND):
                assert low == high or _local_day(moment) == expected


@_ONE_WAY
@pytest.mark.parametrize(
    "typed",
    [
        "2026-W53-1",
        "2026-W53",
        "2026-364",
        "20261231",
        "2026-1-1",
        "2026/12/31",
        "31.12.2026",
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "2026-12-00",
        "0001-01-01",
        "1969-12-31",
        "3000-01-01",
        "9999-12-31",
        "2026-12-31T00:00",
        "+2026-12-31",
        "２０２６-12-31",
        "٢٠٢٦-12-31",
        "2026\u201112\u201131",
        "tomorrow",
    ],
)
def test_what_is_no_day_is_refused_by_option_form_and_filter_alike(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_terms("5", "EUR", "Logo", due_date=typed)
    assert list(refused.value.problems) == ["due_date"]
    assert doubts({"due_date": typed}, date(2999, 12, 31)) == {}
    for name in ("due", "sent", "decided"):
        with pytest.raises(InvalidInput):
            parse_filter(f"{name}={typed}")


@_ONE_WAY
@pytest.mark.parametrize("typed", ["1970-01-01", "2024-02-29", "2026-12-31", "2999-12-31"])
def test_what_is_a_day_is_taken_by_option_form_and_filter_alike(typed: str) -> None:
    assert str(checked_terms("5", "EUR", "Logo", due_date=typed).due_date) == typed
    for name in ("due", "sent", "decided"):
        for op in ("=", "<", "<=", ">", ">="):
            assert str(parse_filter(f"{name}{op}{typed}")) == f"{name}{op}{typed}"


@_ONE_WAY
def test_a_due_date_that_was_taken_before_stays_when_something_else_is_revised() -> None:
    old = replace(checked_terms("5", "EUR", "Logo"), due_date=date(9999, 12, 31))
    assert changed_terms(old, description="Logo, final") == replace(old, description="Logo, final")


@pytest.mark.fault(
    kind="A refusal tells what is wrong with what was typed, and not another reason.", mended="domain/days.py"
)
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2026-02-30", "There is no day 2026-02-30: that month has the days 01 to 28."),
        ("2024-02-30", "01 to 29"),
        ("2026-04-31", "01 to 30"),
        ("2026-13-01", "There is no month 13"),
        ("31.12.2026", "year-month-day"),
        ("9999-12-31", "the years 1970 to 2999"),
        ("２０２６-12-31", "the digits 0 to 9"),
    ],
)
def test_a_day_is_refused_with_what_is_wrong_with_it(typed: str, words: str) -> None:
    for read in (lambda: checked_terms("5", "EUR", "Logo", due_date=typed), lambda: parse_filter(f"due={typed}")):
        with pytest.raises(InvalidInput) as refused:
            read()
        assert words in refused.value.message
