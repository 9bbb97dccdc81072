"""Groups of commands: a leaf module is imported when its command runs; a group alone prints its help."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem


class Leaf(NamedTuple):
    """Where a command is defined, and what its help begins with; a test compares that with the command's own help."""

    module: str
    name: str
    help: str
    listed: str = ""
    """What the list of commands says of it, where that is not how its help begins."""

    def load(self) -> click.Command:
        """Import the command."""
        command: click.Command = getattr(importlib.import_module(self.module), self.name)
        return command

    @property
    def stub(self) -> click.Command:
        """A command with this help and nothing else, for click to shorten the help as it shortens all."""
        return click.Command(self.name, help=self.help)


class HelpfulGroup(click.Group):
    """A group whose help is printed where no command is named, as by ``--help``, with exit code 0.

    Neither the group nor a command of it takes the name of an option for another one's value.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Print the help and end, where nothing was typed behind the name of the group."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        _refuse_missing_value(self, ctx, args)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant, once its options were found to have their values."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and not isinstance(command, click.Group):
            _refuse_missing_value(command, click.Context(command, parent=ctx, info_name=name), rest)
        return name, command, rest


def options_of(command: click.Command) -> list[click.Option]:
    """Return the options of a command, that for its help left out."""
    return [param for param in command.params if isinstance(param, click.Option)]


def names_with_value(command: click.Command) -> set[str]:
    """Return the names of the options behind which a value stands."""
    return {name for option in options_of(command) if not (option.is_flag or option.count) for name in option.opts}


def _refuse_missing_value(command: click.Command, ctx: click.Context, args: Sequence[str]) -> None:
    """Raise ``BadOptionUsage`` where the value of an option is missing, as of a variable that is not set.

    click takes whatever comes next for the value: a note would be "--as", a key "--json".
    """
    if ctx.resilient_parsing:
        return
    options = options_of(command)
    with_value = names_with_value(command)
    names = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    names |= set(command.get_help_option_names(ctx))
    if isinstance(command, click.Group):
        names |= set(command.list_commands(ctx))
    following = iter(args)
    for arg in following:
        if arg == "--" or (isinstance(command, click.Group) and not arg.startswith("-")):
            return
        value = next(following, "") if arg in with_value else ""
        if value.partition("=")[0] in names:
            raise click.BadOptionUsage(
                arg, f"Option {arg!r} requires an argument. If {value!r} is meant, write {arg}={value}.", ctx
            )


class LazyGroup(HelpfulGroup):
    """A group that imports a command when it is asked for; the list of all of them needs none."""

    def __init__(self, *args: Any, leaves: Mapping[str, Leaf], **options: Any) -> None:
        super().__init__(*args, **options)
        self.leaves = leaves

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the list."""
        return list(self.leaves)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        return self.leaves[cmd_name].load() if cmd_name in self.leaves else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; an unknown one is refused with those that it may stand for."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as unknown:
            raise click.exceptions.NoSuchCommand(unknown.command_name, possibilities=self.leaves, ctx=ctx) from None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        limit = formatter.width - 6 - max(map(len, self.leaves))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, leaf.listed or leaf.stub.get_short_help_str(limit)) for name, leaf in self.leaves.items()]
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands that begin so, without importing them, and the group's options."""
        return [*self._offered(incomplete), *click.Command.shell_complete(self, ctx, incomplete)]

    def _offered(self, incomplete: str) -> Iterator[CompletionItem]:
        for name, leaf in self.leaves.items():
            if name.startswith(incomplete):
                yield CompletionItem(name, help=leaf.stub.get_short_help_str())
