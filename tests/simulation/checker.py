"""The promises, checked on what both storages and the log hold at the end of a run, and on what people were told."""

import json
from collections import Counter
from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Answers, Requested, answers
from paydesk.domain.status import Outcome
from paydesk.infra.core.codec import Ignore, Park, Quarantine, decode
from paydesk.infra.core.control_messages import fault_of_control
from paydesk.infra.recovery.anti_entropy import MOST_S
from paydesk.manager.commands import send_now
from tests.simulation.actions import Order, People
from tests.simulation.limits import for_a_person, is_told, log_whole, not_said, two_finals
from tests.simulation.memory import MemoryStorage
from tests.simulation.process import Side
from tests.simulation.requests import MemoryRequests
from tests.simulation.tables import Kept
from tests.simulation.world import World

_ROUNDS = 120
_LONGEST_HOLD_S = 60.0


class Broken(Exception):
    """A promise does not hold; the message says which."""


def settle(world: World) -> None:
    """End the faults and let both sides work until nothing changes any more. Raises ``Broken`` when they never rest."""
    world.calm()
    if world.lost:
        # Every desk is closed and opened once.
        for process in world.processes:
            process.kill()
    world.seconds += _LONGEST_HOLD_S
    _rest(world)
    if world.lost or world.claimed:
        # What an offset cannot show, as a tail overwritten up to where its reader stood, the hourly digest does.
        if world.lost:
            _answer(world)
        world.seconds += MOST_S + 1
        _rest(world)


def _answer(world: World) -> None:
    """Have a person say that what is asked again is to be sent."""
    outbox = world.manager.storage.tables.outbox.values()
    send_now(world.manager.storage, {sent.event.request_id for sent in outbox if sent.overdue}, "bo")


def _rest(world: World) -> None:
    for _ in range(_ROUNDS):
        before = _state(world)
        for process in world.processes:
            world.run(process, process.send)
            world.run(process, process.receive)
            world.run(process, process.send)
        world.seconds += 1.0
        if _state(world) == before and all(_at_work(world, side) for side in (world.contractor, world.manager)):
            return
    raise Broken(f"G3: the sides do not come to rest within {_ROUNDS} rounds")


def _at_work(world: World, side: Side) -> bool:
    """Whether somebody of this side has heard all there is: before, a round in which nothing changed shows nothing."""
    return any(process.side is side and process.inbound is not None for process in world.processes)


def _state(world: World) -> object:
    sides = (world.contractor.storage.tables, world.manager.storage.tables)
    # No copies: a transaction copies a table before it writes to it, and puts the copy in its place.
    return [(tables.copy, tables.outbox, tables.inbox.keys(), tables.positions) for tables in sides], {
        name: len(topic.records) for name, topic in world.log.topics.items()
    }


def check(world: World, people: People) -> None:
    """Raise ``Broken`` when a promise does not hold."""
    contractor, manager = world.contractor.storage, world.manager.storage
    _only_read(world)
    _decided_as_asked(contractor)
    _equal(world, contractor, manager)
    _one_effect(world, people, contractor, manager)
    _numbers(contractor)
    _nothing_owed(manager)
    for writer, reader in ((world.contractor, world.manager), (world.manager, world.contractor)):
        _all_sent(world, writer.storage)
        if log_whole(world):
            # Of a log that lost records, a reader may never see an old version; its copy is equal all the same.
            _all_accounted(world, writer.storage, reader.storage)
    _finals(world, manager)
    if not world.lost and any(sent.overdue for sent in manager.tables.outbox.values()):
        raise Broken("a person is asked again though no store was lost")
    _finals_received(contractor)


def _decided_as_asked(contractor: MemoryStorage) -> None:
    """What the contractor's side shows as decided are terms that it once asked for."""
    asked = MemoryRequests(contractor.tables).history(list(contractor.tables.copy))
    for request_id, kept in contractor.tables.copy.items():
        decision = kept.row.decision
        if decision is not None and answers(decision, asked.get(request_id, Requested()))[0] is not Answers.REQUESTED:
            raise Broken(f"rule 3: {request_id} is shown as decided on terms that were never asked for")


def _only_read(world: World) -> None:
    for clone in world.clones:
        if clone.spoke:
            raise Broken(f"a copy of the {clone.side.role.name}'s schema was written to, or sent what is not its own")


