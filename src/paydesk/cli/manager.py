"""``paydesk manager``: the desk, and a command for everything that can be done on it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from paydesk.cli.both import add_to
from paydesk.cli.errand_options import as_json_option, as_person, with_key
from paydesk.domain.errors import InvalidInput
from paydesk.infra.role import Role

if TYPE_CHECKING:
    from paydesk.cli.errand import Errand
    from paydesk.infra.command import Said

Decide = Callable[["Errand", UUID, UUID, int, str, dict[str, object]], "Said"]


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

    def decide(
        here: "Errand", command_key: UUID, request_id: UUID, at: int, digest: str, named: dict[str, object]
    ) -> "Said":
        from paydesk.manager.commands import approve as do

        return do(here.store, command_key, request_id, here.person, at, digest, named=named)

    asked = {"word": "approve", "requests": requests, "revision": revision}
    _decide_each(decide, asked, requests, revision, person or outer, key, as_json=as_json)


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

    def decide(
        here: "Errand", command_key: UUID, request_id: UUID, at: int, digest: str, named: dict[str, object]
    ) -> "Said":
        from paydesk.manager.commands import reject as do

        return do(here.store, command_key, request_id, here.person, at, digest, why, named=named)

    asked = {"word": "reject", "requests": requests, "revision": revision, "cause": why}
    _decide_each(decide, asked, requests, revision, person or outer, key, as_json=as_json)


def _decide_each(
    decide: Decide,
    asked: Mapping[str, object],
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

    with errand(_role(), person, key) as here:
        before: dict[str, RequestCopy] = {}
        for item in typed:
            try:
                before[item] = here.find(_split(item, revision)[0])
            except PaydeskError:
                continue  # It may arrive while catching up; if not, the act says what is wrong.
        here.catch_up()
        if len(typed) > 1:
            here.claim(asked)

        def act(item: str) -> Done:
            name, wanted = _split(item, revision)
            copy = before.get(item) or here.find(name)
            # A revision that was named may have come with the catching up; one that was not is the one seen before it.
            register = here.get(copy.id).request if wanted else copy.request
            at = wanted or (register.revision if register else 0)
            digest = register.terms.hash if register and register.revision == at else ""
            command_key = here.key(str(copy.id)) if len(typed) > 1 else here.key()
            said = decide(here, command_key, copy.id, at, digest, {"revision": wanted})
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
        said = do(here.store, here.key(), copy.id, here.person)
        report(here.deliver(said), said.changed, as_json=as_json)


add_to(manager, _role)
