"""``paydesk contractor request``, ``revise`` and ``withdraw``: what can be done on the contractor's desk."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import click
from uuid_utils.compat import uuid7

from paydesk.cli.completion import complete_request
from paydesk.cli.options import Call, writes
from paydesk.cli.report import report
from paydesk.cli.revision import exact_revision, request_and_revision
from paydesk.cli.session import Session, open_session
from paydesk.contractor.commands import execute
from paydesk.contractor.lapsing import late_text
from paydesk.domain.commands import AskWithdrawal, Like, RequestPayment, RevisePayment
from paydesk.domain.copy import RequestCopy
from paydesk.domain.doubts import doubts
from paydesk.domain.duplicates import Alike, Asking
from paydesk.domain.errors import InvalidInput
from paydesk.domain.payment_request import TERMS, Terms, checked_terms, refuse_kept_amount, typed_fields
from paydesk.infra.postgres.read.duplicates import alike_of

_OPTIONAL = tuple(term for term in TERMS if term.option)


def _with_terms(command: Any) -> Any:
    for term in reversed(_OPTIONAL):
        command = click.option(term.option, term.name, metavar=term.metavar, help=term.help)(command)
    return command


class _WithAmount(click.Command):
    """A command whose first argument is an amount: ``-3`` is one too, and refused as such, not an unknown option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what begins with a sign and a digit for a value."""
        ctx.ignore_unknown_options = any(re.match(r"-[0-9.,]", arg) for arg in args)
        return super().parse_args(ctx, args)


@click.command(cls=_WithAmount)
@click.argument("amount", required=False)
@click.argument("currency", required=False)
@click.argument("description", required=False)
@_with_terms
@click.option(
    "--like",
    metavar="REQUEST",
    shell_complete=complete_request,
    help="The terms of that request, but for what is said here.",
)
@writes
def request(call: Call, /, like: str | None, **fields: str | None) -> None:
    """Ask for a payment."""
    if like is None:
        for name in ("amount", "currency", "description"):
            if fields[name] is None:
                raise click.UsageError(f"Missing argument '{name.upper()}'.")
        terms = checked_terms(**{name: value or "" for name, value in fields.items()})

    with open_session(call.role, call.person, call.key) as session:
        session.catch_up()
        source = None
        if like is not None:
            terms, source = _terms_like(session.target(like), fields)
        result = execute(session.store, session.key(), RequestPayment(uuid7(), session.person, terms, source))
        copy = session.deliver(result)
        warned = _doubts(session, copy, fields) if result.changed else ()
        twins = _alike(session, copy) if result.changed else ()
        report(session, copy, result.changed, as_json=call.as_json, alike=twins, warned=warned)


def _late(copy: RequestCopy) -> Sequence[str]:
    """Return what is to be said where an acceptance was first, so that what this command did came to nothing."""
    return [sentence] if (sentence := late_text(copy)) else []


def _doubts(session: Session, copy: RequestCopy, fields: Mapping[str, str | None]) -> Sequence[str]:
    """Return what is to be said of each of these fields that is doubtful."""
    if copy.terms is None:
        return []
    options = {term.name: f"{term.option} {term.metavar}" for term in _OPTIONAL}
    warnings = doubts({name: value for name, value in typed_fields(copy.terms).items() if name in fields}, date.today())
    return [
        f"{warning} Not meant? paydesk contractor revise {copy.number} {options[name]}{session.as_person}"
        for name, warning in warnings.items()
    ]


def _alike(session: Session, copy: RequestCopy) -> Sequence[Alike]:
    asking = Asking.of(copy)
    return session.read(lambda connection: alike_of(connection, [asking] if asking else [])).get(copy.id, ())


def _terms_like(copy: RequestCopy, fields: dict[str, str | None]) -> tuple[Terms, Like]:
    """Return the terms of a request with what was said besides, and where they come from."""
    if copy.terms is None:
        raise InvalidInput.of("like", f"It is not known here what {copy.number} asked for; write it out.")
    given = {name: value for name, value in fields.items() if value is not None}
    refuse_kept_amount(copy.terms, given)
    return checked_terms(**(typed_fields(copy.terms) | given)), Like(copy.id, given)


@click.command()
@click.argument("request", metavar="REQUEST[@REVISION]", shell_complete=complete_request)
@click.option("--amount", metavar="A", help="The new amount.")
@click.option("--currency", metavar="C", help="The new currency.")
@click.option("--description", metavar="D", help="The new description.")
@_with_terms
@exact_revision
@writes
def revise(call: Call, /, request: str, revision: int | None, **fields: str | None) -> None:
    """Change a request that waits or was rejected; an empty value clears an optional field."""
    if all(value is None for value in fields.values()):
        raise click.UsageError("Say what changes, such as --amount 1250.50.")
    name, named = request_and_revision(request, revision)
    with open_session(call.role, call.person, call.key) as session:
        session.catch_up()
        copy = session.target(name, revised=True)
        given = {name: value for name, value in fields.items() if value is not None}
        result = execute(session.store, session.key(), RevisePayment(copy.id, session.person, given, named))
        copy = session.deliver(result)
        warned = _late(copy) or (_doubts(session, copy, given) if result.changed else ())
        report(session, copy, result.changed, as_json=call.as_json, warned=warned)


@click.command()
@click.argument("request", metavar="REQUEST", shell_complete=complete_request)
@writes
def withdraw(call: Call, /, request: str) -> None:
    """Ask for a request back; the manager's side confirms it."""
    with open_session(call.role, call.person, call.key) as session:
        session.catch_up()
        copy = session.target(request)
        result = execute(session.store, session.key(), AskWithdrawal(copy.id, session.person))
        copy = session.deliver(result)
        report(session, copy, result.changed, as_json=call.as_json, warned=_late(copy))
