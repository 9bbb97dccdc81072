"""Beginnings that chance alone hardly ever meets, told by hand; what follows them is drawn like any other run."""

from collections.abc import Callable
from uuid import UUID

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, Reject, RequestPayment
from paydesk.domain.decision import CauseCode, checked_cause
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.command_key import CommandResult
from paydesk.manager import commands as decides
from tests.simulation.actions import Order, People, say_withdrawal
from tests.simulation.faults import lose_schema
from tests.simulation.process import Process
from tests.simulation.world import World

_TERMS = checked_terms("5", "EUR", "work")


def crossed(world: World, people: People) -> None:
    """A withdrawal crosses an approval; the manager's side forgets that it approved, and confirms the withdrawal."""
    request_id, contractor, manager = _asked(world, people)
    world.backup = world.manager.storage.tables.snapshot()
    say_withdrawal(people, contractor, world.new_id(), request_id)
    _decide(world, people, manager, request_id, approve=True)
    _do(world, manager.send, contractor.receive)
    _forget(world, request_id)
    lose_schema(world, world.manager, "restored")
    _do(world, manager.send)
    _decide(world, people, manager, request_id, approve=False)
    _do(world, manager.send, contractor.send, manager.receive, manager.send, contractor.send, contractor.receive)


def late(world: World, people: People) -> None:
    """A process froze with a rejection in its hands; it leaves when the schema was lost and a withdrawal came since."""
    request_id, contractor, manager = _asked(world, people)
    others = (process for process in world.processes if process.side is world.manager and process is not manager)
    other = next(others, None)
    if other is None:
        return
    _decide(world, people, manager, request_id, approve=False)

    def meanwhile() -> None:
        lose_schema(world, world.manager, "lost")
        _do(world, other.send, other.receive)
        say_withdrawal(people, contractor, world.new_id(), request_id)
        _do(world, contractor.send, other.receive)
        other.kill()

    world.freeze_at("G1", meanwhile)
    _do(world, manager.send, other.send)


TALES: dict[str, tuple[tuple[str, str], Callable[[World, People], None]]] = {
    "crossed": (("manager", "cut and restored"), crossed),
    "late": (("manager", "lost"), late),
}
"""What is lost in each, and how it goes; both schemas and the log are empty before."""


def _asked(world: World, people: People) -> tuple[UUID, Process, Process]:
    """Have a request that both sides know; returns it, and the process at work of either side."""
    contractor, manager = (
        next(process for process in world.processes if process.side is side)
        for side in (world.contractor, world.manager)
    )
    store, key, request_id = contractor.side.storage, world.new_id(), world.new_id()
    people.requests.append(request_id)
    act = lambda: asks.execute(store, key, RequestPayment(request_id, "ada", _TERMS))  # noqa: E731
    people.order(contractor, Order(key, f"request {request_id.hex[-4:]}", act))
    _do(world, contractor.send, manager.send, manager.receive, contractor.receive)
    return request_id, contractor, manager


def _decide(world: World, people: People, process: Process, request_id: UUID, *, approve: bool) -> None:
    key, store, cause = world.new_id(), process.side.storage, checked_cause(CauseCode.NOT_AGREED, None)

    def act() -> CommandResult:
        if approve:
            return decides.execute(store, key, Approve(request_id, "bo", 1, _TERMS.hash))
        return decides.execute(store, key, Reject(request_id, "bo", 1, _TERMS.hash, cause))

    words = f"{'approve' if approve else 'reject'} {request_id.hex[-4:]} revision 1"
    people.order(process, Order(key, words, act, (1, _TERMS.hash)))


def _do(world: World, *steps: Callable[[], None]) -> None:
    for step in steps:
        world.run(step.__self__, step)  # type: ignore[attr-defined]


def _forget(world: World, request_id: UUID) -> None:
    """Cut the manager's topic before what it said of a request."""
    topic = world.log.topic(world.manager.role.writes)
    key = str(request_id).encode()
    first = next((at for at, record in enumerate(topic.records) if record.key == key), len(topic.records))
    world.tell(f"a topic lost its last {len(topic.records) - first} records")
    del topic.records[first:]
