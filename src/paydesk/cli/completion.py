"""What a shell may put where the cursor is: silent, fast, and never a reason for anything to start."""

import contextlib
import re
from collections.abc import Iterable, Sequence

import click
from click.shell_completion import CompletionItem

from paydesk.domain.status_facts import WAITING
from paydesk.infra.postgres.filter_sql import status_in
from paydesk.role_names import ROLES

MOST = 60
_READ_S = 1
_FOUND = f"""
SELECT number, status || ', ' || coalesce(standing_description, '') FROM payment_request
WHERE number LIKE %(begin)s AND (NOT %(waiting)s OR {status_in(WAITING)})
ORDER BY requested_at DESC LIMIT %(most)s
"""
_SAFE = re.compile(r"[A-Z0-9-]+")
_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", metavar="SHELL", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options and request numbers.

    In ~/.bashrc: eval "$(paydesk completion bash)". In ~/.zshrc: eval "$(paydesk completion zsh)". In fish:
    paydesk completion fish | source.
    """
    from click.shell_completion import get_completion_class

    from paydesk.cli.main import paydesk

    found = get_completion_class(shell)
    assert found is not None
    made = found(paydesk, {}, "paydesk", "_paydesk_complete".upper())
    click.echo(made.source_template % made.source_vars())


def complete_request(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the numbers that begin so, newest first: of those that wait, where a decision is asked for."""
    role = context.parent.info_name if context.parent is not None else None
    if role not in ROLES:
        return []
    waiting = context.command.name in ("approve", "reject")
    with contextlib.suppress(Exception):  # A shell is no place to tell what is wrong: doctor does.
        return [CompletionItem(number, help=told) for number, told in _numbers(role, typed, waiting)]
    return []


def _numbers(role: str, typed: str, waiting: bool) -> Sequence[tuple[str, str]]:
    from paydesk.infra.postgres.connection import connect

    url = _url(role)
    if url is None:
        return []
    with connect(url, role, autocommit=True, within_s=_READ_S) as connection:
        connection.execute(f"SET statement_timeout = '{_READ_S}s'")
        begin = (f"PR-{typed}" if typed.isdigit() else typed.upper()).replace("%", "").replace("_", "") + "%"
        rows = connection.execute(_FOUND, {"begin": begin, "waiting": waiting, "most": MOST})
        return safe(rows)


def safe(rows: Iterable[tuple[str | None, str]]) -> list[tuple[str, str]]:
    """Return the numbers that a shell may put into its line, each with what it says.

    A shell runs what stands in its line, and bash takes what is offered as it is.
    """
    from paydesk.domain.text import clean

    return [(number, clean(says, 60)) for number, says in rows if number and _SAFE.fullmatch(number)]


def _url(role: str) -> str | None:
    """Return where the role's schema is, when it can be read without starting anything."""
    from paydesk.settings_file import ConfiguredServers, read_settings

    settings = read_settings()
    if settings.configured:
        return ConfiguredServers(settings).endpoints(role).database_url
    from paydesk.stack.embedded import running_database

    return running_database(settings.home, role)


def complete_cause(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the causes of a rejection that begin so, each with its sentence."""
    from paydesk.domain.decision import CauseCode

    return [CompletionItem(code.value, help=code.sentence) for code in CauseCode if code.startswith(typed)]


def complete_filter(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the fields of a filter and the values that a field takes, as they are offered on the screens."""
    from paydesk.domain.filter_completion import complete

    return [CompletionItem(found.taken(typed), help=found.says or None) for found in complete(typed, len(typed))]
