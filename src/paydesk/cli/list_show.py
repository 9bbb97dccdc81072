"""``paydesk ROLE list`` and ``show``: what the lists of the desks show, for people, scripts and spreadsheets."""

import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial

import click

from paydesk.cli.completion import complete_request
from paydesk.cli.filter_argument import FilterCommand, filter_argument
from paydesk.cli.options import named
from paydesk.domain.copy import RequestCopy
from paydesk.domain.duplicates import Alike
from paydesk.infra.core.role import Role


def list_command(load_role: Callable[[], Role]) -> click.Command:
    """Return ``list`` for a role."""

    @click.command("list", cls=FilterCommand)
    @filter_argument
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document a line.")
    @click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
    @click.option("--follow", is_flag=True, help="Then go on: a line for each change, until ^c.")
    @click.option("--as", "person", metavar="NAME", callback=named, help="Who from:me is; else your login name.")
    def command(filter_: tuple[str, ...], as_json: bool, as_csv: bool, follow: bool, person: str | None) -> None:
        """List requests, newest first. FILTER: status:pending cur:EUR amt>=1000 from:me age>7d due<2026-12-01 words."""
        from paydesk.cli import output
        from paydesk.cli.session import errand
        from paydesk.domain.filter_text import parse_filter
        from paydesk.domain.filters import FromIn
        from paydesk.infra.core.query import PageQuery
        from paydesk.infra.postgres.read import request_list
        from paydesk.infra.postgres.read.duplicates import with_alike

        found = parse_filter(" ".join(filter_))
        with errand(load_role(), person, reads=True) as here:
            query = PageQuery(found, here.person, limit=None)
            here.catch_up()
            anew = here.tell_anew(as_json=as_json)
            if follow:
                from paydesk.cli.follow import Follower

                signal.signal(signal.SIGTERM, signal.default_int_handler)
                also = partial(here.tell_anew, as_json=as_json)
                Follower(here, query, _printer(as_json, as_csv), also).run()
                return
            with here.reading() as connection:
                rows = with_alike(connection, request_list.each(connection, query))
                if as_json or as_csv:
                    tell = _printer(as_json, as_csv)
                    for row, alike in rows:
                        tell(row, alike)
                elif output.print_rows(rows) == 0:
                    if not anew:
                        click.echo("No requests." if not filter_ else "No requests fit this filter.", err=True)
                elif here.role.name == "contractor" and not found.asks(FromIn) and sys.stdout.isatty():
                    # The desk opens on one's own, a list without a filter is of all; a script knows what it asked for.
                    click.echo("These are everyone's. Yours alone: paydesk contractor list from:me", err=True)

    return command


def _printer(as_json: bool, as_csv: bool) -> Callable[[RequestCopy, Sequence[Alike]], None]:
    """Return what prints one request, with those that it looks like."""
    from paydesk.cli import output

    if as_json:
        return lambda copy, alike: output.print_json(output.document(copy, alike))
    if as_csv:
        return output.csv_writer()
    output.print_heading()
    return output.print_row


def show_command(load_role: Callable[[], Role]) -> click.Command:
    """Return ``show`` for a role."""

    @click.command("show")
    @click.argument("request", shell_complete=complete_request)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    def command(request: str, as_json: bool) -> None:
        """Show one request with its decision and its timeline."""
        from paydesk.cli import output
        from paydesk.cli.session import errand
        from paydesk.infra.postgres.read.duplicates import with_alike
        from paydesk.infra.postgres.read.timeline import detail

        with errand(load_role(), reads=True) as here:
            here.catch_up()
            request_id = here.find(request).id
            here.tell_anew(as_json=as_json)
            found = here.read(lambda connection: detail(connection, request_id))
            [(_, alike)] = here.read(lambda connection: list(with_alike(connection, [found.copy])))
            if as_json:
                output.print_json(output.full_document(found, alike))
            else:
                output.print_detail(found, alike)

    return command
