"""``paydesk demo``: the whole way of a payment request, on a stack of its own that is deleted at the end."""

import click


@click.command()
def demo() -> None:
    """Show the whole way of a payment request, on servers of its own that are deleted at the end."""
    from paydesk.cli.demo.narrate import narrate
    from paydesk.cli.demo.stage import Stage

    with Stage() as stage:
        narrate(stage, click.echo)
