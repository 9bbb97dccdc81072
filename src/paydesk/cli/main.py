"""The front door: arguments in, exit code out. Loads only what was asked for; no traceback ever reaches a person."""

import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import click

from paydesk import secrecy
from paydesk.cli import streams
from paydesk.cli.ending import Deaf, Ended
from paydesk.cli.groups import HelpfulGroup
from paydesk.cli.saved import Saved, recorded
from paydesk.kept_log import keep_log
from paydesk.settings import SettingsError, own_folder

_COMMANDS = {
    "contractor": ("paydesk.cli.contractor", "contractor", "The contractor's desk, and its commands."),
    "manager": ("paydesk.cli.manager", "manager", "The manager's desk, and its commands."),
    "stack": ("paydesk.cli.stack", "stack", "The embedded servers."),
    "rebuild": ("paydesk.cli.rebuild", "rebuild", "Empty a side's database, and read it anew from Kafka."),
    "doctor": ("paydesk.cli.doctor", "doctor", "Tell what is wrong, in words, and what to do."),
    "completion": ("paydesk.cli.completion", "completion", "Print what makes bash, zsh or fish complete paydesk."),
    "demo": ("paydesk.cli.demo", "demo", "Show the whole way of a payment request, on a stack of its own."),
}
_DAY_S = 86_400
"""So far from UTC no place is, in seconds; Python tells no time there."""
EXIT_CODES = {
    "settings": 2,
    "invalid_input": 3,
    "unknown_request": 4,
    "conflict": 5,
    "stale": 5,
    "already_decided": 5,
    "too_late": 5,
    "looks_alike": 5,
    "locked": 5,
    "not_now": 5,
    "still_refused": 5,
    "not_allowed": 6,
    "copied_schema": 6,
    "server_down": 7,
    "schema_too_new": 7,
    "key_reused": 8,
    "some_failed": 9,
    "outcome_unknown": 10,
    "wait_timed_out": 11,
}
USAGE, INTERRUPTED, UNEXPECTED = 2, 130, 1


class LazyGroup(HelpfulGroup):
    """Commands that are imported when they are asked for."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the commands, in the order of the way."""
        return list(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][:2]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; one that there is not is refused with what it may stand for."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as unknown:
            raise click.exceptions.NoSuchCommand(unknown.command_name, possibilities=_COMMANDS, ctx=ctx) from None

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command[2]) for name, command in _COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paydesk")
def paydesk() -> None:
    """Contractors request payments, managers approve or reject them, each from a terminal."""
    if abs(time.localtime().tm_gmtoff) >= _DAY_S:
        told = f"TZ={os.environ.get('TZ', '')} is a day or more away from UTC."
        raise SettingsError(told, "Set it to a time zone such as Europe/Berlin, or leave it out.", "TZ")


def log_file() -> Path:
    """Return the file that keeps what went wrong."""
    return own_folder("log") / "paydesk.log"


def run(arguments: Sequence[str], *, last: bool = False) -> int:
    """Run a command line; returns the exit code. ``last``: nothing but the exit follows, which no signal changes."""
    keep_log(log_file())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    was_open = streams.prepare(arguments)
    as_json = "--json" in arguments
    deaf = Deaf()
    with recorded() as saved:
        try:
            try:
                code = paydesk.main(list(arguments), prog_name="paydesk", standalone_mode=False)
                sys.stdout.flush()
            finally:
                deaf.begin()
        except BaseException as error:
            return _ended(error, saved, as_json)
        finally:
            if not last:
                deaf.end()
        if saved.names and not was_open:
            streams.say_aside(f"{', '.join(saved.names)} saved; standard output is closed. The key is {saved.key}.")
        return code if isinstance(code, int) else 0


def _ended(error: BaseException, saved: Saved, as_json: bool) -> int:
    """Tell what ended a command; returns the exit code. What was saved before is told as saved."""
    if isinstance(error, OSError | ValueError | click.Abort | SystemExit):
        streams.silence_broken()
    truth = saved.truth(error)
    if truth is not None:
        logging.getLogger("paydesk").error("after a commit", exc_info=error)
        return 0 if saved.complete else refuse(truth, as_json=as_json)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _refuse(as_json, INTERRUPTED, "interrupted", "Interrupted.", "")
    if isinstance(error, Ended):
        return _refuse(as_json, 128 + error.number, "interrupted", "Interrupted.", "")
    if isinstance(error, click.ClickException):
        asked = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"`{asked.command_path} --help` tells more." if asked else ""
        if isinstance(error, click.NoSuchOption):
            hint += " Write -- before words that begin with a dash."
        told = " ".join(error.format_message().split())
        return _refuse(as_json, USAGE, "usage", told if told.endswith((".", "?", "!")) else f"{told}.", hint)
    if isinstance(error, SystemExit):
        # click's way of ending when whoever reads has enough: its exit says so, and nothing went wrong.
        return 0 if type(sys.stdout).__name__.endswith("PacifyFlushWrapper") else int(error.code or 0)
    if isinstance(error, BrokenPipeError):
        return 0
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        told = f"The system refused: {error.strerror or type(error).__name__}{where}."
        logging.getLogger("paydesk").error("refused by the system", exc_info=error)
        return _refuse(as_json, UNEXPECTED, "system", told, f"{log_file()} tells more.")
    return refuse(error, as_json=as_json)


def refuse(error: BaseException, *, as_json: bool) -> int:
    """Tell a person, or a program, what went wrong; returns the exit code."""
    from paydesk.domain.filter_text import FilterError

    code, message = getattr(error, "code", None), getattr(error, "message", None)
    if isinstance(code, str) and isinstance(message, str) and code in EXIT_CODES:
        more: dict[str, object] = {"at": error.at} if isinstance(error, FilterError) else {}
        if code == "outcome_unknown":
            more = dict(getattr(error, "facts", {}))
        if isinstance(error, FilterError) and not as_json:
            from paydesk.cli.wrapping import pointed

            streams.say_aside(pointed(error))
        return _refuse(as_json, EXIT_CODES[code], code, message, getattr(error, "hint", ""), more)
    logging.getLogger("paydesk").error("unexpected", exc_info=error)
    told = f"Something went wrong that should not: {type(error).__name__}."
    return _refuse(as_json, UNEXPECTED, "unexpected", told, f"{log_file()} tells more.")


def _refuse(
    as_json: bool, exit_code: int, code: str, message: str, hint: str, more: Mapping[str, object] = MappingProxyType({})
) -> int:
    from paydesk.domain.text import clean, escaped

    message, hint = clean(secrecy.hide(message), 2000), clean(secrecy.hide(hint), 1000)
    if as_json:
        error = {"code": code, "message": message, "hint": hint, **more}
        streams.say_aside(escaped(json.dumps({"error": error}, ensure_ascii=False)))
    else:
        streams.say_aside(f"{message} {hint}".strip())
    return exit_code
