"""``paydesk ROLE wait`` and ``worker``: wait for a decision, and do a desk's work without a screen."""

import gc
import re
import signal
import threading
import time

import click

from paydesk.cli import output
from paydesk.cli.completion import complete_request
from paydesk.cli.options import Caller, reads
from paydesk.cli.session import Session, open_session
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.errors import InvalidInput
from paydesk.domain.status import ANSWERED
from paydesk.domain.text import clean
from paydesk.infra.core.errors import WaitTimedOut
from paydesk.tui.text.wording import health_words
from paydesk.waiting import waiting_for

_POLL_S = 0.1
_MAX_WAIT_S = 1_000_000 * 3600


def decided(copy: RequestCopy) -> bool:
    """Whether a request is rejected, or finally accepted or withdrawn; held is not final."""
    return copy.status in ANSWERED and copy.delivery is not Delivery.HELD


def seconds_of(typed: str) -> float:
    """Return a length of time in seconds: ``60``, ``60s``, ``5m``, ``1h``. Raises ``InvalidInput``."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(s|m|h)?", typed.strip())
    if not match:
        raise InvalidInput.of("timeout", "Write the time to wait as 60s, 5m or 1h.")
    seconds = float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2] or "s"]
    if seconds > _MAX_WAIT_S:
        raise InvalidInput.of("timeout", f"Write a time to wait of at most {_MAX_WAIT_S // 3600:,} h.")
    return seconds


def with_unit(typed: str) -> str:
    """Return a length of time as it was typed, with its unit: a number alone means seconds."""
    return typed.strip() if typed.strip()[-1:].isalpha() else f"{typed.strip()} s"


@click.command()
@click.argument("request", shell_complete=complete_request)
@click.option("--for", type=click.Choice(["decided"]), default="decided", expose_value=False, help="What for.")
@click.option("--timeout", default="60s", metavar="TIME", help="How long at most: 60s, 5m, 1h.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@reads
def wait(caller: Caller, /, request: str, timeout: str, as_json: bool) -> None:
    """Wait until a request is rejected, or finally accepted or withdrawn."""
    until = time.monotonic() + seconds_of(timeout)
    with open_session(caller.role, caller.person, reads=True) as session:
        if not session.copied:
            session.work()
        session.catch_up(min(4.0, seconds_of(timeout)))
        copy = session.find(request)
        with waiting_for(f"the decision about {copy.number}"):
            while not decided(copy):
                if time.monotonic() > until:
                    raise WaitTimedOut(
                        f"{copy.number} is still {copy.status} after {with_unit(timeout)}.",
                        "Wait longer with --timeout.",
                    )
                time.sleep(_POLL_S)
                copy = session.get(copy.id)
        if as_json:
            output.print_json(output.document(copy))
        else:
            output.print_sentence(copy)


@click.command()
@reads
def worker(caller: Caller) -> None:
    """Run the worker without a screen, until ^c or SIGTERM."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    session = Session(caller.role, caller.person)
    running = session.work(brief=False)
    last = ""
    click.echo(f"paydesk {session.role.name} worker: started", err=True)
    while not ending.wait(0.5):
        health = running.health()
        words = health_words(health, session.role.name)
        state = f"{health.duty}{': ' + words.text if words.trouble else ''}"
        if state != last:
            last = state
            gc.freeze()  # What is there by now stays: no collection of what a batch leaves looks through it again.
            click.echo(clean(f"paydesk {session.role.name} worker: {state}", 2000), err=True)
    click.echo(f"paydesk {session.role.name} worker: stopped. {session.close()}".rstrip(), err=True)
