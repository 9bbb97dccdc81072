"""Insights as tables of words and numbers: the screen and the command line tell the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from paydesk.domain.ageing import AGES, Ageing
from paydesk.domain.insights import SHARES, TIMES, Insights
from paydesk.tui.text.wording import age_text, span_text

NOTHING_DECIDED = "nothing decided yet"
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """A title with what sums it up, headings, and rows; the first column is words, the others are right-aligned."""

    title: str
    says: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(insights: Insights, now: datetime) -> list[Table]:
    """Return everything there is to know, a table each."""
    days = tuple(
        (f"{day.day:%a %d %b}", f"{day.requested:,}", f"{day.accepted:,}", f"{day.rejected:,}") for day in insights.days
    )
    currencies = tuple(
        (
            currency.asked.currency,
            f"{currency.count:,}",
            currency.asked.grouped,
            f"{currency.waiting_count:,}",
            currency.waiting.grouped,
        )
        for currency in insights.currencies
    )
    waiting = insights.waiting
    return [
        Table("Requested and decided", f"last {len(days)} days", ("Day", "Requested", "Accepted", "Rejected"), days),
        Table("Waiting, by age", oldest_text(waiting, now), ("Age", "Requests"), _counted(AGES, waiting.counts)),
        Table("Time to decision", within_text(insights.within), ("Took", "Decisions"), _counted(TIMES, insights.took)),
        Table("By currency", "", ("Currency", "Requests", "Asked for", "Waiting", "Waiting for"), currencies),
    ]


def oldest_text(waiting: Ageing, now: datetime) -> str:
    """Return how long the oldest has waited."""
    return f"oldest {age_text(waiting.oldest, now)}" if waiting.oldest else "nothing waits"


def within_text(within: Sequence[timedelta]) -> str:
    """Return how long half of the decisions took at most, and how long most of them."""
    if not within:
        return NOTHING_DECIDED
    texts = (span_text(duration.total_seconds()).lstrip("+") for duration in within)
    return ", ".join(f"{share:.0%} in {text}" for share, text in zip(SHARES, texts, strict=True))


def _counted(names: Sequence[str], counts: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    return tuple((name, f"{count:,}") for name, count in zip(names, counts, strict=True))


def table_lines(table: Table) -> Iterator[str]:
    """Yield a table as aligned lines, the headings first."""
    lines = [table.headings, *table.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(table.headings))]
    for words, *numbers in lines:
        yield _GAP.join([words.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]).rstrip()
