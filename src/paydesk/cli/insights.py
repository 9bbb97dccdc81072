"""``paydesk ROLE insights``: what the desks' insights show, as tables or as one document."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from paydesk.cli.filter_argument import FilterCommand, filter_argument
from paydesk.cli.options import as_json_option, as_person
from paydesk.domain.text import visible
from paydesk.infra.core.role import Role

if TYPE_CHECKING:
    from paydesk.domain.insights import Insights


def insights_command(load_role: Callable[[], Role]) -> click.Command:
    """Return ``insights`` for a role."""

    @click.command("insights", cls=FilterCommand)
    @filter_argument
    @as_json_option
    @as_person
    def command(filter_: tuple[str, ...], as_json: bool, person: str | None) -> None:
        """Count requests per day, by age, by currency, and how long deciding takes. FILTER: as of list."""
        from paydesk.cli import output
        from paydesk.cli.session import errand
        from paydesk.domain.filter_text import parse_filter
        from paydesk.infra.core.clock import moment_of
        from paydesk.infra.core.query import PageQuery
        from paydesk.infra.postgres.read.insights import insights
        from paydesk.tui.insights_report import table_lines, tables

        found = parse_filter(" ".join(filter_))
        with errand(load_role(), person, reads=True) as here:
            here.catch_up()
            here.tell_anew(as_json=as_json)
            with here.reading() as connection:
                now = moment_of(connection)
                told = insights(connection, PageQuery(found, here.person), now)
        if as_json:
            output.print_json({"filter": str(found), **document(told)})
            return
        for table in tables(told, now):
            click.echo(visible(f"{table.title}   {table.says}".rstrip()))
            for line in table_lines(table):
                click.echo(visible(f"  {line}"))
            click.echo()

    return command


def document(told: "Insights") -> dict[str, Any]:
    """Return insights as one JSON document."""
    from paydesk.domain.ageing import BOUNDS
    from paydesk.domain.insights import SHARES, TOOK_BOUNDS

    return {
        "requests": told.requests,
        "days": [
            {"day": f"{day.day}", "requested": day.requested, "accepted": day.accepted, "rejected": day.rejected}
            for day in told.days
        ],
        "waiting": {
            "oldest": told.waiting.oldest.isoformat() if told.waiting.oldest else None,
            "ages": _places("under_days", BOUNDS, timedelta(days=1), told.waiting.counts),
        },
        "decision": {
            "took": _places("under_hours", TOOK_BOUNDS, timedelta(hours=1), told.took),
            "within_s": {
                f"{share:.0%}": time.total_seconds() for share, time in zip(SHARES, told.within, strict=False)
            },
        },
        "currencies": [
            {
                "currency": each.asked.currency,
                "requests": each.count,
                "asked": each.asked.amount,
                "waiting_requests": each.waiting_count,
                "waiting": each.waiting.amount,
            }
            for each in told.currencies
        ],
    }


def _places(name: str, bounds: "Sequence[timedelta]", unit: timedelta, counts: "Sequence[int]") -> list[dict[str, Any]]:
    """Return each count with the bound below which it is; None is no bound."""
    return [
        {name: bound // unit if bound is not None else None, "count": count}
        for bound, count in zip((*bounds, None), counts, strict=True)
    ]
