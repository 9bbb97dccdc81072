"""The demo without a terminal: the walk-through line by line, then what both schemas and Kafka hold."""

from collections.abc import Callable

from paydesk.cli.demo.script import Walk
from paydesk.cli.demo.stage import Stage, StepFailed
from paydesk.cli.demo.told import told_by, took
from paydesk.domain.copy import RequestCopy
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.read import queries


def narrate(stage: Stage, say: Callable[[str], object]) -> None:
    """Tell the whole way of one request. Raises ``StepFailed`` that names the step that did not happen."""
    say("paydesk demo: one payment request, all the way, on servers of its own.")
    say(f"They run in {stage.home}, which is deleted at the end.")
    say("")
    stage.wait_until_ready(lambda notice: say(f"   {notice}"))
    broker = (
        "a broker in memory (Apache Kafka cannot be had here), open to any login of this machine"
        if stage.memory_broker
        else "Apache Kafka"
    )
    say(f"   PostgreSQL, Valkey and {broker} are ready after {stage.ready_after_s:.1f} s.")
    say("")
    walk = Walk(stage)
    number = 0
    for step in walk.steps():
        if step.took_s is None:
            number += 1
            say(f"{number}. {step.words}")
        else:
            say(f"   {step.words:<30}{took(step.took_s):>9}   {step.between}")
    say("")
    _tell_rows(stage, walk, say)
    say("")
    _tell_offsets(stage, walk, say)
    say("")
    say("Each time is the difference of two stored timestamps: said = outbox.said_at,")
    say("in Kafka's log = outbox.published_at, applied = inbox.heard_at of the other side's schema.")
    memory, disk = stage.memory() >> 20, stage.disk() >> 20
    say(f"The servers held {memory} MB of memory and {disk} MB of disk; both are free again when this ends.")


def _tell_rows(stage: Stage, walk: Walk, say: Callable[[str], object]) -> None:
    say(f"{'schema':<12}{'number':<10}{'status':<11}{'revision':<10}{'amount':<15}{'registers (versions)'}")
    copies = []
    for role in stage.roles:
        with connect(stage.url(role), role.name) as connection:
            copy = queries.get(connection, walk.request_id)
        copies.append(copy)
        money = str(copy.terms.money) if copy.terms else ""
        request, decision = _versions(copy)
        line = f"{role.name:<12}{copy.number:<10}{copy.status:<11}{copy.revision:<10}{money:<15}"
        say(f"{line}request {request}, decision {decision}")
    mine, theirs = copies
    if (mine.request, mine.decision) != (theirs.request, theirs.decision):
        raise StepFailed("The demo stopped at: both schemas equal. They are not.", "This is a defect of paydesk.")
    say("Both schemas hold the same registers.")


def _versions(copy: RequestCopy) -> tuple[int, int]:
    return (copy.request.version if copy.request else 0), (copy.decision.version if copy.decision else 0)


def _tell_offsets(stage: Stage, walk: Walk, say: Callable[[str], object]) -> None:
    say(f"{'Kafka topic':<34}{'partition':<11}{'offset':<8}{'event'}")
    contractor, manager = stage.roles
    for role, reader in ((contractor, manager), (manager, contractor)):
        for told in told_by(stage, role, reader, walk.request_id):
            say(f"{told.topic:<34}{told.partition!s:<11}{told.offset!s:<8}{told.type}")
    for role in stage.roles:
        with connect(stage.url(role), role.name) as connection:
            rows = connection.execute("SELECT topic, partition, next_offset FROM position").fetchall()
        for topic, partition, offset in rows:
            say(f"The {role.name}'s side reads {topic}/{partition} next at offset {offset}.")
