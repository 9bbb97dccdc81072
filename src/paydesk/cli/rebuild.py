"""``paydesk rebuild``: a side's schema emptied, and read anew from both topics."""

import json
import time
from typing import Any

import click

from paydesk.cli import asking
from paydesk.cli.options import as_json_option
from paydesk.cli.roles import role_named
from paydesk.cli.session import Session, open_session
from paydesk.domain.text import counted
from paydesk.infra.core.errors import NotNow, ServerDown
from paydesk.infra.core.health import NOT_KNOWN, BroughtBack, Duty, PartState
from paydesk.infra.postgres import rebuilding
from paydesk.infra.postgres.read import queries
from paydesk.infra.postgres.rebuilding import Filled
from paydesk.role_names import ROLES

_LEAVE_S = 60.0
"""How long what was said may take to leave before the schema is emptied."""
_POLL_S, _TELL_S = 0.05, 2.0
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
    with open_session(role_named(side)) as session:
        _refuse_without_kafka(session)
        rebuilding.refuse_company(session.url, session.role)
        before = session.read(rebuilding.filled)
        if not yes and not _confirmed(side, before):
            click.echo("Nothing was emptied.")
            raise SystemExit(1)
        if not lose_unsent:
            _let_leave(session)
        session.rest()  # Nobody of this side may be connected, this session included.
        rebuilding.empty(session.url, session.role, lose_unsent=lose_unsent)
        _read_anew(session)
        _report(session, before, as_json)


def _refuse_without_kafka(session: Session) -> None:
    endpoints = session.servers.endpoints(session.role.name)
    if endpoints.kafka is None:
        raise ServerDown("Kafka has no address yet.", "Nothing was emptied. Wait until it has started.")
    if endpoints.memory_broker:
        raise NotNow(
            "The in-memory broker forgets everything when it ends: nothing could be read back from it for sure.",
            "Nothing was emptied. `paydesk doctor` tells why Apache Kafka is not in use.",
        )


def _confirmed(side: str, before: Filled) -> bool:
    asks = (
        f"This empties the {side}'s schema, {counted(before.requests, 'request')}, and reads both topics again."
        " Type rebuild to go on"
    )
    return asking.word(asks, without="--yes") == "rebuild"


def _let_leave(session: Session) -> None:
    """See to it that everything that this side said stands on its topic: all of that is read, the rest is sent."""
    rebuilding.doubt_all(session.url, session.role)
    worker, until = session.work(), time.monotonic() + _LEAVE_S
    while worker.health().duty is not Duty.WORKING or session.read(queries.counts).unsent:
        if time.monotonic() > until or worker.health().kafka.state is PartState.DOWN:
            reason = worker.health().kafka.error or "What this side said did not leave in time."
            raise ServerDown(reason, "Nothing was emptied. `paydesk doctor` tells what is wrong.")
        time.sleep(_POLL_S)
    session.rest()


def _read_anew(session: Session) -> None:
    """Work until everything is applied that both topics held, and tell how far it is."""
    worker = session.work(brief=False)
    told_at = reached_at = time.monotonic()
    while worker.health().duty is not Duty.WORKING or not worker.caught_up:
        now = time.monotonic()
        if worker.health().kafka.state is not PartState.DOWN:
            reached_at = now
        elif now - reached_at > _AWAY_S:
            raise ServerDown(
                "The schema is empty, and Kafka went away before it was read anew.",
                f"It is read by itself once Kafka is back: open a desk, or run `paydesk {session.role.name} worker`.",
            )
        if now - told_at > _TELL_S:
            told_at, filled = now, session.read(rebuilding.filled)
            click.echo(f"{counted(filled.own_events + filled.heard, 'message')} read ...", err=True)
        time.sleep(_POLL_S)


def _report(session: Session, before: Filled, as_json: bool) -> None:
    after, back = session.read(rebuilding.filled), session.read(queries.counts).brought_back
    if as_json:
        click.echo(json.dumps(_document(session.role.name, before, after, back)))
        return
    missing = before.requests - after.requests
    less = f", {missing:,} fewer than before" if missing > 0 else ""
    requests = counted(after.requests, "request")
    click.echo(f"The {session.role.name}'s schema is read anew: {requests}{less}, {after.locked} locked.")
    click.echo(back.sentences if back else "Nothing came back from the own topic.")
    bad = f", of them {after.bad:,} in quarantine or parked" if after.bad else ""
    click.echo(f"{counted(after.heard, 'message')} of the other side came in again{bad}. {UNKNOWN}")


def _document(side: str, before: Filled, after: Filled, back: BroughtBack | None) -> dict[str, Any]:
    return {
        "side": side,
        "requests_before": before.requests,
        "requests": after.requests,
        "locked": after.locked,
        "own_events": back.events if back else 0,
        "last_said_at": back.last_said_at.isoformat() if back else None,
        "heard": after.heard,
        "quarantined_or_parked": after.bad,
        "not_known": [NOT_KNOWN, UNKNOWN],
    }
