"""How a desk is started: the frame first, settings and servers behind it.

What stands behind the first frame is imported late, here and in ``paydesk.infra.service``, and nowhere else: settings,
service and PostgreSQL when the service is made, Kafka, Redis and SQLModel when its worker starts.
"""

import contextlib
import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import click

from paydesk.cli.exits import refuse
from paydesk.cli.keymap import keymap
from paydesk.cli.options import LOOKS
from paydesk.domain.text import clean
from paydesk.role_names import RoleName
from paydesk.settings import PERSON_KEY, THEME_KEY, Servers, SettingsError, own_folder
from paydesk.tui import textual_private
from paydesk.tui.app import DeskApp
from paydesk.tui.screens.base import sentence
from paydesk.tui.state import KeptFiles

_OpenService = Callable[[Servers, str, float], object]
"""Returns the desk of a person, whose decisions are held for so many seconds before they are sent."""
_LONGEST = 60
_NO_SCREEN = ("", "dumb", "unknown")
"""Terminals, by ``TERM``, that show every escape sequence as text, or of which nothing is known."""


def draft_file(role_name: str, person: str | None) -> Path:
    """Return the file of a person's draft."""
    return _state(f"draft-{role_name}{_of(person) or '-login'}")


def filters_file(role_name: str, person: str | None) -> Path:
    """Return the file of the filters that a person used last."""
    return _state(f"filters-{role_name}{_of(person)}")


def view_file(role_name: str, person: str | None) -> Path:
    """Return the file of how a person left a desk."""
    return _state(f"view-{role_name}{_of(person)}")


def _of(person: str | None) -> str:
    """Return what a named person's files have in their names; who is not named is the one of this login."""
    named = person or os.environ.get(PERSON_KEY)
    return f"-{_in_a_name(named)}" if named else ""


def _in_a_name(person: str) -> str:
    """Return the person's name as no other person's file has it, and as every file system takes it."""
    name = quote(person, safe="")
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}-{hashlib.sha256(person.encode()).hexdigest()[:16]}"


def _state(name: str) -> Path:
    return own_folder("state") / f"{name}.json"


def look_of(named: str | None) -> str:
    """Return the look that is asked for, by option or else by the environment. Raises ``SettingsError``."""
    wanted = named or os.environ.get(THEME_KEY, "")
    if wanted.removeprefix("paydesk-") not in (*LOOKS, ""):
        message = f"{THEME_KEY} names a look that there is not: {wanted}."
        raise SettingsError(message, f"There are {', '.join(LOOKS)}.", THEME_KEY)
    return wanted


def run_desk(app: Any) -> None:
    """Run a desk to its end, print its parting sentence, and exit with the code of what kept it from opening.

    What a person has to read is written where a person sees it, whatever stderr is. Raises ``click.UsageError`` where
    there is no terminal to read keys from, or none that can show a desk.
    """
    _refuse_terminal(app.panes[0].role)
    app.say_while_closing = lambda line: click.echo(line, err=True)
    app.run()
    if app.failure is not None:
        code = refuse(app.failure, as_json=False)
        _say_to_person(sentence(app.failure), sys.stderr)
        raise SystemExit(code)
    if app.return_code:
        raise SystemExit(app.return_code)
    if app.parting:
        parting = "\n".join(clean(line, 1000) for line in app.parting.split("\n"))
        click.echo(parting)
        _say_to_person(parting, sys.stdout)


def _refuse_terminal(role: str) -> None:
    others = f"`paydesk {role} list` and the other commands need none."
    if not sys.stdin.isatty():
        why = f"A desk needs a terminal; {others}"
    elif not shows_screens():
        kind = os.environ.get("TERM")
        named = f"TERM={kind}" if kind else "TERM is not set"
        why = f"This terminal cannot show a desk ({named}); {others}"
    else:
        return
    _say_to_person(why, sys.stderr)
    raise click.UsageError(why)


def shows_screens() -> bool:
    """Return whether the terminal, as ``TERM`` names it, can show more than lines."""
    return os.environ.get("TERM", "") not in _NO_SCREEN


def _say_to_person(text: str, written_to: TextIO) -> None:
    """Write a sentence on the terminal, unless what it was written to is one."""
    if not text or written_to.isatty():
        return
    terminal = textual_private.terminal_output() if sys.stdin.isatty() else sys.stdout if sys.stdout.isatty() else None
    if terminal is not None:
        with contextlib.suppress(OSError):
            terminal.write(f"{text}\n")
            terminal.flush()


def open_desk(role: RoleName, person: str | None, look: str | None) -> None:
    """Run the desk of a role to its end."""
    make_app: Callable[..., DeskApp] = importlib.import_module(f"paydesk.{role}.app").APP
    files = KeptFiles(filters_file(role, person), view_file(role, person), draft_file(role, person))
    run_desk(make_app(partial(_open_service, role, person), look=look_of(look), files=files, keys=keymap()))


def _open_service(role: RoleName, person: str | None) -> object:
    """Return the service behind a desk: called in a thread, after the first frame."""
    from paydesk.cli.servers import person_of, servers_of
    from paydesk.settings_file import read_settings

    settings = read_settings()
    servers, who = servers_of(settings), person_of(settings, role, person)
    open_service: _OpenService = importlib.import_module(f"paydesk.{role}.service").open_service
    return open_service(servers, who, settings.hold_seconds)
