"""Questions of commands: where nobody can answer, the option that does without asking is named."""

import sys
from collections.abc import Callable
from typing import TypeVar

import click

T = TypeVar("T")


def word(asks: str, *, without: str, err: bool = True) -> str:
    """Return the word that was typed; ``without`` is the option that does without asking. Raises ``UsageError``."""
    typed: str = _answer(lambda: click.prompt(asks, default="", show_default=False, err=err), without, err)
    return typed.strip()


def yes(asks: str, *, without: str) -> bool:
    """Return whether it is to be done, as ``word`` asks."""
    return _answer(lambda: click.confirm(asks, err=True), without, True)


def _answer(ask: Callable[[], T], without: str, err: bool) -> T:
    unanswered = click.UsageError(f"The question needs an answer, and there is no more input. {without} does not ask.")
    if sys.stdin is None:
        raise unanswered
    try:
        return ask()
    except click.Abort as error:
        # click says the same of ^c and of an input that has ended.
        if not isinstance(error.__context__, EOFError):
            raise
        click.echo(err=err)  # The question stands on a line that nobody ended.
        raise unanswered from error
