"""``paydesk stack``: the group of the commands for the embedded servers, and for servers of one's own."""

import click

from paydesk.cli.groups import LazyGroup, Leaf
from paydesk.cli.streams import say_aside
from paydesk.waiting import said_by

_LEAVES = {
    "adopt": Leaf(
        "paydesk.cli.adopt", "adopt", "Say that a copied schema goes on here, and not where it was copied from."
    ),
    "compose-env": Leaf(
        "paydesk.cli.provision",
        "compose_env",
        "Write what compose.yaml needs: passwords into .env, the desks' settings into .compose/.",
    ),
    "down": Leaf("paydesk.cli.embedded", "down", "Stop the servers; the data stays."),
    "env": Leaf("paydesk.cli.embedded", "env", "Print shell lines with which other tools connect as a login."),
    "provision": Leaf(
        "paydesk.cli.provision",
        "provision",
        "Make logins, rights, schemas and topics on your own servers, as the settings name them.",
    ),
    "reset": Leaf("paydesk.cli.embedded", "reset", "Stop the servers and delete all their data."),
    "status": Leaf("paydesk.cli.embedded", "status_", "Tell how the servers stand; starts nothing."),
    "up": Leaf("paydesk.cli.embedded", "up", "Start the servers, and wait until all answer."),
}


@click.group(cls=LazyGroup, leaves=_LEAVES)
@click.pass_context
def stack(context: click.Context) -> None:
    """PostgreSQL, Valkey and Apache Kafka, started from packages for one login."""
    context.with_resource(said_by(say_aside))
