"""The argument of commands that take a filter: a condition may begin with a minus, and is no option then."""

from collections.abc import Collection

import click
from click.shell_completion import CompletionItem

from paydesk.cli.completion import complete_filter
from paydesk.cli.groups import names_with_value

_CONDITION = "\0"
"""Put before a condition while click looks for options: no argument of a process can hold it."""


class FilterCommand(click.Command):
    """A command that takes a filter."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what begins with one minus for a condition, as there are no such options but that for help."""
        with_value = names_with_value(self)
        marked: list[str] = []
        for place, arg in enumerate(args):
            if arg == "--":
                marked += args[place:]
                break
            is_value = place > 0 and args[place - 1] in with_value
            marked.append(
                f"{_CONDITION}{arg}" if not is_value and _is_condition(arg, self.get_help_option_names(ctx)) else arg
            )
        return super().parse_args(ctx, marked)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer conditions too where the word begins with a minus."""
        offered = super().shell_complete(ctx, incomplete)
        argument = next(param for param in self.params if isinstance(param, click.Argument))
        return offered + complete_filter(ctx, argument, incomplete) if incomplete.startswith("-") else offered


def _is_condition(arg: str, help_names: Collection[str]) -> bool:
    return len(arg) > 1 and arg[0] == "-" and arg[1] != "-" and arg not in help_names


def _terms(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(condition.removeprefix(_CONDITION) for condition in value)


filter_argument = click.argument(
    "filter_", metavar="[FILTER]", nargs=-1, shell_complete=complete_filter, callback=_terms
)
"""Gives a command its filter, as ``filter_``."""
