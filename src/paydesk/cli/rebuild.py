"""``paydesk rebuild``: a side's schema emptied, and read anew from both topics."""

import json
import time
from typing import TYPE_CHECKING, Any

import click

from paydesk.cli.options import as_json_option
from paydesk.domain.text import counted
from paydesk.role_names import ROLES

if TYPE_CHECKING:
    from paydesk.cli.session import Errand
    from paydesk.infra.core.health import BroughtBack
    from paydesk.infra.postgres.rebuilding import Filled

_LEAVE_S = 60.0
"""How long what was said may take to leave before the schema is emptied."""
_LOOK_S, _TELL_S = 0.05, 2.0
_AWAY_S = 15.0
"""How long the broker may be away while the topics are read."""
UNKNOWN = "When each request first came in here is not known any more: it counts from now on."


@click.command()
@click.argument("side", metavar="|".join(ROLES), type=click.Choice(ROLES))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--lose-unsent", is_flag=True, help="Give up what was said and has not left, and do not look for it.")
@as_json_option
def rebuild(side: str, yes: bool, lose_unsent: bool, as_json: bool) -> None:
    """Empty a side's schema, and read it anew from both topics. No desk or worker of that side may run."""
    from paydesk.cli.roles import roles
    from paydesk.cli.session import errand
    from paydesk.infra.postgres import rebuilding

    with errand(next(role for role in roles() if role.name == side)) as here:
        _refuse_without_kafka(here)
        rebuilding.refuse_company(here.url, here.role)
        before = here.read(rebuilding.filled)
        if not yes and not _confirmed(side, before):
            click.echo("Nothing was emptied.")
            raise SystemExit(1)
        if not lose_unsent:
            _let_leave(here)
        here.rest()  # Nobody of this side may be connected, this errand included.
        rebuilding.empty(here.url, here.role, lose_unsent=lose_unsent)
        _read_anew(here)
        _report(here, before, as_json)


def _refuse_without_kafka(here: "Errand") -> None:
    from paydesk.infra.core.errors import NotNow, ServerDown

    found = here.servers.endpoints(here.role.name)
    if found.kafka is None:
        raise ServerDown("Kafka has no address yet.", "Nothing was emptied. Wait until it has started.")
    if found.memory_broker:
        raise NotNow(
            "The in-memory broker forgets everything when it ends: nothing could be read back from it for sure.",
            "Nothing was emptied. `paydesk doctor` tells why Apache Kafka is not in use.",
        )


def _confirmed(side: str, before: "Filled") -> bool:
    asks = (
        f"This empties the {side}'s schema, {counted(before.requests, 'request')}, and reads both topics again."
        " Type rebuild to go on"
    )
    typed: str = click.prompt(asks, default="", show_default=False, err=True)
    return typed.strip() == "rebuild"


def _let_leave(here: "Errand") -> None:
    """See to it that everything that this side said stands on its topic: all of that is read, the rest is sent."""
    from paydesk.infra.core.errors import ServerDown
    from paydesk.infra.core.health import Duty, PartState
    from paydesk.infra.postgres import rebuilding
    from paydesk.infra.postgres.read import queries

    rebuilding.doubt_all(here.url, here.role)
    worker, until = here.work(), time.monotonic() + _LEAVE_S
    while worker.health().duty is not Duty.WORKING or here.read(queries.counts).unsent:
        if time.monotonic() > until or worker.health().kafka.state is PartState.DOWN:
            told = worker.health().kafka.error or "What this side said did not leave in time."
            raise ServerDown(told, "Nothing was emptied. `paydesk doctor` tells what is wrong.")
        time.sleep(_LOOK_S)
    here.rest()


def _read_anew(here: "Errand") -> None:
    """Work until everything is applied that both topics held, and tell how far it is."""
    from paydesk.infra.core.errors import ServerDown
    from paydesk.infra.core.health import Duty, PartState
    from paydesk.infra.postgres import rebuilding

    worker = here.work(brief=False)
    told_at = reached_at = time.monotonic()
    while worker.health().duty is not Duty.WORKING or not worker.caught_up:
        now = time.monotonic()
        if worker.health().kafka.state is not PartState.DOWN:
            reached_at = now
        elif now - reached_at > _AWAY_S:
            raise ServerDown(
                "The schema is empty, and Kafka went away before it was read anew.",
                f"It is read by itself once Kafka is back: open a desk, or run `paydesk {here.role.name} worker`.",
            )
        if now - told_at > _TELL_S:
            told_at, found = now, here.read(rebuilding.filled)
            click.echo(f"{counted(found.own_events + found.heard, 'message')} read ...", err=True)
        time.sleep(_LOOK_S)


def _report(here: "Errand", before: "Filled", as_json: bool) -> None:
    from paydesk.infra.postgres import rebuilding
    from paydesk.infra.postgres.read import queries

    found, back = here.read(rebuilding.filled), here.read(queries.counts).brought_back
    if as_json:
        click.echo(json.dumps(_document(here.role.name, before, found, back)))
        return
    missing = before.requests - found.requests
    less = f", {missing:,} fewer than before" if missing > 0 else ""
    requests = counted(found.requests, "request")
    click.echo(f"The {here.role.name}'s schema is read anew: {requests}{less}, {found.locked} locked.")
    click.echo(back.told if back else "Nothing came back from the own topic.")
    bad = f", of them {found.bad:,} in quarantine or parked" if found.bad else ""
    click.echo(f"{counted(found.heard, 'message')} of the other side came in again{bad}. {UNKNOWN}")


def _document(side: str, before: "Filled", found: "Filled", back: "BroughtBack | None") -> dict[str, Any]:
    from paydesk.infra.core.health import NOT_KNOWN

    return {
        "side": side,
        "requests_before": before.requests,
        "requests": found.requests,
        "locked": found.locked,
        "own_events": back.events if back else 0,
        "last_said_at": back.last_said_at.isoformat() if back else None,
        "heard": found.heard,
        "quarantined_or_parked": found.bad,
        "not_known": [NOT_KNOWN, UNKNOWN],
    }
