"""``paydesk ROLE quarantine`` and ``settle``: what could not be applied, and what a person does about it."""

from typing import Any

import click

from paydesk.cli import output
from paydesk.cli.completion import complete_request
from paydesk.cli.groups import HelpfulGroup
from paydesk.cli.options import Call, Caller, reads, writes
from paydesk.cli.report import each_of, report
from paydesk.cli.session import Session, open_session
from paydesk.domain.commands import Discard, Redrive, Settle
from paydesk.domain.decision import checked_note
from paydesk.domain.text import WHOLE, clean
from paydesk.infra.core import execute
from paydesk.infra.core.errors import StillRefused
from paydesk.infra.postgres.read.quarantine import BadMessage, bad_message, bad_messages
from paydesk.infra.recovery import redrive as redriving

# What the inbox counts with; a larger number would be the database's to refuse.
_NUMBER = click.IntRange(min=1, max=2**63 - 1)


@click.group(cls=HelpfulGroup)
def quarantine() -> None:
    """Messages that could not be applied: quarantined, or parked until they are understood."""


@quarantine.command("list")
@click.option("--all", "closed", is_flag=True, help="Also those that were redriven or discarded.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a line.")
@reads
def list_(caller: Caller, /, closed: bool, as_json: bool) -> None:
    """List the open ones, quarantined and parked, newest first."""
    with open_session(caller.role, caller.person, reads=True) as session:
        session.catch_up()
        messages = session.read(lambda connection: bad_messages(connection, closed=closed))
        for message in messages:
            if as_json:
                output.print_json(message.document())
            else:
                click.echo(_line(message))
        if not messages and not as_json:
            click.echo("Nothing is in quarantine.", err=True)


@quarantine.command()
@click.argument("id_", metavar="ID", type=_NUMBER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@reads
def show(caller: Caller, /, id_: int, as_json: bool) -> None:
    """Show one with the reason, its bytes, and what can be read of them."""
    with open_session(caller.role, caller.person, reads=True) as session:
        message = session.read(lambda connection: bad_message(connection, id_))
        if as_json:
            output.print_json(message.document())
        else:
            _print(message)


@quarantine.command()
@click.argument("ids", metavar="ID...", type=_NUMBER, nargs=-1, required=True)
@writes
def redrive(call: Call, /, ids: tuple[int, ...]) -> None:
    """Let kept messages go the way in again, after a fix or an update; says what became of each."""
    with open_session(call.role, call.person, call.key) as session:
        session.catch_up()
        session.checked()
        several = len(ids) > 1
        if several:
            session.claim({"word": "redrive", "messages": ids})
        each_of(
            session,
            [str(number) for number in ids],
            lambda item: _taken_again(session, int(item), item if several else "", call.as_json),
            as_json=call.as_json,
            names="message",
        )


def _taken_again(session: Session, number: int, about: str, as_json: bool) -> None:
    """Redrive one message and tell what became of it. Raises ``StillRefused`` when it stays where it is."""
    key = session.key(about)
    session.saved.called(key.id, f"The redrive of message {number}")
    done = redriving.redrive(session.store, key, Redrive(key.id, session.person, number))
    session.spread(done.requests)
    message = done.message
    if message.became in redriving.OPEN:
        refusal = f"Message {number} stays {message.became}: {message.reason.rstrip('.')}."
        session.saved.mark_reported(key.id)
        raise StillRefused(refusal, "`quarantine show` tells more.")
    _tell(session.read(lambda connection: bad_message(connection, number)), as_json, changed=done.changed)
    session.saved.mark_reported(key.id)


@quarantine.command()
@click.argument("id_", metavar="ID", type=_NUMBER)
@click.option("--why", required=True, metavar="TEXT", help="Why nothing is to be done, 3 to 500 characters.")
@writes
def discard(call: Call, /, id_: int, why: str) -> None:
    """Give one up: kept with your reason, and off the list."""
    with open_session(call.role, call.person, call.key) as session:
        key = session.key()
        session.saved.called(key.id, f"The discard of message {id_}")
        discarded = Discard(key.id, session.person, id_, checked_note(why, "why"))
        changed = redriving.discard(session.store, key, discarded)
        _tell(session.read(lambda connection: bad_message(connection, id_)), call.as_json, changed=changed)
        session.saved.mark_reported(key.id)


def _tell(message: BadMessage, as_json: bool, *, changed: bool) -> None:
    if as_json:
        output.print_json(message.document() | {"changed": changed})
    else:
        click.echo(f"{_line(message)}{'' if changed else ' (already so)'}")


def _line(message: BadMessage) -> str:
    reason = message.discarded_why if message.state == "discarded" else message.reason
    return clean(f"{message.id:>6}  {message.state:<11}  {message.where}  {reason}", WHOLE).rstrip()


def _print(message: BadMessage) -> None:
    """Print one, a fact a line; what was done about it and what can be read of it in words."""
    document = message.document()
    done: dict[str, dict[str, Any] | None] = {name: document.pop(name) for name in ("redriven", "discarded")}
    decoded: dict[str, Any] = document.pop("decoded")
    for name, value in document.items():
        click.echo(clean(f"{name:<11}{'' if value is None else value}", WHOLE).rstrip())
    for name, act in done.items():
        if act is not None:
            why = f": {act['why']}" if act.get("why") else ""
            click.echo(clean(f"{name:<11}by {act['by']} at {act['at']}{why}", WHOLE))
    click.echo("what can be read of it:")
    says = decoded.pop("says")
    facts = decoded | (says if isinstance(says, dict) else {"value": "no JSON object"})
    for name, value in facts.items():
        click.echo(clean(f"  {name:<15}{'' if value is None else value}", WHOLE).rstrip())


@click.command()
@click.argument("request", metavar="REQUEST", shell_complete=complete_request)
@click.option("--note", required=True, metavar="TEXT", help="How it was settled, 3 to 500 characters.")
@writes
def settle(call: Call, /, request: str, note: str) -> None:
    """Note how a locked request was settled; it stays locked, and doctor names it no more."""
    with open_session(call.role, call.person, call.key) as session:
        session.catch_up()
        copy = session.target(request)
        result = execute.settle(session.store, session.key(), Settle(copy.id, session.person, checked_note(note)))
        report(session, session.deliver(result), result.changed, as_json=call.as_json)
