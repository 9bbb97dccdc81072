"""The command line: arguments in, exit code out. Imports only what was asked for; no traceback reaches a person."""

import logging
import os
import sys
import time
from collections.abc import Sequence

import click

from paydesk.cli import streams
from paydesk.cli.ending import Deaf, raised
from paydesk.cli.groups import LazyGroup, Leaf
from paydesk.cli.saved import recorded
from paydesk.kept_log import keep_log, log_file
from paydesk.role_names import ROLES
from paydesk.settings import SettingsError

_LEAVES: dict[str, Leaf] = {
    **{
        role: Leaf(
            "paydesk.cli.role_groups",
            role,
            f"The {role}'s desk; with a command, the same without a screen.",
            f"The {role}'s desk, and its commands.",
        )
        for role in ROLES
    },
    "stack": Leaf(
        "paydesk.cli.stack",
        "stack",
        "PostgreSQL, Valkey and Apache Kafka, started from packages for one login.",
        "The embedded servers.",
    ),
    "rebuild": Leaf(
        "paydesk.cli.rebuild",
        "rebuild",
        "Empty a side's schema, and read it anew from both topics.",
        "Empty a side's database, and read it anew from Kafka.",
    ),
    "doctor": Leaf("paydesk.cli.doctor", "doctor", "Tell what is wrong, in words, and what to do."),
    "completion": Leaf(
        "paydesk.cli.shell",
        "completion",
        "Print what makes a shell complete commands, options and request numbers.",
        "Print what makes bash, zsh or fish complete paydesk.",
    ),
    "demo": Leaf(
        "paydesk.cli.demo.command",
        "demo",
        "Show the whole way of a payment request, on servers of its own that are deleted at the end.",
        "Show the whole way of a payment request, on a stack of its own.",
    ),
}
_DAY_S = 86_400
"""So far from UTC no place is, in seconds; Python tells no time there."""


@click.group(cls=LazyGroup, leaves=_LEAVES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="paydesk")
def paydesk() -> None:
    """Contractors request payments, managers approve or reject them, each from a terminal."""
    if abs(time.localtime().tm_gmtoff) >= _DAY_S:
        wrong = f"TZ={os.environ.get('TZ', '')} is a day or more away from UTC."
        raise SettingsError(wrong, "Set it to a time zone such as Europe/Berlin, or leave it out.", "TZ")


def run(arguments: Sequence[str], *, last: bool = False) -> int:
    """Run a command line; returns the exit code. ``last``: nothing but the exit follows, which no signal changes."""
    keep_log(log_file())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    was_open = streams.prepare(arguments)
    as_json = "--json" in arguments
    deaf = Deaf()
    with recorded() as saved, raised():
        try:
            try:
                code = paydesk.main(list(arguments), prog_name="paydesk", standalone_mode=False)
                sys.stdout.flush()
            finally:
                deaf.begin()
        except BaseException as error:
            from paydesk.cli.exits import ended  # Most commands end well, and need nothing of it.

            return ended(error, saved, as_json=as_json)
        finally:
            if not last:
                deaf.end()
        if saved.names and not was_open:
            streams.say_aside(f"{', '.join(saved.names)} saved; standard output is closed. The key is {saved.key}.")
        return code if isinstance(code, int) else 0
