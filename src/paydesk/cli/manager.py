"""``paydesk manager approve``, ``reject``, ``undo`` and ``send``: what can be done on the manager's desk."""

import click

from paydesk.cli.bulk_decide import Wish, decide_each
from paydesk.cli.completion import complete_cause, complete_request
from paydesk.cli.options import Call, writes
from paydesk.cli.report import each_of, report
from paydesk.cli.revision import exact_revision
from paydesk.cli.session import open_session
from paydesk.domain.commands import SendHeld, Undo
from paydesk.domain.decision import CauseCode, checked_cause
from paydesk.manager.commands import execute

_NEED_NOTE = ", ".join(code for code in CauseCode if code.needs_note)


@click.command()
@click.argument("requests", metavar="REQUEST[@REVISION]...", nargs=-1, required=True, shell_complete=complete_request)
@exact_revision
@click.option("--allow-duplicate", is_flag=True, help="Approve also what looks like another request.")
@writes
def approve(call: Call, /, requests: tuple[str, ...], revision: int | None, allow_duplicate: bool) -> None:
    """Approve requests, each as this side has it now, or exactly the revision that is said; - reads them."""
    decide_each(call, Wish(requests, revision, warns=not allow_duplicate))


@click.command()
@click.argument("requests", metavar="REQUEST[@REVISION]...", nargs=-1, required=True, shell_complete=complete_request)
@click.option(
    "--cause",
    required=True,
    metavar="CODE",
    shell_complete=complete_cause,
    help=f"Why: {', '.join(CauseCode)}. --note says more; {_NEED_NOTE} need it.",
)
@click.option("--note", metavar="TEXT", help="What the contractor should know, 3 to 500 characters.")
@exact_revision
@writes
def reject(call: Call, /, requests: tuple[str, ...], cause: str, note: str | None, revision: int | None) -> None:
    """Reject requests and say why; - reads them from standard input."""
    decide_each(call, Wish(requests, revision, checked_cause(cause, note)))


@click.command()
@click.argument("request", metavar="REQUEST", shell_complete=complete_request)
@writes
def undo(call: Call, /, request: str) -> None:
    """Take back a decision of yours while a desk holds it."""
    with open_session(call.role, call.person, call.key) as session:
        copy = session.target(request)
        result = execute(session.store, session.key(), Undo(copy.id, session.person))
        report(session, session.deliver(result), result.changed, as_json=call.as_json)


@click.command()
@click.argument("requests", metavar="REQUEST...", nargs=-1, required=True, shell_complete=complete_request)
@writes
def send(call: Call, /, requests: tuple[str, ...]) -> None:
    """Send decisions of yours now that a desk still holds."""
    with open_session(call.role, call.person, call.key) as session:
        if len(requests) > 1:
            session.claim({"word": "send", "requests": requests})

        def act(typed: str) -> None:
            copy = session.target(typed)
            command_key = session.key(str(copy.id)) if len(requests) > 1 else session.key()
            result = execute(session.store, command_key, SendHeld(copy.id, session.person))
            report(session, session.deliver(result), result.changed, as_json=call.as_json)

        each_of(session, requests, act, as_json=call.as_json)
