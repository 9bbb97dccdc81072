"""The options that many commands share, and the call that a command gets of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import click

from paydesk.cli.roles import role_named
from paydesk.infra.core.role import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """What stands before a command's name: its role, and who acts if the command itself names nobody."""

    role_name: str
    person: str | None = None

    @property
    def role(self) -> Role:
        """The role whose command it is."""
        return role_named(self.role_name)


@dataclass(frozen=True, slots=True)
class Call:
    """How a command that writes is called: as which role, by whom, with which key, and whether it answers in JSON.

    Nobody named is the login; no key named is one that is made up.
    """

    role: Role
    person: str | None
    key: str | None
    as_json: bool


def named(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return the name that was written; an empty one, such as of a variable that is not set, is nobody's."""
    if value is not None and not value.strip():
        raise click.BadParameter("Write a name, or leave it out.")
    return value


def keyed(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return the key that was written; an empty one would be the same for everybody who forgot to set a variable."""
    if value is not None and not value.strip():
        raise click.BadParameter("Write a key, or leave it out.")
    if value is not None and any("\ud800" <= char <= "\udfff" for char in value):
        raise click.BadParameter("It holds a character that is none; write it in letters and digits.")
    return value


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
as_person = click.option(
    "--as", "person", metavar="NAME", callback=named, help="Who acts, and who from:me is; else your login name."
)
with_key = click.option(
    "--key", metavar="K", callback=keyed, help="The same key again has one effect, so a retry is safe."
)
LOOKS = ("dusk", "paper", "contrast")
"""The looks by name; the screens' own list is not read here, as a command line without a screen needs no Textual."""
with_look = click.option("--theme", "look", type=click.Choice(LOOKS), help="The look of the desk.")


def reads(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command that writes nothing --as; it gets its ``Caller`` with who was named last, before it or behind."""

    @as_person
    @click.pass_obj
    @wraps(function)
    def called(caller: Caller, /, *arguments: Any, person: str | None, **named: Any) -> None:
        function(replace(caller, person=person or caller.person), *arguments, **named)

    return called


def writes(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command that writes --json, --key and --as; it gets them as one ``Call``, its first argument."""

    @as_json_option
    @with_key
    @as_person
    @click.pass_obj
    @wraps(function)
    def called(
        caller: Caller, /, *arguments: Any, as_json: bool, key: str | None, person: str | None, **named: Any
    ) -> None:
        function(Call(caller.role, person or caller.person, key, as_json), *arguments, **named)

    return called
