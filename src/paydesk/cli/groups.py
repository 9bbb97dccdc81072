"""A group of commands that is typed alone tells what there is, as ``--help`` does, and ends with exit code 0."""

import click


class HelpfulGroup(click.Group):
    """A group whose help is printed where no command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Print the help and end, where nothing was typed behind the name of the group."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)
