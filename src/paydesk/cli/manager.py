"""``paydesk manager``: the desk, and a command for everything that can be done on it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from paydesk.cli.both import add_to
from paydesk.cli.errand_options import as_json_option, as_person, with_key
from paydesk.domain.errors import InvalidInput, Stale
from paydesk.infra.role import Role

if TYPE_CHECKING:
    from paydesk.cli.errand import Errand
    from paydesk.infra.command import Said

Decide = Callable[["Errand", UUID, UUID, int, str], "Said"]


def _role() -> Role:
    from paydesk.manager.role import ROLE

    return ROLE


@click.group(invoke_without_command=True)
@as_person
@click.pass_context
def manager(ctx: click.Context, person: str | None) -> None:
    """The manager's desk; with a command, the same without a screen."""
    if ctx.invoked_subcommand is None:
        _desk(person)
    ctx.obj = person


def _desk(person: str | None) -> None:
    from paydesk.cli.desk import room, run_desk
    from paydesk.manager.app import ManagerApp

    def make(servers: Any, who: str, settings: Any) -> Any:
        from paydesk.manager.desk import ManagerService

        return ManagerService(servers, who, settings.hold_seconds)

    run_desk(ManagerApp(room("manager", person, make)))


@manager.command()
@click.argument("requests", metavar="REQUEST[@REVISION]...", nargs=-1, required=True)
@click.option("--revision", type=click.IntRange(min=1), help="Exactly this revision, and no other.")
@as_json_option
@with_key
@as_person
@click.pass_obj
def approve(
    outer: str | None,
    requests: tuple[str, ...],
    revision: int | None,
    as_json: bool,
    key: str | None,
    person: str | None,
) -> None:
    """Approve requests, each as this side has it now, or exactly the revision that is said."""

    def decide(here: "Errand", command_key: UUID, request_id: UUID, at: int, digest: str) -> "Said":
        from paydesk.manager.commands import approve as do

        return do(here.store, command_key, request_id, here.person, at, digest)

    _decide_each("approve", decide, requests, revision, person or outer, key, as_json=as_json)


@manager.command()
@click.argument("requests", metavar="REQUEST[@REVISION]...", nargs=-1, required=True)
@click.option("--cause", required=True, metavar="CODE", help="Why: duplicate, wrong_amount, missing_document, ...")
@click.option("--note", metavar="TEXT", help="What the contractor should know, 3 to 500 characters.")
@click.option("--revision", type=click.IntRange(min=1), help="Exactly this revision, and no other.")
@as_json_option
@with_key
@as_person
@click.pass_obj
def reject(
    outer: str | None,
    requests: tuple[str, ...],
    cause: str,
    note: str | None,
    revision: int | None,
    as_json: bool,
    key: str | None,
    person: str | None,
) -> None:
    """Reject requests and say why."""
    from paydesk.domain.decision import checked_cause

    why = checked_cause(cause, note)

    def decide(here: "Errand", command_key: UUID, request_id: UUID, at: int, digest: str) -> "Said":
        from paydesk.manager.commands import reject as do

        return do(here.store, command_key, request_id, here.person, at, digest, why)

    _decide_each("reject", decide, requests, revision, person or outer, key, as_json=as_json)


def _decide_each(
    word: str,
    decide: Decide,
    typed: tuple[str, ...],
    revision: int | None,
    person: str | None,
    key: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide each request as it was in the copy before catching up; a change meanwhile is a conflict."""
    from paydesk.cli.errand import errand
    from paydesk.cli.report import Done, report_each
    from paydesk.domain.copy import RequestCopy
    from paydesk.domain.errors import PaydeskError
    from paydesk.domain.refusals import explain_stale

    with errand(_role(), person, key) as here:
        before: dict[str, RequestCopy] = {}
        for item in typed:
            try:
                before[item] = here.find(_split(item, revision)[0])
            except PaydeskError:
                continue  # It may arrive while catching up; if not, the act says what is wrong.
        here.catch_up()

        def act(item: str) -> Done:
            name, wanted = _split(item, revision)
            copy = before.get(item) or here.find(name)
            register = copy.request
            at = wanted or (register.revision if register else 0)
            digest = register.terms.hash if register and register.revision == at else ""
            try:
                said = decide(here, here.key(f"{word}:{copy.id}"), copy.id, at, digest)
            except Stale as stale:
                now = here.get(copy.id).request
                if register is not None and now is not None and register.terms != now.terms and wanted is None:
                    raise explain_stale(register.terms, now) from stale
                raise
            return Done(here.deliver(said), said.changed)

        report_each(typed, act, as_json=as_json)


def _split(item: str, revision: int | None) -> tuple[str, int | None]:
    """Return what is named and which revision of it."""
    name, at, number = item.rpartition("@")
    if not at:
        return item, revision
    if not (number.isascii() and number.isdigit()) or int(number) < 1:
        raise InvalidInput.of("revision", f"Write the revision as a number, such as {name or 'PR-1042'}@2.")
    return name, int(number)


@manager.command()
@click.argument("request", metavar="REQUEST")
@as_json_option
@with_key
@as_person
@click.pass_obj
def undo(outer: str | None, request: str, as_json: bool, key: str | None, person: str | None) -> None:
    """Take back a decision of yours while a desk holds it."""
    from paydesk.cli.errand import errand
    from paydesk.cli.report import report
    from paydesk.manager.commands import undo as do

    with errand(_role(), person or outer, key) as here:
        copy = here.find(request)
        said = do(here.store, copy.id, here.person)
        report(here.deliver(said), said.changed, as_json=as_json)


add_to(manager, _role)
