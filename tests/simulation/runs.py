"""Runs of the simulation: a seed makes a plan, a plan makes a run, and a failing plan is shrunk to a short story."""

from dataclasses import dataclass, replace
from random import Random

from tests.simulation.actions import People, one_action
from tests.simulation.checker import Broken, check, settle
from tests.simulation.world import World

_LOSSES = (
    ("contractor", "lost"),
    ("contractor", "restored"),
    ("manager", "lost"),
    ("manager", "restored"),
    ("log", "wiped"),
    ("log", "cut"),
)


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
    return Plan(
        seed,
        desks=random.randint(1, 3),
        crash_chance=random.choice((0.0, 0.02, 0.1)),
        freeze_chance=random.choice((0.0, 0.03, 0.15)),
        lossy=random.choice((0.0, 0.2)),
        losing=losing,
        digests=losing not in (None, ("log", "wiped")) or random.random() < 0.5,
        steps=tuple(random.getrandbits(32) for _ in range(random.randint(20, 70))),
    )


def run(plan: Plan, reached: dict[str, int] | None = None) -> Failure | None:
    """Run a plan; returns what broke, or None. ``reached`` counts the points that were reached."""
    world = World(plan.desks, digests=plan.digests)
    world.use(Random(plan.seed))
    people = People(world)
    world.crash_chance, world.freeze_chance, world.log.lossy = plan.crash_chance, plan.freeze_chance, plan.lossy

    world.losing = plan.losing

    def meanwhile() -> None:
        outer = world.random
        inner = Random(outer.getrandbits(32))
        for _ in range(inner.randint(1, 8)):
            one_action(world, people, Random(inner.getrandbits(32)))
        world.use(outer)

    world.on_freeze = meanwhile
    try:
        for step in plan.steps:
            one_action(world, people, Random(step))
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
    return None


def shrink(failure: Failure) -> Failure:
    """Return the shortest plan found that breaks the same promise, by leaving steps out."""
    kind = failure.why.split(":")[0]
    best, size = failure, max(1, len(failure.plan.steps) // 2)
    while size:
        at, shorter = 0, False
        while at < len(best.plan.steps):
            steps = best.plan.steps[:at] + best.plan.steps[at + size :]
            found = run(replace(best.plan, steps=steps))
            if found is not None and found.why.split(":")[0] == kind:
                best, shorter = found, True
            else:
                at += size
        if not shorter or size > 1:
            size //= 2
    return best
