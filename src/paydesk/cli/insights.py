"""``paydesk ROLE insights``: what the desks' insights show, as tables or as one document."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from paydesk.cli import output
from paydesk.cli.filter_argument import FilterCommand, filter_argument
from paydesk.cli.options import Caller, as_json_option, reads
from paydesk.cli.session import open_session
from paydesk.domain.ageing import BOUNDS
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.insights import SHARES, TOOK_BOUNDS, Insights
from paydesk.domain.text import visible
from paydesk.infra.core.clock import moment_of
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.read import insights as reading
from paydesk.tui.text.insights import table_lines, tables


@click.command(cls=FilterCommand)
@filter_argument
@as_json_option
@reads
def insights(caller: Caller, /, filter_: tuple[str, ...], as_json: bool) -> None:
    """Count requests per day, by age, by currency, and how long deciding takes. FILTER: as of list."""
    wanted = parse_filter(" ".join(filter_))
    with open_session(caller.role, caller.person, reads=True) as session:
        session.catch_up()
        session.tell_anew(as_json=as_json)
        with session.reading() as connection:
            now = moment_of(connection)
            counted = reading.insights(connection, PageQuery(wanted, session.person), now)
    if as_json:
        output.print_json({"filter": str(wanted), **document(counted)})
        return
    for table in tables(counted, now):
        click.echo(visible(f"{table.title}   {table.says}".rstrip()))
        for line in table_lines(table):
            click.echo(visible(f"  {line}"))
        click.echo()


def document(insights: Insights) -> dict[str, Any]:
    """Return insights as one JSON document."""
    return {
        "requests": insights.requests,
        "days": [
            {"day": f"{day.day}", "requested": day.requested, "accepted": day.accepted, "rejected": day.rejected}
            for day in insights.days
        ],
        "waiting": {
            "oldest": insights.waiting.oldest.isoformat() if insights.waiting.oldest else None,
            "ages": _places("under_days", BOUNDS, timedelta(days=1), insights.waiting.counts),
        },
        "decision": {
            "took": _places("under_hours", TOOK_BOUNDS, timedelta(hours=1), insights.took),
            "within_s": {
                f"{share:.0%}": time.total_seconds() for share, time in zip(SHARES, insights.within, strict=False)
            },
        },
        "currencies": [
            {
                "currency": sums.asked.currency,
                "requests": sums.count,
                "asked": sums.asked.amount,
                "waiting_requests": sums.waiting_count,
                "waiting": sums.waiting.amount,
            }
            for sums in insights.currencies
        ],
    }


def _places(name: str, bounds: Sequence[timedelta], unit: timedelta, counts: Sequence[int]) -> list[dict[str, Any]]:
    """Return each count with the bound below which it is; None is no bound."""
    return [
        {name: bound // unit if bound is not None else None, "count": count}
        for bound, count in zip((*bounds, None), counts, strict=True)
    ]
