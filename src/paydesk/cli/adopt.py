"""``paydesk stack adopt``: a person says that a copied schema is the one that goes on."""

import json

import click

from paydesk.cli.options import as_json_option
from paydesk.cli.servers import servers_of
from paydesk.domain.text import counted
from paydesk.infra.migrations import migrate
from paydesk.infra.postgres import adopting
from paydesk.role_names import ROLES
from paydesk.settings_file import read_settings


@click.command()
@click.argument("side", metavar="|".join(ROLES), type=click.Choice(ROLES))
@as_json_option
def adopt(side: str, as_json: bool) -> None:
    """Say that a copied schema goes on here, and not where it was copied from.

    A schema keeps in which database it was made. Found in another one, as after a dump was restored elsewhere, it only
    reads. Say this once nobody works on the other one any more: both would speak in one name.
    """
    servers = servers_of(read_settings())
    try:
        url = servers.endpoints(side).database_url
        migrate(url, side)
        done = adopting.adopt(url, side)
    finally:
        servers.leave()
    if as_json:
        click.echo(json.dumps({"side": side, "changed": done.changed, "asked_again": done.asked_again}))
    elif not done.changed:
        click.echo(f"The {side}'s schema was made here: it is no copy, and goes on as it does.")
    else:
        click.echo(f"The {side}'s schema goes on here; the next desk or worker first reads what was sent since.")
        if done.asked_again:
            held = counted(done.asked_again, "held decision")
            click.echo(f"It may have been sent or undone since: {held}. `paydesk doctor` says what to do.")
        click.echo("Nobody may work any more on the one that it was copied from.")
