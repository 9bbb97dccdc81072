"""What may happen in a run: people, workers, time and faults, each drawn from a seed of its own so that runs shrink."""

from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from random import Random
from uuid import UUID

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, AskWithdrawal, Reject, RequestPayment, RevisePayment, Undo
from paydesk.domain.decision import CauseCode, checked_cause
from paydesk.domain.errors import PaydeskError
from paydesk.domain.payment_request import Terms, checked_terms
from paydesk.infra.core.command_key import CommandResult
from paydesk.manager import commands as decides
from tests.simulation import faults
from tests.simulation.clones import clone
from tests.simulation.process import Process
from tests.simulation.world import World

HOLD_S = 8.0


@dataclass
class Order:
    """One command of a person: the same again is a retry with the same key."""

    key: UUID
    words: str
    act: Callable[[], CommandResult]
    about: tuple[int, str] | None = None
    """Of a decision: the revision and the terms' hash that were on the screen."""
    undoes: Callable[[], set[str]] = set
    """Of an undo: the command ids that it would take back if it were given now."""
    answers: list[str] = field(default_factory=list)


@dataclass
class People:
    """What people did and were told; the checker holds both sides to it."""

    world: World
    most: int = 6
    """How many requests they make at most."""
    weights: tuple[float, ...] = ()
    """How often each kind of action is done; each kind as usual when empty."""
    requests: list[UUID] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    screens: dict[tuple[str, UUID], tuple[int, str]] = field(default_factory=dict)
    """What each desk showed of a request when it was last looked at: people decide on that."""
    undone: set[str] = field(default_factory=set)
    """Command ids whose held decision was taken back."""
    maybe_undone: set[str] = field(default_factory=set)
    sums: list[float] = field(init=False)
    """The weights added up, as they are drawn by for every action."""

    def __post_init__(self) -> None:
        self.sums = list(accumulate(self.weights or _USUAL))

    def order(self, process: Process, order: Order) -> None:
        """Give a command at a desk."""
        self.orders.append(order)
        self.give(process, order)

    def give(self, process: Process, order: Order) -> None:
        """Give a command, or give it again; what comes back is noted."""
        # What was answered once is only answered again.
        taken_back = set() if "done" in order.answers else order.undoes()
        unsure = "unknown" in order.answers
        self.maybe_undone |= taken_back
        order.answers.append("unknown")

        def work() -> None:
            try:
                did = order.act()
                order.answers[-1] = "done" if did.changed else "already so"
            except PaydeskError as error:
                order.answers[-1] = error.code

        self.world.run(process, work)
        if order.answers[-1] == "done" and not unsure:
            self.undone |= taken_back
        elif order.answers[-1] not in ("unknown", "done"):
            self.maybe_undone -= taken_back
        self.world.tell(f"{process.name}: {order.words}: {order.answers[-1]}")


def one_action(world: World, people: People, step: int) -> None:
    """Do one thing, which the number of the step decides; below zero it is the loss of a store."""
    random = world.use_seed(abs(step))
    awake = world.awake()
    process = random.choice(awake) if awake else None
    if process is not None and step < 0:
        faults.lose(world, people, process)
    elif process is not None:
        # As ``random.choices`` draws, which makes a list for its one choice.
        at = bisect(people.sums, random.random() * people.sums[-1], 0, len(people.sums) - 1)
        _ACTIONS[at](world, people, process)


def swarm(random: Random) -> tuple[float, ...]:
    """Return weights for one run: some kinds of action left out and others done often, so that deep states are met.

    Swarm testing, after Groce and others, ISSTA 2012.
    """
    weights = {act: weight * random.choice((0, 1, 1, 4)) for act, weight in _WEIGHTS}
    # Either the threads take their steps one by one, or whole rounds pass between what people do.
    weights[_command] = 22
    weights |= {_send: 30, _receive: 30} if random.random() < 0.5 else {_send: 3, _receive: 3, _all_work: 25}
    return tuple(weights[act] for act, _ in _WEIGHTS)


def _send(world: World, _: People, process: Process) -> None:
    world.run(process, process.send)


def _receive(world: World, _: People, process: Process) -> None:
    world.run(process, process.receive)


def _all_work(world: World, people: People, _: Process) -> None:
    """Let every process that is awake do a step of each thread, so that what was said arrives."""
    for process in world.awake():
        if not process.frozen:
            _send(world, people, process)
            _receive(world, people, process)


def _command(world: World, people: People, process: Process) -> None:
    if process.side.role is world.contractor.role:
        _ask(world, people, process)
    else:
        _decide(world, people, process)


@cache
def _terms(amount: int) -> Terms:
    """Return the terms of one of the amounts that are asked for: there are 99, so each is read once."""
    return checked_terms(str(amount), "EUR", "work")