def _equal(world: World, contractor: MemoryStorage, manager: MemoryStorage) -> None:
    mine, theirs = contractor.tables.copy, manager.tables.copy
    for request_id in set(mine) | set(theirs):
        a, b = mine.get(request_id), theirs.get(request_id)
        if is_told(world, request_id):
            continue
        if for_a_person(world, request_id) and (_locked(a) or _locked(b)):
            if not (_locked(a) and _locked(b)):
                raise Broken(f"G3: {request_id} is locked on one side only")
            continue
        if a is None or b is None:
            raise Broken(f"G3: {request_id} is on one side only")
        if a.row.request == b.row.request and _of_before(b) and not_said(world, request_id):
            continue
        if (a.row.request, a.row.decision) != (b.row.request, b.row.decision):
            raise Broken(f"G3: {request_id} differs:\n  {a.row}\n  {b.row}")
        if _locked(a) or _locked(b):
            raise Broken(f"G3: {request_id} is locked")


def _of_before(kept: Kept) -> bool:
    """Whether what is decided is an older revision than the one that stands."""
    request, decision = kept.row.request, kept.row.decision
    if request is None or decision is None or decision.revision is None:
        return False
    return decision.revision < request.revision


def _locked(kept: Kept | None) -> bool:
    return kept is not None and (kept.row.locked or kept.peer_locked)


def _one_effect(world: World, people: People, contractor: MemoryStorage, manager: MemoryStorage) -> None:
    effects = Counter(
        sent.event.command_id
        for storage in (contractor, manager)
        for sent in storage.tables.outbox.values()
        if sent.event.command_id and not sent.beaten
    )
    for order in people.orders:
        key = str(order.key)
        effect = effects[key]
        if order.words.startswith("undo"):
            continue  # What an undo did is seen in the command it took back.
        if effect > 1:
            raise Broken(f"G2: {order.words} had {effect} effects")
        lost = world.lost and world.losing is not None and world.losing[0] != "log"
        if "done" in order.answers and effect != 1 and not lost and key not in people.undone | people.maybe_undone:
            raise Broken(f"G1: {order.words} was answered done, and nothing of it is left")
        if order.about is not None and effect:
            _as_seen(order, manager)
        if key in people.undone and effect and not lost:
            raise Broken(f"G2: {order.words} was undone and is said all the same")
        if effect and not lost and not {"done", "unknown"} & set(order.answers):
            raise Broken(f"G2: {order.words} was refused ({order.answers}) and has an effect")
        if "done" in order.answers:
            later = set(order.answers[order.answers.index("done") :]) - {"done", "unknown", "server_down"}
            if later and not lost:
                raise Broken(f"G2: {order.words}, answered done, was answered {later} when it was given again")


def _as_seen(order: Order, manager: MemoryStorage) -> None:
    """A decision is about the revision and the terms that were on the screen, and about nothing newer."""
    for sent in manager.tables.outbox.values():
        if sent.event.command_id == str(order.key) and not sent.beaten:
            content = json.loads(sent.event.value)
            if (content["revision"], content["terms_hash"]) != order.about:
                raise Broken(f"rule 3: {order.words} decided what was not on the screen")


def _numbers(contractor: MemoryStorage) -> None:
    numbers = Counter(kept.row.request.number for kept in contractor.tables.copy.values() if kept.row.request)
    twice = [number for number, times in numbers.items() if number is not None and times > 1]
    if twice:
        raise Broken(f"G2: numbers given twice: {twice}")


def _nothing_owed(manager: MemoryStorage) -> None:
    for kept in manager.tables.copy.values():
        row = kept.row
        open_ = row.decision is None or row.decision.outcome is Outcome.NONE
        if open_ and not row.locked and row.request is not None and row.request.withdrawal_asked:
            raise Broken(f"rule 2: {row.id} is open with a withdrawal known")


