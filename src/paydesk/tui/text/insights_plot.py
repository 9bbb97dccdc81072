"""Insights as bars with the numbers beside them, fitted to the terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import zip_longest

from textual.content import Content

from paydesk.domain.ageing import AGES
from paydesk.domain.insights import TIMES, Day, InCurrency, Insights
from paydesk.tui.text.insights import oldest_text, within_text

_LABEL, _GAP, _MIN_BAR, _MAX_BAR = 11, 3, 4, 40
_HALF = "╸"
_BESIDE = 70
"""From so many cells on two plots stand side by side."""


def plot(insights: Insights, now: datetime, width: int, days: int) -> Content:
    """Return all plots.

    Args:
        insights: The figures.
        now: The time, for ages.
        width: The most cells of a line.
        days: How many days are plotted, up to the last.
    """
    half = min(_LABEL + _MAX_BAR + 10, (width - _GAP) // 2) if width >= _BESIDE else width
    ages = [
        Content.styled("Waiting, by age", "bold"),
        Content.styled(oldest_text(insights.waiting, now), "$accent"),
        *_bars(AGES, insights.waiting.counts, half, "$accent"),
    ]
    times = [
        Content.styled("Time to decision", "bold"),
        Content.styled(within_text(insights.within), "$secondary"),
        *_bars(TIMES, insights.took, half, "$primary"),
    ]
    below = _side_by_side(ages, times, half) if half < width else [*ages, Content(""), *times]
    lines = [*_per_day(insights.days[-days:], width), Content(""), *below, Content("")]
    return Content("\n").join([*lines, *_currencies(insights.currencies, width)])


def _per_day(days: Sequence[Day], width: int) -> Iterator[Content]:
    asked, decided = [day.requested for day in days], [day.accepted + day.rejected for day in days]
    digits = max(len(f"{count:,}") for count in [*asked, *decided])
    cells = min(_MAX_BAR, max(_MIN_BAR, (width - _LABEL - _GAP) // 2 - digits - 1))
    most = max(*asked, *decided)
    column = cells + 1 + digits + _GAP
    heads = f"{'Requested':<{column}}Decided"
    yield Content.assemble((f"{'Day':<{_LABEL}}", "bold"), (heads, "$secondary"))
    for day, asked_count, decided_count in zip(days, asked, decided, strict=True):
        yield Content.assemble(
            (f"{day.day:%a %d %b}".ljust(_LABEL), "$secondary"),
            *_bar_and_number(asked_count, most, cells, digits, "$primary"),
            " " * _GAP,
            *_bar_and_number(decided_count, most, cells, digits, "$success"),
        )


def _bar_and_number(value: int, most: int, cells: int, digits: int, look: str) -> tuple[tuple[str, str], str]:
    return (bar(value, most, cells), look), f" {value:>{digits},}"


def _bars(labels: Sequence[str], counts: Sequence[int], width: int, look: str) -> Iterator[Content]:
    digits = max(len(f"{count:,}") for count in counts)
    cells = min(_MAX_BAR, max(_MIN_BAR, width - _LABEL - digits - 1))
    for label, count in zip(labels, counts, strict=True):
        number = _bar_and_number(count, max(counts), cells, digits, look)
        yield Content.assemble((label.ljust(_LABEL), "$secondary"), *number)


def _side_by_side(left: Sequence[Content], right: Sequence[Content], half: int) -> Iterator[Content]:
    for left_line, right_line in zip_longest(left, right, fillvalue=Content("")):
        gap = " " * (half + _GAP - left_line.cell_length)
        yield Content.assemble(left_line, gap, right_line)


def _currencies(currencies: Sequence[InCurrency], width: int) -> Iterator[Content]:
    """Yield a line a currency: no amount is ever cut, the bar gets what is left."""
    counts = max((len(f"{currency.count:,}") for currency in currencies), default=1)
    asked = max([len("asked for"), *(len(currency.asked.grouped) for currency in currencies)])
    waits = max([len("waiting"), *(len(currency.waiting.grouped) for currency in currencies)])
    label = 5
    cells = width - label - 1 - counts - 2 * (_GAP - 1) - asked - waits
    cells = min(_MAX_BAR, cells) if cells >= _MIN_BAR else -1
    most = max((currency.count for currency in currencies), default=0)
    head = f"{'asked for':>{cells + 1 + counts + 2 + asked + label - len('By currency')}}  {'waiting':>{waits}}"
    yield Content.assemble(("By currency", "bold"), (head, "$secondary"))
    for currency in currencies:
        yield Content.assemble(
            (currency.asked.currency.ljust(label), "$secondary"),
            (bar(currency.count, most, cells), "$primary"),
            " " * (cells > 0),
            f"{currency.count:>{counts},}  {currency.asked.grouped:>{asked}}  ",
            (f"{currency.waiting.grouped:>{waits}}", "$accent"),
        )


def bar(value: int, most: int, cells: int) -> str:
    """Return a bar, padded to ``cells``; anything above nothing is seen."""
    if value <= 0 or most <= 0 or cells <= 0:
        return " " * max(0, cells)
    halves = max(1, min(2 * cells, round(2 * cells * value / most)))
    return ("━" * (halves // 2) + _HALF * (halves % 2)).ljust(cells)
