"""``paydesk demo``: the whole way of a payment request, on a stack of its own that is deleted at the end."""

import sys

import click


@click.command()
@click.option("--plain", is_flag=True, help="Narrate line by line, also in a terminal.")
def demo(plain: bool) -> None:
    """Show the whole way of a payment request, on servers of its own that are deleted at the end."""
    from paydesk.cli.demo.stage import Stage
    from paydesk.cli.desk import look_of, shows_screens

    if plain or not (sys.stdout.isatty() and sys.stdin.isatty() and shows_screens()):
        from paydesk.cli.demo.narrate import narrate

        with Stage() as stage:
            narrate(stage, click.echo)
        return
    from paydesk.cli.demo.show import show
    from paydesk.cli.keymap import keymap

    look_of(None)
    keys = keymap()
    with Stage() as stage:
        show(stage, keys)
        click.echo("Deleting the demo's servers and folders ...")
    click.echo("Deleted.")
