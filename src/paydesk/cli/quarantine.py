"""``paydesk ROLE quarantine``: the messages that could not be applied, and what a person does about them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from paydesk.cli.groups import HelpfulGroup
from paydesk.cli.options import as_json_option, as_person, with_key
from paydesk.domain.text import WHOLE, clean
from paydesk.infra.core.role import Role

if TYPE_CHECKING:
    from paydesk.cli.session import Errand
    from paydesk.infra.postgres.read.quarantine import BadMessage

LoadRole = Callable[[], Role]
# What the inbox counts with; a larger number would be the database's to refuse.
_NUMBER = click.IntRange(min=1, max=2**63 - 1)


def quarantine_group(load_role: LoadRole) -> click.Group:
    """Return the commands for a role."""

    @click.group("quarantine", cls=HelpfulGroup)
    def group() -> None:
        """Messages that could not be applied: quarantined, or parked until they are understood."""

    for make in (_list, _show, _redrive, _discard):
        group.add_command(make(load_role))
    return group


def _list(load_role: LoadRole) -> click.Command:
    @click.command("list")
    @click.option("--all", "closed", is_flag=True, help="Also those that were redriven or discarded.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document a line.")
    def command(closed: bool, as_json: bool) -> None:
        """List the open ones, quarantined and parked, newest first."""
        from paydesk.cli import output
        from paydesk.cli.session import errand
        from paydesk.infra.postgres.read.quarantine import bad_messages

        with errand(load_role(), reads=True) as here:
            here.catch_up()
            found = here.read(lambda connection: bad_messages(connection, closed=closed))
            for bad in found:
                if as_json:
                    output.print_json(bad.document())
                else:
                    click.echo(_line(bad))
            if not found and not as_json:
                click.echo("Nothing is in quarantine.", err=True)

    return command


def _show(load_role: LoadRole) -> click.Command:
    @click.command("show")
    @click.argument("id_", metavar="ID", type=_NUMBER)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    def command(id_: int, as_json: bool) -> None:
        """Show one with the reason, its bytes, and what can be read of them."""
        from paydesk.cli import output
        from paydesk.cli.session import errand
        from paydesk.infra.postgres.read.quarantine import bad_message

        with errand(load_role(), reads=True) as here:
            bad = here.read(lambda connection: bad_message(connection, id_))
            if as_json:
                output.print_json(bad.document())
            else:
                _print(bad)

    return command


def _redrive(load_role: LoadRole) -> click.Command:
    @click.command("redrive")
    @click.argument("ids", metavar="ID...", type=_NUMBER, nargs=-1, required=True)
    @as_json_option
    @with_key
    @as_person
    @click.pass_obj
    def command(outer: str | None, ids: tuple[int, ...], as_json: bool, key: str | None, person: str | None) -> None:
        """Let kept messages go the way in again, after a fix or an update; says what became of each."""
        from paydesk.cli.report import each_of
        from paydesk.cli.session import errand

        with errand(load_role(), person or outer, key) as here:
            here.catch_up()
            here.checked()
            several = len(ids) > 1
            if several:
                here.claim({"word": "redrive", "messages": ids})
            each_of(
                here,
                [str(each) for each in ids],
                lambda item: _taken_again(here, int(item), item if several else "", as_json),
                as_json=as_json,
                names="message",
            )

    return command


def _taken_again(here: "Errand", number: int, about: str, as_json: bool) -> None:
    """Redrive one message and tell what became of it. Raises ``StillRefused`` when it stays where it is."""
    from paydesk.infra.core.errors import StillRefused
    from paydesk.infra.postgres.read.quarantine import bad_message
    from paydesk.infra.recovery.redrive import OPEN, redrive

    key = here.key(about)
    here.saved.called(key.id, f"The redrive of message {number}")
    done = redrive(here.store, key, number, here.person)
    here.spread(done.requests)
    message = done.message
    if message.became in OPEN:
        told = f"Message {number} stays {message.became}: {message.reason.rstrip('.')}."
        here.saved.told(key.id)
        raise StillRefused(told, "`quarantine show` tells more.")
    _tell(here.read(lambda connection: bad_message(connection, number)), as_json, changed=done.changed)
    here.saved.told(key.id)


def _discard(load_role: LoadRole) -> click.Command:
    @click.command("discard")
    @click.argument("id_", metavar="ID", type=_NUMBER)
    @click.option("--why", required=True, metavar="TEXT", help="Why nothing is to be done, 3 to 500 characters.")
    @as_json_option
    @with_key
    @as_person
    @click.pass_obj
    def command(outer: str | None, id_: int, why: str, as_json: bool, key: str | None, person: str | None) -> None:
        """Give one up: kept with your reason, and off the list."""
        from paydesk.cli.session import errand
        from paydesk.infra.postgres.read.quarantine import bad_message
        from paydesk.infra.recovery.redrive import discard

        with errand(load_role(), person or outer, key) as here:
            key_ = here.key()
            here.saved.called(key_.id, f"The discard of message {id_}")
            changed = discard(here.store, key_, id_, here.person, why)
            _tell(here.read(lambda connection: bad_message(connection, id_)), as_json, changed=changed)
            here.saved.told(key_.id)

    return command


def _tell(bad: "BadMessage", as_json: bool, *, changed: bool) -> None:
    from paydesk.cli import output

    if as_json:
        output.print_json(bad.document() | {"changed": changed})
    else:
        click.echo(f"{_line(bad)}{'' if changed else ' (already so)'}")


def _line(bad: "BadMessage") -> str:
    told = bad.discarded_why if bad.state == "discarded" else bad.reason
    return clean(f"{bad.id:>6}  {bad.state:<11}  {bad.where}  {told}", WHOLE).rstrip()


def _print(bad: "BadMessage") -> None:
    """Print one, a fact a line; what was done about it and what can be read of it in words."""
    document = bad.document()
    done: dict[str, dict[str, Any] | None] = {name: document.pop(name) for name in ("redriven", "discarded")}
    decoded: dict[str, Any] = document.pop("decoded")
    for name, value in document.items():
        click.echo(clean(f"{name:<11}{'' if value is None else value}", WHOLE).rstrip())
    for name, one in done.items():
        if one is not None:
            why = f": {one['why']}" if one.get("why") else ""
            click.echo(clean(f"{name:<11}by {one['by']} at {one['at']}{why}", WHOLE))
    click.echo("what can be read of it:")
    says = decoded.pop("says")
    facts = decoded | (says if isinstance(says, dict) else {"value": "no JSON object"})
    for name, value in facts.items():
        click.echo(clean(f"  {name:<15}{'' if value is None else value}", WHOLE).rstrip())
