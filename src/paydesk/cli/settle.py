"""``paydesk ROLE settle``: what persons agreed on about a locked request."""

from collections.abc import Callable

import click

from paydesk.cli.completion import complete_request
from paydesk.cli.options import as_json_option, as_person, with_key
from paydesk.infra.core.role import Role


def settle_command(load_role: Callable[[], Role]) -> click.Command:
    """Return the command for a role."""

    @click.command("settle")
    @click.argument("request", metavar="REQUEST", shell_complete=complete_request)
    @click.option("--note", required=True, metavar="TEXT", help="How it was settled, 3 to 500 characters.")
    @as_json_option
    @with_key
    @as_person
    @click.pass_obj
    def settle(outer: str | None, request: str, note: str, as_json: bool, key: str | None, person: str | None) -> None:
        """Note how a locked request was settled; it stays locked, and doctor names it no more."""
        from paydesk.cli.report import report
        from paydesk.cli.session import errand
        from paydesk.infra.core.execute import settle as do

        with errand(load_role(), person or outer, key) as here:
            here.catch_up()
            copy = here.target(request)
            said = do(here.store, here.key(), copy.id, here.person, note)
            report(here, here.deliver(said), said.changed, as_json=as_json)

    return settle
