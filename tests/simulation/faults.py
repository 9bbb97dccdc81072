"""What befalls a run: time, kills, servers away, and messages that nobody of ours wrote."""

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Event, EventType
from paydesk.domain.money import Money
from paydesk.domain.status import Outcome
from paydesk.infra.core.control_messages import digest_event, resync_event
from paydesk.infra.core.digest import Answer, Digest, Line
from paydesk.infra.core.execute import outgoing_of
from paydesk.infra.core.records import UNREADABLE, Outgoing
from paydesk.infra.core.role import Role
from tests.simulation.process import Process, Side
from tests.simulation.tables import Tables
from tests.simulation.world import World


def wait(world: World, _: object, __: Process) -> None:
    """Let time pass."""
    world.seconds += world.random.choice((0.2, 1.0, 4.0, 11.0))


def kill(world: World, _: object, process: Process) -> None:
    """Kill a process between two steps."""
    world.tell(f"{process.name} is killed")
    process.kill()


def broker(world: World, _: object, __: Process) -> None:
    """Take the broker away, or bring it back."""
    world.log.down = not world.log.down
    world.tell("the broker is away" if world.log.down else "the broker is back")


def storage(world: World, _: object, process: Process) -> None:
    """Take a side's storage away, or bring it back."""
    process.side.storage.down = not process.side.storage.down
    word = "away" if process.side.storage.down else "back"
    world.tell(f"the {process.side.role.name}'s storage is {word}")


def double(world: World, _: object, process: Process) -> None:
    """Have the log hold a record twice, as after a produce whose answer was lost."""
    topic = world.log.topic(process.side.role.writes)
    if topic.records:
        record = world.random.choice(topic.records)
        world.intrude(record.topic, record.key, record.headers, record.value)
        world.tell(f"{record.topic}/{record.offset} stands on the log twice")


def hostile(world: World, _: object, process: Process) -> None:
    """Put something on the topic that its writer never said."""
    role, random = process.side.role, world.random
    topic = world.log.topic(role.writes)
    key, headers, value = b"x", [("ce_specversion", b"1.0")], b"\xff"
    if topic.records:
        record = random.choice(topic.records)
        key, headers, value = record.key or b"", list(record.headers), record.value or b""  # type: ignore[assignment]
        value = _spoilt(value, random) if random.random() < 0.7 else _forked(world, value)
        headers = [(name, str(world.new_id()).encode() if name == "ce_id" else raw) for name, raw in headers]
    unreadable = f"{UNREADABLE} its timestamp" if random.random() < 0.2 else ""
    world.intrude(role.writes, key, headers, value, unreadable)
    world.tell(f"somebody writes nonsense to {role.writes}")


def claim(world: World, _: object, process: Process) -> None:
    """Say with a login, well-formed, what its side never said: a digest, an answer, or a decision about other terms."""
    random, role = world.random, process.side.role
    known = sorted(process.side.storage.tables.copy)
    some = [world.new_id(), *random.sample(known, min(len(known), 2))]
    kind = random.choice((_digest, _answer, None))
    if kind is not None:
        world.claimed = True
        message = kind(role, some, world)
        headers = [(name, text.encode()) for name, text in message.headers]
        world.intrude(role.writes, message.key, headers, message.value)
        world.tell(f"somebody writes {message.type} to {role.writes}")
    elif role is world.manager.role and world.losing is None:
        # A manager's schema that was lost cannot know that it never decided so.
        _decide_other_terms(world)


def _digest(role: Role, ids: Sequence[UUID], world: World) -> Outgoing:
    buckets = tuple(f"{world.random.getrandbits(64):016x}" for _ in range(16))
    return digest_event(role, Digest(buckets, tuple(ids)), world.new_id(), world.now())


def _answer(role: Role, ids: Sequence[UUID], world: World) -> Outgoing:
    lines = tuple(
        Line(request_id, world.random.randint(1, 9), f"{world.random.getrandbits(256):064x}") for request_id in ids
    )
    return resync_event(role, Answer(1, (0,), lines, ()), world.new_id(), world.now())


def _decide_other_terms(world: World) -> None:
    # Of what the manager's side heard: it cannot know of a revision that it never heard whether it decided it.
    asked = [kept.row.request for kept in world.manager.storage.tables.copy.values() if kept.row.request]
    if not asked:
        return
    request, role = world.random.choice(asked), world.manager.role
    terms = replace(request.terms, money=Money(5_000_000, "EUR", 2), pay_to="another payee")
    now = world.now()
    register = DecisionRegister(
        request.id, 50, Outcome.ACCEPTED, 0, None, request.revision, terms, terms.hash, "bo", now, now
    )
    event = Event(world.new_id(), EventType.PAYMENT_ACCEPTED, now, "bo", "", "", register)
    message = outgoing_of(event, role)
    headers = [(name, text.encode()) for name, text in message.headers]
    world.intrude(role.writes, message.key, headers, message.value)
    world.tell(f"somebody accepts other terms of {request.id.hex[-4:]} than were asked for")


def _spoilt(value: bytes, random: Random) -> bytes:
    try:
        content = json.loads(value)
    except ValueError:
        return b"\xff" + value
    if not isinstance(content, dict):
        return b"[]"
    field_, worse = random.choice(
        (("version", 2**40), ("version", -1), ("id", "no"), ("terms_hash", "0"), ("actor", 7), ("revision", "two"))
    )
    content[field_] = worse
    return json.dumps(content).encode()


def _forked(world: World, value: bytes) -> bytes:
    """Return another content for the same version, right in every other way."""
    try:
        content = json.loads(value)
        world.forged.add(UUID(content["id"]))
    except (ValueError, KeyError, TypeError):
        return value  # Nonsense already, or no event.
    return json.dumps(content | {"actor": "eve"}).encode()


def lose(world: World, _: object, __: Process) -> None:
    """Let the one store that this run may lose be lost, restored, wiped or cut; or both that hold what was said."""
    if world.losing is None or world.random.random() < 0.3:
        return
    store, how = world.losing
    if store == "log":
        _lose_log(world, how, world.random.choice((world.contractor, world.manager)))
        return
    side = world.contractor if store == "contractor" else world.manager
    if how.endswith("restored") and (world.backup is None or world.random.random() < 0.4):
        world.backup = side.storage.tables.snapshot()
        world.tell(f"the {store}'s schema is copied")
        return
    if how.startswith("cut and") and not world.lost:
        _lose_log(world, "cut", side)
        return
    lose_schema(world, side, how)


def lose_schema(world: World, side: Side, how: str) -> None:
    """Let a schema be lost, or be what it was when it was copied; with it go its connections."""
    if how.endswith("restored"):
        assert world.backup is not None
        side.storage.tables.restore(world.backup)
    else:
        side.storage.tables.restore(Tables().snapshot())
    world.lost = True
    world.tell(f"the {side.role.name}'s schema is {how}")
    side.holder = None
    for process in world.processes:
        # A schema is never lost under an open connection: whoever worked on it lost that, and with it the lease.
        if process.side is not side:
            continue
        if process.frozen:
            process.cut = True
        else:
            process.kill()


def _lose_log(world: World, how: str, writer: Side) -> None:
    world.lost = True
    if how == "wiped":
        world.log.topics.clear()
        world.tell("the broker lost everything")
        return
    topic = world.log.topic(writer.role.writes)
    gone = world.random.randint(1, 4)
    del topic.records[max(0, len(topic.records) - gone) :]
    world.tell(f"a topic lost its last {gone} records")