def _all_sent(world: World, writer: MemoryStorage) -> None:
    on_log = {dict(record.headers).get("ce_id") for record in world.log.topic(writer.role.writes).records}
    versions: dict[UUID, int] = {}
    for sent in writer.tables.outbox.values():
        if not sent.beaten:
            versions[sent.event.request_id] = max(sent.event.version, versions.get(sent.event.request_id, 0))
    newest = set(versions.items())
    for sent in writer.tables.outbox.values():
        if sent.beaten:
            continue
        if not sent.published:
            raise Broken(f"G1: {sent.event.type} of {sent.event.request_id} was never sent")
        # An older version that foreign records overwrote up to where the writer stood is said by the newer one; and a
        # newest one with a foreign record in its place is known to its reader, or the digest would have told.
        in_its_place = sent.ack is not None and (writer.role.writes, sent.ack.offset) in world.foreign
        old = (sent.event.request_id, sent.event.version) not in newest
        overwritten = not log_whole(world) and (old or in_its_place)
        if str(sent.event.id).encode() not in on_log and not overwritten:
            raise Broken(f"G1: {sent.event.type} of {sent.event.request_id} is marked sent and is not on the log")


def _all_accounted(world: World, writer: MemoryStorage, reader: MemoryStorage) -> None:
    """Every record of the topic has a row in the reader's inbox: under its own id where it is good, else its place."""
    topic = world.log.topic(writer.role.writes)
    met: set[tuple[UUID, int]] = set()
    for record in topic.records:
        place = (record.topic, f"{topic.id}/0/{record.offset}")
        try:
            if record.unreadable:
                raise Quarantine(record.unreadable)
            event = decode(reader.role, record.topic, record.key, record.headers, record.value)
            key, became = (writer.role.source, str(event.id)), {"applied", "stale"}
            sent = writer.tables.outbox.get(event.id)
            twin = (event.request_id, event.version) in met
            met.add((event.request_id, event.version))
            if (sent is None or sent.beaten or twin) and key not in reader.tables.inbox:
                # There are two of this version, and whichever the reader met first, the other is quarantined; or it
                # answers what its reader never said.
                key, became = place, {"quarantined", "parked"}
        except (Quarantine, Park):
            key, became = place, {"quarantined", "parked"}
        except Ignore:
            if not fault_of_control(record):
                continue
            key, became = place, {"quarantined"}
        if key[0] == writer.role.source and not world.lost and (sent is None or sent.beaten):
            # What the writer says no more, its reader never took: it was too late, or it was the other of two.
            became = became - {"applied"}
        row = reader.tables.inbox.get(key)
        if row is None or row.became not in became:
            raise Broken(f"G5: {record.topic}/{record.offset} is not accounted for: {row and row.became}")


def _finals(world: World, manager: MemoryStorage) -> None:
    """No outcome that was published as final is followed by another; where one had to be, the first stands."""
    first: dict[object, Outcome] = {}
    contractor = world.contractor.storage
    asked = MemoryRequests(contractor.tables).history(list(contractor.tables.copy))
    for record in world.log.topic(manager.role.writes).records:
        if record.unreadable:
            continue
        try:
            event = decode(world.contractor.role, record.topic, record.key, record.headers, record.value)
        except (Quarantine, Park, Ignore):
            continue
        register = event.register
        if not isinstance(register, DecisionRegister) or register.outcome is Outcome.NONE:
            continue
        if answers(register, asked.get(register.id, Requested()))[0] is Answers.NEVER:
            continue  # Somebody else wrote it: neither side takes it.
        flipped = first.setdefault(event.request_id, register.outcome) is not register.outcome
        if flipped and not two_finals(world, event.request_id):
            raise Broken(f"G3: the published outcome of {event.request_id} flipped")
    for request_id, outcome in first.items():
        kept = manager.tables.copy.get(request_id)  # type: ignore[call-overload]
        if kept is None or kept.row.decision is None or kept.row.decision.outcome is not outcome:
            raise Broken(f"G3: {request_id} was published as {outcome} and is not")


def _finals_received(contractor: MemoryStorage) -> None:
    """No outcome that the contractor took as final was replaced by another, whatever was lost."""
    first: dict[UUID, Outcome] = {}
    for message in contractor.tables.inbox.values():
        if message.became != "applied" or message.request_id is None or message.record.value is None:
            continue
        outcome = json.loads(message.record.value)["outcome"]
        if first.setdefault(message.request_id, outcome) != outcome and first[message.request_id] in (
            "accepted",
            "withdrawn",
        ):
            raise Broken(
                f"rule 10: {message.request_id} was received as {first[message.request_id]} and then as {outcome}"
            )
        first[message.request_id] = outcome
