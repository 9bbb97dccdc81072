"""The commands that both roles have: list, show, insights, wait, worker, quarantine, settle; each gets the card."""

import re
import signal
import threading
import time
from collections.abc import Callable

import click

from paydesk.cli.completion import complete_request
from paydesk.cli.insights import insights_command
from paydesk.cli.list_show import list_command, show_command
from paydesk.cli.quarantine import quarantine_group
from paydesk.cli.settle import settle_command
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.errors import InvalidInput
from paydesk.domain.status_facts import ANSWERED
from paydesk.domain.text import clean
from paydesk.infra.core.role import Role

_WAIT_LOOK_S = 0.1
_MOST_WAIT_S = 1_000_000 * 3600


def add_to(group: click.Group, load_role: Callable[[], Role]) -> None:
    """Add the common commands to a role's group."""
    for make in (list_command, show_command, insights_command, _wait, _worker, quarantine_group, settle_command):
        group.add_command(make(load_role))


def decided(copy: RequestCopy) -> bool:
    """Whether a request is rejected, or finally accepted or withdrawn; held is not final."""
    return copy.status in ANSWERED and copy.delivery is not Delivery.HELD


def seconds_of(typed: str) -> float:
    """Return a length of time in seconds: ``60``, ``60s``, ``5m``, ``1h``. Raises ``InvalidInput``."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(s|m|h)?", typed.strip())
    if not found:
        raise InvalidInput.of("timeout", "Write the time to wait as 60s, 5m or 1h.")
    seconds = float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2] or "s"]
    if seconds > _MOST_WAIT_S:
        raise InvalidInput.of("timeout", f"Write a time to wait of at most {_MOST_WAIT_S // 3600:,} h.")
    return seconds


def with_unit(typed: str) -> str:
    """Return a length of time as it was typed, with its unit: a number alone means seconds."""
    return typed.strip() if typed.strip()[-1:].isalpha() else f"{typed.strip()} s"


def _wait(load_role: Callable[[], Role]) -> click.Command:
    @click.command("wait")
    @click.argument("request", shell_complete=complete_request)
    @click.option("--for", type=click.Choice(["decided"]), default="decided", expose_value=False, help="What for.")
    @click.option("--timeout", default="60s", metavar="TIME", help="How long at most: 60s, 5m, 1h.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    def command(request: str, timeout: str, as_json: bool) -> None:
        """Wait until a request is rejected, or finally accepted or withdrawn."""
        from paydesk.cli import output
        from paydesk.cli.session import errand
        from paydesk.infra.core.errors import WaitTimedOut
        from paydesk.waiting import waiting_for

        until = time.monotonic() + seconds_of(timeout)
        with errand(load_role(), reads=True) as here:
            if not here.copied:
                here.work()
            here.catch_up(min(4.0, seconds_of(timeout)))
            copy = here.find(request)
            with waiting_for(f"the decision about {copy.number}"):
                while not decided(copy):
                    if time.monotonic() > until:
                        raise WaitTimedOut(
                            f"{copy.number} is still {copy.status} after {with_unit(timeout)}.",
                            "Wait longer with --timeout.",
                        )
                    time.sleep(_WAIT_LOOK_S)
                    copy = here.get(copy.id)
            if as_json:
                output.print_json(output.document(copy))
            else:
                output.print_sentence(copy)

    return command


def _worker(load_role: Callable[[], Role]) -> click.Command:
    @click.command("worker")
    def command() -> None:
        """Run the worker without a screen, until ^c or SIGTERM."""
        from paydesk.cli.session import Errand
        from paydesk.tui.wording import health_words

        ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: ending.set())
        here = Errand(load_role())
        worker = here.work(brief=False)
        said = ""
        click.echo(f"paydesk {here.role.name} worker: started", err=True)
        while not ending.wait(0.5):
            health = worker.health()
            words = health_words(health, here.role.name)
            told = f"{health.duty}{': ' + words.text if words.trouble else ''}"
            if told != said:
                said = told
                click.echo(clean(f"paydesk {here.role.name} worker: {told}", 2000), err=True)
        click.echo(f"paydesk {here.role.name} worker: stopped. {here.close()}".rstrip(), err=True)

    return command
