"""What a shell may put where the cursor is: silent, fast, and never a reason for anything to start."""

import contextlib
import re
from collections.abc import Iterable, Sequence

import click
from click.shell_completion import CompletionItem

from paydesk.domain.decision import CauseCode
from paydesk.domain.filter_completion import complete
from paydesk.domain.status import WAITING
from paydesk.domain.text import clean
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.filter_sql import standing, status_in
from paydesk.role_names import ROLES
from paydesk.settings_file import ConfiguredServers, read_settings
from paydesk.stack.embedded import running_database

MAX_OFFERED = 60
_READ_S = 1
_NUMBERS_SQL = f"""
SELECT number, status || ', ' || coalesce({standing("description")}, '') FROM payment_request p
WHERE number LIKE %(begin)s AND (NOT %(waiting)s OR {status_in(WAITING)})
ORDER BY requested_at DESC LIMIT %(most)s
"""
_SAFE = re.compile(r"[A-Z0-9-]+")


def complete_request(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the numbers that begin so, newest first: of those that wait, where a decision is asked for."""
    role = context.parent.info_name if context.parent is not None else None
    if role not in ROLES:
        return []
    waiting = context.command.name in ("approve", "reject")
    with contextlib.suppress(Exception):  # A shell is no place to tell what is wrong: doctor does.
        return [CompletionItem(number, help=description) for number, description in _numbers(role, typed, waiting)]
    return []


def _numbers(role: str, typed: str, waiting: bool) -> Sequence[tuple[str, str]]:
    url = _url(role)
    if url is None:
        return []
    with connect(url, role, autocommit=True, within_s=_READ_S) as connection:
        connection.execute(f"SET statement_timeout = '{_READ_S}s'")
        begin = (f"PR-{typed}" if typed.isdigit() else typed.upper()).replace("%", "").replace("_", "") + "%"
        rows = connection.execute(_NUMBERS_SQL, {"begin": begin, "waiting": waiting, "most": MAX_OFFERED})
        return safe(rows)


def safe(rows: Iterable[tuple[str | None, str]]) -> list[tuple[str, str]]:
    """Return the numbers that a shell may put into its line, each with what it says.

    A shell runs what stands in its line, and bash takes what is offered as it is.
    """
    return [(number, clean(says, 60)) for number, says in rows if number and _SAFE.fullmatch(number)]


def _url(role: str) -> str | None:
    """Return where the role's schema is, when it can be read without starting anything."""
    settings = read_settings()
    if settings.configured:
        return ConfiguredServers(settings).endpoints(role).database_url
    return running_database(settings.home, role)


def complete_cause(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the causes of a rejection that begin so, each with its sentence."""
    return [CompletionItem(code.value, help=code.sentence) for code in CauseCode if code.startswith(typed)]


def complete_filter(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the fields of a filter and the values that a field takes, as they are offered on the screens."""
    return [CompletionItem(offer.taken(typed), help=offer.says or None) for offer in complete(typed, len(typed))]
