"""Days: how a person writes one, and the moments between which one lies where the person is."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta

from paydesk.domain.errors import InvalidInput

YEARS = range(1970, 3000)
"""The years of every day that a person may write: as an option, in the form, in a filter."""
ONE_DAY = timedelta(days=1)

_WRITTEN = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def first_moment(day: date) -> datetime:
    """Return the moment at which a day begins where the person is.

    It is not always midnight: where a clock goes forward at midnight, the day begins an hour later; where midnight
    comes twice, it begins with the first. The end of a day is the first moment of the next one.
    """
    return datetime.fromtimestamp(datetime.combine(day, time()).timestamp(), UTC)


def parse_day(field: str, typed: str, example: str) -> date:
    """Return the day that a person wrote as year-month-day.

    Raises ``InvalidInput`` for ``field`` with what is wrong; ``example`` shows how it is written there.
    """
    text = typed.strip()
    written = _WRITTEN.fullmatch(text)
    if written is None:
        folded = unicodedata.normalize("NFKC", text)
        digits = " in the digits 0 to 9" if not text.isascii() and re.fullmatch(r"\d{4}-\d{2}-\d{2}", folded) else ""
        raise InvalidInput.of(field, f"Write a day as year-month-day{digits}, such as {example}.")
    year, month, day = map(int, written.groups())
    if not 1 <= month <= 12:
        raise InvalidInput.of(field, f"There is no month {month:02}; write a day as year-month-day, such as {example}.")
    if year not in YEARS:
        raise InvalidInput.of(field, f"Write a day of the years {YEARS[0]} to {YEARS[-1]}.")
    length = (date(year + month // 12, month % 12 + 1, 1) - ONE_DAY).day
    if not 1 <= day <= length:
        raise InvalidInput.of(field, f"There is no day {text}: that month has the days 01 to {length}.")
    return date(year, month, day)
