"""``paydesk manager``: the desk, and a command for everything that can be done on it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from paydesk.cli.completion import complete_cause, complete_request
from paydesk.cli.options import as_json_option, as_person, with_key, with_look
from paydesk.cli.role_commands import add_to
from paydesk.domain.decision import CauseCode
from paydesk.infra.core.role import Role

if TYPE_CHECKING:
    from paydesk.cli.session import Errand
    from paydesk.infra.core.execute import CommandKey, Said

_NEED_NOTE = ", ".join(code for code in CauseCode if code.needs_note)


def _role() -> Role:
    from paydesk.manager.role import ROLE

    return ROLE


@click.group(invoke_without_command=True)
@as_person
@with_look
@click.pass_context
def manager(ctx: click.Context, person: str | None, look: str | None) -> None:
    """The manager's desk; with a command, the same without a screen."""
    if ctx.invoked_subcommand is None:
        _desk(person, look)
    ctx.obj = person


def _desk(person: str | None, look: str | None) -> None:
    from paydesk.cli.desk import filters_file, look_of, room, run_desk, view_file
    from paydesk.cli.keymap import keymap
    from paydesk.manager.app import ManagerApp

    def make(servers: Any, who: str, settings: Any) -> Any:
        from paydesk.manager.desk import ManagerService

        return ManagerService(servers, who, settings.hold_seconds)

    desk = ManagerApp(
        room("manager", person, make),
        look=look_of(look),
        filters=filters_file("manager", person),
        view=view_file("manager", person),
        keys=keymap(),
    )
    run_desk(desk)


@manager.command()
@click.argument("requests", metavar="REQUEST[@REVISION]...", nargs=-1, required=True, shell_complete=complete_request)
@click.option("--revision", type=click.IntRange(min=1), help="Exactly this revision, and no other.")
@click.option("--allow-duplicate", is_flag=True, help="Approve also what looks like another request.")
@as_json_option
@with_key
@as_person
@click.pass_obj
def approve(
    outer: str | None,
    requests: tuple[str, ...],
    revision: int | None,
    allow_duplicate: bool,
    as_json: bool,
    key: str | None,
    person: str | None,
) -> None:
    """Approve requests, each as this side has it now, or exactly the revision that is said; - reads them."""

    def decide(
        here: "Errand", command_key: "CommandKey", request_id: UUID, at: int, digest: str, named: dict[str, object]
    ) -> "Said":
        from paydesk.manager.commands import approve as do

        return do(here.store, command_key, request_id, here.person, at, digest, named=named)

    from paydesk.cli.bulk_decide import Wish, decide_each

    wish = Wish(requests, revision, {"word": "approve"}, warns=not allow_duplicate)
    decide_each(_role(), decide, wish, person or outer, key, as_json=as_json)


@manager.command()
@click.argument("requests", metavar="REQUEST[@REVISION]...", nargs=-1, required=True, shell_complete=complete_request)
@click.option(
    "--cause",
    required=True,
    metavar="CODE",
    shell_complete=complete_cause,
    help=f"Why: {', '.join(CauseCode)}. --note says more; {_NEED_NOTE} need it.",
)
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
    """Reject requests and say why; - reads them from standard input."""
    from paydesk.domain.decision import checked_cause

    why = checked_cause(cause, note)

    def decide(
        here: "Errand", command_key: "CommandKey", request_id: UUID, at: int, digest: str, named: dict[str, object]
    ) -> "Said":
        from paydesk.manager.commands import reject as do

        return do(here.store, command_key, request_id, here.person, at, digest, why, named=named)

    from paydesk.cli.bulk_decide import Wish, decide_each

    wish = Wish(requests, revision, {"word": "reject", "cause": why})
    decide_each(_role(), decide, wish, person or outer, key, as_json=as_json)


@manager.command()
@click.argument("request", metavar="REQUEST", shell_complete=complete_request)
@as_json_option
@with_key
@as_person
@click.pass_obj
def undo(outer: str | None, request: str, as_json: bool, key: str | None, person: str | None) -> None:
    """Take back a decision of yours while a desk holds it."""
    from paydesk.cli.report import report
    from paydesk.cli.session import errand
    from paydesk.manager.commands import undo as do

    with errand(_role(), person or outer, key) as here:
        copy = here.target(request)
        said = do(here.store, here.key(), copy.id, here.person)
        report(here, here.deliver(said), said.changed, as_json=as_json)


@manager.command()
@click.argument("requests", metavar="REQUEST...", nargs=-1, required=True, shell_complete=complete_request)
@as_json_option
@with_key
@as_person
@click.pass_obj
def send(outer: str | None, requests: tuple[str, ...], as_json: bool, key: str | None, person: str | None) -> None:
    """Send decisions of yours now that a desk still holds."""
    from paydesk.cli.report import each_of, report
    from paydesk.cli.session import errand
    from paydesk.manager.held import send_held

    with errand(_role(), person or outer, key) as here:
        if len(requests) > 1:
            here.claim({"word": "send", "requests": requests})

        def act(typed: str) -> None:
            copy = here.target(typed)
            command_key = here.key(str(copy.id)) if len(requests) > 1 else here.key()
            said = send_held(here.store, command_key, copy.id, here.person)
            report(here, here.deliver(said), said.changed, as_json=as_json)

        each_of(here, requests, act, as_json=as_json)


add_to(manager, _role)
