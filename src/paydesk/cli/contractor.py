"""``paydesk contractor``: the desk, and a command for everything that can be done on it."""

import re
from typing import TYPE_CHECKING, Any

import click

from paydesk.cli.completion import complete_request
from paydesk.cli.options import as_json_option, as_person, with_key, with_look
from paydesk.cli.role_commands import add_to
from paydesk.domain.payment_request import TERMS
from paydesk.infra.core.role import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paydesk.cli.session import Errand
    from paydesk.domain.copy import RequestCopy
    from paydesk.domain.duplicates import Alike
    from paydesk.domain.payment_request import Terms

_OPTIONAL = tuple(term for term in TERMS if term.option)


def _with_terms(command: Any) -> Any:
    for term in reversed(_OPTIONAL):
        command = click.option(term.option, term.name, metavar=term.metavar, help=term.help)(command)
    return command


def _role() -> Role:
    from paydesk.contractor.role import ROLE

    return ROLE


@click.group(invoke_without_command=True)
@as_person
@with_look
@click.pass_context
def contractor(ctx: click.Context, person: str | None, look: str | None) -> None:
    """The contractor's desk; with a command, the same without a screen."""
    if ctx.invoked_subcommand is None:
        _desk(person, look)
    ctx.obj = person


def _desk(person: str | None, look: str | None) -> None:
    from paydesk.cli.desk import draft_file, filters_file, look_of, room, run_desk, view_file
    from paydesk.cli.keymap import keymap
    from paydesk.contractor.app import ContractorApp

    def make(servers: Any, who: str, _: Any) -> Any:
        from paydesk.contractor.desk import ContractorService

        return ContractorService(servers, who)

    desk = ContractorApp(
        room("contractor", person, make),
        drafts=draft_file("contractor", person),
        look=look_of(look),
        filters=filters_file("contractor", person),
        view=view_file("contractor", person),
        keys=keymap(),
    )
    run_desk(desk)


class _WithAmount(click.Command):
    """A command whose first argument is an amount: ``-3`` is one too, and refused as such, not an unknown option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what begins with a sign and a digit for a value."""
        ctx.ignore_unknown_options = any(re.match(r"-[0-9.,]", arg) for arg in args)
        return super().parse_args(ctx, args)


@contractor.command(cls=_WithAmount)
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
@as_json_option
@with_key
@as_person
@click.pass_obj
def request(
    outer: str | None, /, like: str | None, as_json: bool, key: str | None, person: str | None, **fields: str | None
) -> None:
    """Ask for a payment."""
    from paydesk.domain.payment_request import checked_terms

    if like is None:
        for name in ("amount", "currency", "description"):
            if fields[name] is None:
                raise click.UsageError(f"Missing argument '{name.upper()}'.")
        terms = checked_terms(**{name: value or "" for name, value in fields.items()})
    from uuid_utils.compat import uuid7

    from paydesk.cli.report import report
    from paydesk.cli.session import errand
    from paydesk.contractor.commands import request_payment

    with errand(_role(), person or outer, key) as here:
        here.catch_up()
        named = None
        if like is not None:
            terms, named = _terms_like(here.target(like), fields)
        said = request_payment(here.store, here.key(), uuid7(), here.person, terms, named)
        copy = here.deliver(said)
        warned = _doubts(copy, fields) if said.changed else ()
        twins = _alike(here, copy) if said.changed else ()
        report(here, copy, said.changed, as_json=as_json, alike=twins, warned=warned)


def _doubts(copy: "RequestCopy", fields: "Mapping[str, str | None]") -> "Sequence[str]":
    """Return what is to be said of each of these fields that is doubtful."""
    from datetime import date

    from paydesk.domain.doubts import doubts
    from paydesk.domain.payment_request import typed_fields

    if copy.terms is None:
        return []
    options = {term.name: f"{term.option} {term.metavar}" for term in _OPTIONAL}
    found = doubts({name: value for name, value in typed_fields(copy.terms).items() if name in fields}, date.today())
    return [
        f"{warning} Not meant? paydesk contractor revise {copy.number} {options[name]}"
        for name, warning in found.items()
    ]


def _alike(here: "Errand", copy: "RequestCopy") -> "Sequence[Alike]":
    from paydesk.domain.duplicates import Asking
    from paydesk.infra.postgres.read.duplicates import alike_of

    asking = Asking.of(copy)
    return here.read(lambda connection: alike_of(connection, [asking] if asking else [])).get(copy.id, ())


def _terms_like(copy: "RequestCopy", fields: dict[str, str | None]) -> "tuple[Terms, dict[str, object]]":
    """Return the terms of a request with what was said besides, and what of all that the person named."""
    from paydesk.domain.errors import InvalidInput
    from paydesk.domain.payment_request import checked_terms, typed_fields

    if copy.terms is None:
        raise InvalidInput.of("like", f"It is not known here what {copy.number} asked for; write it out.")
    given = {name: value for name, value in fields.items() if value is not None}
    return checked_terms(**(typed_fields(copy.terms) | given)), {"like": copy.id, "changes": given}


@contractor.command()
@click.argument("request", metavar="REQUEST", shell_complete=complete_request)
@click.option("--amount", metavar="A", help="The new amount.")
@click.option("--currency", metavar="C", help="The new currency.")
@click.option("--description", metavar="D", help="The new description.")
@_with_terms
@as_json_option
@with_key
@as_person
@click.pass_obj
def revise(
    outer: str | None, /, request: str, as_json: bool, key: str | None, person: str | None, **fields: str | None
) -> None:
    """Change a request that waits or was rejected; an empty value clears an optional field."""
    from paydesk.cli.report import report
    from paydesk.cli.session import errand
    from paydesk.contractor.commands import revise_payment

    if all(value is None for value in fields.values()):
        raise click.UsageError("Say what changes, such as --amount 1250.50.")
    with errand(_role(), person or outer, key) as here:
        here.catch_up()
        copy = here.target(request)
        said = revise_payment(here.store, here.key(), copy.id, here.person, fields)
        copy = here.deliver(said)
        given = {name: value for name, value in fields.items() if value is not None}
        warned = _doubts(copy, given) if said.changed else ()
        report(here, copy, said.changed, as_json=as_json, warned=warned)


@contractor.command()
@click.argument("request", metavar="REQUEST", shell_complete=complete_request)
@as_json_option
@with_key
@as_person
@click.pass_obj
def withdraw(outer: str | None, request: str, as_json: bool, key: str | None, person: str | None) -> None:
    """Ask for a request back; the manager's side confirms it."""
    from paydesk.cli.report import report
    from paydesk.cli.session import errand
    from paydesk.contractor.commands import ask_withdrawal

    with errand(_role(), person or outer, key) as here:
        here.catch_up()
        copy = here.target(request)
        said = ask_withdrawal(here.store, here.key(), copy.id, here.person)
        report(here, here.deliver(said), said.changed, as_json=as_json)


add_to(contractor, _role)
