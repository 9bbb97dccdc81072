"""``paydesk completion``: apart from what is offered, as every shell that starts runs it, and it needs no database."""

import click
from click.shell_completion import get_completion_class

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options and request numbers.

    In ~/.bashrc: eval "$(paydesk completion bash)". In ~/.zshrc: eval "$(paydesk completion zsh)". In fish:
    paydesk completion fish | source.
    """
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    program = click.get_current_context().find_root().command
    made = of_shell(program, {}, "paydesk", "_paydesk_complete".upper())
    click.echo(made.source_template % made.source_vars())
