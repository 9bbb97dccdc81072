"""How a command line that did not end well ends: a sentence for a person or a document for a program, and a code."""

import json
import logging
import sys
from collections.abc import Mapping
from types import MappingProxyType

import click
from rich.cells import cell_len

from paydesk import secrecy
from paydesk.cli import streams
from paydesk.cli.ending import EndedBySignal
from paydesk.cli.saved import Saved
from paydesk.domain.filter_text import FilterError
from paydesk.domain.text import clean, escaped, visible
from paydesk.kept_log import log_file

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


def ended(error: BaseException, saved: Saved, *, as_json: bool) -> int:
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
    if isinstance(error, EndedBySignal):
        return _refuse(as_json, 128 + error.number, "interrupted", "Interrupted.", "")
    if isinstance(error, click.ClickException):
        asked = error.ctx if isinstance(error, click.UsageError) else None
        hint = f"`{asked.command_path} --help` tells more." if asked else ""
        if isinstance(error, click.NoSuchOption):
            hint += " Write -- before words that begin with a dash."
        message = " ".join(error.format_message().split())
        return _refuse(as_json, USAGE, "usage", message if message.endswith((".", "?", "!")) else f"{message}.", hint)
    if isinstance(error, SystemExit):
        # click's way of ending when whoever reads has enough: its exit says so, and nothing went wrong.
        return 0 if type(sys.stdout).__name__.endswith("PacifyFlushWrapper") else int(error.code or 0)
    if isinstance(error, BrokenPipeError):
        return 0
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        message = f"The system refused: {error.strerror or type(error).__name__}{where}."
        logging.getLogger("paydesk").error("refused by the system", exc_info=error)
        return _refuse(as_json, UNEXPECTED, "system", message, f"{log_file()} tells more.")
    return refuse(error, as_json=as_json)


def refuse(error: BaseException, *, as_json: bool) -> int:
    """Tell a person, or a program, what went wrong; returns the exit code."""
    code, message = getattr(error, "code", None), getattr(error, "message", None)
    if isinstance(code, str) and isinstance(message, str) and code in EXIT_CODES:
        more: dict[str, object] = {"at": error.at} if isinstance(error, FilterError) else {}
        if code == "outcome_unknown":
            more = dict(getattr(error, "facts", {}))
        if isinstance(error, FilterError) and not as_json:
            streams.say_aside(pointed(error))
        return _refuse(as_json, EXIT_CODES[code], code, message, getattr(error, "hint", ""), more)
    logging.getLogger("paydesk").error("unexpected", exc_info=error)
    unexpected = f"Something went wrong that should not: {type(error).__name__}."
    return _refuse(as_json, UNEXPECTED, "unexpected", unexpected, f"{log_file()} tells more.")


def _refuse(
    as_json: bool, exit_code: int, code: str, message: str, hint: str, more: Mapping[str, object] = MappingProxyType({})
) -> int:
    message, hint = clean(secrecy.hide(message), 2000), clean(secrecy.hide(hint), 1000)
    if as_json:
        error = {"code": code, "message": message, "hint": hint, **more}
        streams.say_aside(escaped(json.dumps({"error": error}, ensure_ascii=False)))
    else:
        streams.say_aside(f"{message} {hint}".strip())
    return exit_code


def pointed(error: FilterError) -> str:
    """Return the filter that was typed, and below it a mark under the fault, in the cells of a terminal."""
    return f"{visible(error.typed)}\n{' ' * cell_len(error.before)}^"
