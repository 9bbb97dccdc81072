"""Runs of the simulation: a seed makes a plan, a plan makes a run, and a failing plan is shrunk to a short story."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.simulation.actions import People, one_action, swarm
from tests.simulation.checker import Broken, check, settle
from tests.simulation.tales import TALES
from tests.simulation.world import TooLong, World

_LOSSES = (
    ("contractor", "lost"),
    ("contractor", "restored"),
    ("manager", "lost"),
    ("manager", "restored"),
    ("log", "wiped"),
    ("log", "cut"),
    ("contractor", "cut and lost"),
    ("manager", "cut and lost"),
    ("contractor", "cut and restored"),
    ("manager", "cut and restored"),
)
_TALES_OFTEN = 0.3
_LOST_MEANWHILE = 0.08
"""How often what befalls others while a process is frozen is a loss: what it had in mind is of another time then."""
_DRAWS = 40
"""How many other chances each step of a failing plan is given, in search of a shorter story."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run depends on: each step's chance comes from a seed of its own."""

    seed: int
    desks: int
    crash_chance: float
    freeze_chance: float
    lossy: float
    losing: tuple[str, str] | None
    digests: bool
    """Whether anti-entropy is on: lost, restored and cut stores need it, all else has to hold without it too."""
    steps: tuple[int, ...]
    busy: int
    """How many actions of others fall into a freeze at most."""
    weights: tuple[float, ...]
    tale: str
    """How the run begins, by a name of ``TALES``; most begin with nothing."""
    requests: int
    """How many requests there are at most: where there is but one, everything befalls it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A plan that broke a promise, and its story."""

    plan: Plan
    why: str
    story: tuple[str, ...]


def plan_of(seed: int, *, losses: bool = False) -> Plan:
    """Return the plan of a seed: which faults there are at all is drawn too, so that each is met alone and together."""
    random = Random(seed)
    losing = random.choice(_LOSSES) if losses else None
    steps = [random.getrandbits(32) for _ in range(random.randint(20, 70))]
    for _ in range(random.randint(1, 4) if losing else 0):
        # Two in a row: a log that was cut is healed by the schema, unless that is lost too before its writer looks.
        at = random.randrange(1, len(steps) - 1)
        steps[at : at + 2] = [-abs(step) for step in steps[at : at + 2]]
    tale = next((name for name, (losses_of, _) in TALES.items() if losses_of == losing), "")
    if random.random() > _TALES_OFTEN:
        tale = ""
    return Plan(
        seed,
        desks=random.randint(1, 3),
        crash_chance=random.choice((0.0, 0.02, 0.1)),
        freeze_chance=random.choice((0.0, 0.03, 0.15)),
        lossy=random.choice((0.0, 0.2)),
        losing=losing,
        digests=losing not in (None, ("log", "wiped")) or random.random() < 0.5,
        steps=tuple(steps),
        busy=random.choice((8, 24)),
        weights=swarm(random),
        tale=tale,
        requests=random.choice((1, 2, 6)),
    )


def run(plan: Plan, reached: dict[str, int] | None = None, most_lines: int | None = None) -> Failure | None:
    """Run a plan; returns what broke, or None. ``reached`` counts the points that were reached.

    Raises ``TooLong`` as soon as the story has more than ``most_lines``.
    """
    world = World(plan.desks, digests=plan.digests, most_lines=most_lines)
    world.use(Random(plan.seed))
    people = People(world, plan.requests, plan.weights)
    world.losing = plan.losing

    def meanwhile() -> None:
        outer = world.random
        inner = Random(outer.getrandbits(32))
        for _ in range(inner.randint(1, plan.busy)):
            step = inner.getrandbits(32)
            one_action(world, people, -step if plan.losing and inner.random() < _LOST_MEANWHILE else step)
        world.use(outer)

    try:
        if plan.tale:
            TALES[plan.tale][1](world, people)
        world.crash_chance, world.freeze_chance, world.log.lossy = plan.crash_chance, plan.freeze_chance, plan.lossy
        world.on_freeze = meanwhile
        for step in plan.steps:
            one_action(world, people, step)
        world.use(Random(plan.seed + 1))
        settle(world)
        check(world, people)
    except Broken as broken:
        return Failure(plan, str(broken), tuple(world.story))
    except Exception as error:
        world.tell(f"{type(error).__name__}: {error}")
        return Failure(plan, f"{type(error).__name__}: {error}", tuple(world.story))
    finally:
        for point, times in world.reached.items():
            if reached is not None:
                reached[point] = reached.get(point, 0) + times
        people.orders.clear()
        world.take_apart()
    return None


def shrink(failure: Failure) -> Failure:
    """Return the shortest plan found that breaks the same promise: faults and steps left out, chances drawn anew."""
    best, shorter = failure, True
    while shorter:
        before = len(best.story)
        best = _with_other_chances(_without_steps(_without_faults(best)))
        shorter = len(best.story) < before
    return best


def _same(failure: Failure, most_lines: int | None = None, **changed: Any) -> Failure | None:
    """Return how the changed plan breaks the same promise, or None when it does not, or in more than ``most_lines``."""
    try:
        shorter = run(replace(failure.plan, **changed), most_lines=most_lines)
    except TooLong:
        return None
    return shorter if shorter is not None and shorter.why.split(":")[0] == failure.why.split(":")[0] else None


def _without_faults(failure: Failure) -> Failure:
    crash, freeze = failure.plan.crash_chance, failure.plan.freeze_chance
    rarer = ({"crash_chance": crash / 4}, {"freeze_chance": freeze / 4})
    calmer: list[dict[str, object]] = [{"crash_chance": 0.0}, {"freeze_chance": 0.0}, {"lossy": 0.0}]
    if not failure.plan.tale:
        # A tale has losses of its own, and how a run may end depends on what was lost.
        calmer += [{"losing": None}, {"digests": False}]
    fewer = [{"desks": desks} for desks in (2, 1)] + [{"busy": busy} for busy in (4, 2, 1)]
    for changed in (*calmer, *rarer, *fewer):
        failure = _same(failure, len(failure.story), **changed) or failure
    return failure


def _with_other_chances(failure: Failure) -> Failure:
    """Draw single steps anew: one that does less in the same place may do as well."""
    random = Random(failure.plan.seed)
    for at in range(len(failure.plan.steps)):
        for _ in range(_DRAWS):
            steps = list(failure.plan.steps)
            if at >= len(steps):
                break
            steps[at] = random.getrandbits(32) * (-1 if steps[at] < 0 else 1)
            failure = _same(failure, len(failure.story) - 1, steps=tuple(steps)) or failure
    return failure


def _without_steps(failure: Failure) -> Failure:
    best, size = failure, max(1, len(failure.plan.steps) // 2)
    while size:
        at, shorter = 0, False
        while at < len(best.plan.steps):
            failing = _same(best, steps=best.plan.steps[:at] + best.plan.steps[at + size :])
            if failing is not None:
                best, shorter = failing, True
            else:
                at += size
        if not shorter or size > 1:
            size //= 2
    return best
