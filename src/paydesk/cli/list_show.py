"""``paydesk ROLE list`` and ``show``: what the lists of the desks show, for people, scripts and spreadsheets."""

import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial

import click

from paydesk.cli import output
from paydesk.cli.completion import complete_request
from paydesk.cli.filter_argument import FilterCommand, filter_argument
from paydesk.cli.options import Caller, reads
from paydesk.cli.session import open_session
from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.filters import FromIn
from paydesk.infra.core.query import PageQuery
from paydesk.infra.postgres.read import request_list
from paydesk.infra.postgres.read.duplicates import with_alike
from paydesk.infra.postgres.read.timeline import detail


@click.command("list", cls=FilterCommand)
@filter_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a line.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.option("--follow", is_flag=True, help="Then go on: a line for each change, until ^c.")
@reads
def list_(caller: Caller, /, filter_: tuple[str, ...], as_json: bool, as_csv: bool, follow: bool) -> None:
    """List requests, newest first. FILTER: status:pending cur:EUR amt>=1000 from:me age>7d due<2026-12-01 words."""
    if as_json and as_csv:
        raise click.UsageError("--json and --csv contradict each other; write one of them.")
    wanted = parse_filter(" ".join(filter_))
    with open_session(caller.role, caller.person, reads=True) as session:
        query = PageQuery(wanted, session.person, limit=None)
        session.catch_up()
        anew = session.tell_anew(as_json=as_json)
        if follow:
            from paydesk.cli.follow import Follower  # It listens to Redis.

            signal.signal(signal.SIGTERM, signal.default_int_handler)
            also = partial(session.tell_anew, as_json=as_json)
            Follower(session, query, _printer(as_json, as_csv), also).run()
            return
        with session.reading() as connection:
            rows = with_alike(connection, request_list.stream(connection, query))
            if as_json or as_csv:
                tell = _printer(as_json, as_csv)
                for row, alike in rows:
                    tell(row, alike)
            elif output.print_rows(rows) == 0:
                if not anew:
                    click.echo("No requests." if not filter_ else "No requests fit this filter.", err=True)
            elif session.role.name == "contractor" and not wanted.asks(FromIn) and sys.stdout.isatty():
                # The desk opens on one's own, a list without a filter is of all; a script knows what it asked for.
                yours = f"paydesk contractor list from:me{session.as_person}"
                click.echo(f"These are everyone's. Yours alone: {yours}", err=True)


def _printer(as_json: bool, as_csv: bool) -> Callable[[RequestCopy, Sequence[Alike]], None]:
    """Return what prints one request, with those that it looks like."""
    if as_json:
        return lambda copy, alike: output.print_json(output.document(copy, alike))
    if as_csv:
        return output.csv_writer()
    output.print_heading()
    return output.print_row


@click.command()
@click.argument("request", shell_complete=complete_request)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@reads
def show(caller: Caller, /, request: str, as_json: bool) -> None:
    """Show one request with its decision and its timeline."""
    with open_session(caller.role, caller.person, reads=True) as session:
        session.catch_up()
        request_id = session.find(request).id
        session.tell_anew(as_json=as_json)
        shown = session.read(lambda connection: detail(connection, request_id))
        [(_, alike)] = session.read(lambda connection: list(with_alike(connection, [shown.copy])))
        if as_json:
            output.print_json(output.full_document(shown, alike))
        else:
            output.print_detail(shown, alike)