def _ask(world: World, people: People, process: Process) -> None:
    random, store, key = world.random, process.side.storage, world.new_id()
    terms = _terms(random.randint(1, 99))
    if not people.requests or (len(people.requests) < people.most and random.random() < 0.4):
        request_id = world.new_id()
        people.requests.append(request_id)
        people.order(
            process,
            Order(
                key,
                f"request {_short(request_id)}",
                lambda: asks.execute(store, key, RequestPayment(request_id, "ada", terms)),
            ),
        )
        return
    request_id = random.choice(people.requests)
    if random.random() < 0.35:
        _withdraw(world, people, process)
        return
    act = lambda: asks.execute(store, key, RevisePayment.to(request_id, "ada", terms))  # noqa: E731
    people.order(process, Order(key, f"revise {_short(request_id)}", act))


def _withdraw(world: World, people: People, process: Process) -> None:
    if people.requests:
        key, request_id = world.new_id(), world.random.choice(people.requests)
        say_withdrawal(people, process, key, request_id)


def say_withdrawal(people: People, process: Process, key: UUID, request_id: UUID) -> None:
    """Have the contractor ask for a request back."""
    act = lambda: asks.execute(process.side.storage, key, AskWithdrawal(request_id, "ada"))  # noqa: E731
    people.order(process, Order(key, f"withdraw {_short(request_id)}", act))


def _decide(world: World, people: People, process: Process) -> None:
    random, store, key = world.random, process.side.storage, world.new_id()
    known = sorted(store.tables.copy)
    if not known:
        return
    request_id = random.choice(known)
    request = store.tables.copy[request_id].row.request
    if request is None:
        return
    shown = people.screens.get((process.name, request_id))
    if shown is None or random.random() < 0.7:
        shown = people.screens[process.name, request_id] = (request.revision, request.terms.hash)
    revision, digest, hold_s = *shown, random.choice((0.0, HOLD_S))
    words = f"{_short(request_id)} revision {revision}{' (held)' if hold_s else ''}"
    if random.random() < 0.5:
        act = lambda: decides.execute(store, key, Approve(request_id, "bo", revision, digest), hold_s)  # noqa: E731
        people.order(process, Order(key, f"approve {words}", act, (revision, digest)))
    else:
        cause = checked_cause(CauseCode.NOT_AGREED, None)
        act = lambda: decides.execute(store, key, Reject(request_id, "bo", revision, digest, cause), hold_s)  # noqa: E731
        people.order(process, Order(key, f"reject {words}", act, (revision, digest)))


def _cross(world: World, people: People, _: Process) -> None:
    """Let a withdrawal and a decision cross on the way."""
    for side, act in ((world.contractor, _withdraw), (world.manager, _decide)):
        awake = [process for process in world.awake() if process.side is side]
        if awake:
            act(world, people, world.random.choice(awake))


def _again(world: World, people: People, process: Process) -> None:
    """Give an earlier command of this role again, with its key: as after a lost answer."""
    role = process.side.role.name
    mine = [order for order in people.orders if (order.words.split()[0] in _ASKS) == (role == "contractor")]
    if mine:
        people.give(process, world.random.choice(mine))


def _undo(world: World, people: People, process: Process) -> None:
    store = world.manager.storage
    decided = [sent.event for sent in store.tables.outbox.values() if sent.event.previous is not None]
    if process.side is not world.manager or not decided:
        return
    request_id, key = world.random.choice(decided[-2:]).request_id, world.new_id()

    def undoes() -> set[str]:
        held = (sent.event for sent in store.tables.outbox.values() if sent.event.hold_until is not None)
        return {event.command_id for event in held if event.request_id == request_id}

    act = lambda: decides.execute(store, key, Undo(request_id, "bo"))  # noqa: E731
    people.order(process, Order(key, f"undo {_short(request_id)}", act, undoes=undoes))


def _send_now(world: World, _: People, process: Process) -> None:
    if process.side is world.manager:
        world.run(process, lambda: _quietly(lambda: decides.send_now(world.manager.storage, None, "bo")))
        world.tell(f"{process.name}: send now")


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except PaydeskError:
        return


_ASKS = ("request", "revise", "withdraw")
_WEIGHTS: list[tuple[Callable[[World, People, Process], None], float]] = [
    (_send, 30),
    (_receive, 30),
    (_command, 22),
    (_all_work, 6),
    (_cross, 4),
    (_again, 4),
    (_undo, 4),
    (_send_now, 1),
    (faults.wait, 10),
    (faults.kill, 2),
    (faults.broker, 1),
    (faults.storage, 1),
    (faults.double, 1),
    (faults.hostile, 1.5),
    (faults.claim, 2),
    (faults.lose, 4),
    (clone, 1),
]
_ACTIONS, _USUAL = zip(*_WEIGHTS, strict=True)


def _short(request_id: UUID) -> str:
    return request_id.hex[-4:]
