"""``paydesk demo``: in a terminal both desks, elsewhere line by line."""

import sys

import click

from paydesk.cli.demo.app import show
from paydesk.cli.demo.script import narrate
from paydesk.cli.demo.stage import Stage
from paydesk.cli.desk import look_of, shows_screens
from paydesk.cli.keymap import keymap


@click.command()
@click.option("--plain", is_flag=True, help="Narrate line by line, also in a terminal.")
def demo(plain: bool) -> None:
    """Show the whole way of a payment request, on servers of its own that are deleted at the end."""
    if plain or not (sys.stdout.isatty() and sys.stdin.isatty() and shows_screens()):
        with Stage() as stage:
            narrate(stage, click.echo)
        return
    look_of(None)
    keys = keymap()
    with Stage() as stage:
        show(stage, keys)
        click.echo("Deleting the demo's servers and folders ...")
    click.echo("Deleted.")
