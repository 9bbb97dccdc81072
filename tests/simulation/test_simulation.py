"""The promises in thousands of simulated runs, and proof that the checker can be red."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from paydesk.infra.core.records import Claim
from tests.pace import scaled
from tests.simulation.actions import People, one_action
from tests.simulation.checker import Broken, check, settle
from tests.simulation.planted import BUGS, Bug, plant
from tests.simulation.runs import plan_of, run
from tests.simulation.world import World

_ROOT = Path(__file__).parents[2]


def simulate(source: Path, *, runs: int, seed: int, losses: bool, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run the simulation as its own program, on the product found in ``source``.

    It computes and waits for nothing, so it takes what tests beside it leave of the processors while they wait.
    """
    command = ["nice", "-n", "19", sys.executable, "-m", "tests.simulation", "--runs", str(runs), "--seed", str(seed)]
    command += ["--losses", "all" if losses else "none"]
    environment = os.environ | {"PYTHONPATH": f"{source}{os.pathsep}{_ROOT}", "TESTS_PROGRESS_S": "3600"}
    return subprocess.run(
        command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=scaled(timeout_s), check=False
    )


def test_every_promise_holds() -> None:
    reached: dict[str, int] = {}
    for seed in range(400):
        failure = run(plan_of(seed, losses=seed % 2 == 0), reached)
        assert failure is None, "\n".join((f"seed {seed}: {failure.why}", *failure.story))
    assert set(reached) == {"C1", "C2", "C3", "C5", "G1", "G2", "H1", "I1", "R1", "R2", "R3", "R4", "W1", "W2"}


def test_a_seed_tells_the_same_story_twice() -> None:
    def story(seed: int) -> list[str]:
        plan = plan_of(seed)
        world = World(plan.desks)
        world.use(Random(plan.seed))
        people = People(world)
        world.crash_chance = 0.05
        for step in plan.steps:
            one_action(world, people, step)
        return world.story

    assert story(7) == story(7)
    assert story(7) != story(8)


def _quiet_world() -> tuple[World, People]:
    """Return a world where some requests were asked and decided, at rest."""
    world = World(1)
    people = People(world)
    random = Random(3)
    for _ in range(300):
        one_action(world, people, random.getrandbits(32))
    settle(world)
    check(world, people)
    assert len(people.requests) > 2
    return world, people


def _lose_a_decision(world: World, _: People) -> None:
    tables = world.contractor.storage.tables
    request_id, kept = next((key, kept) for key, kept in tables.copy.items() if kept.row.decision is not None)
    tables.copy[request_id] = replace(kept, row=replace(kept.row, decision=None))


def _say_something_twice(world: World, people: People) -> None:
    tables = world.contractor.storage.tables
    sent = next(iter(tables.outbox.values()))
    again = replace(sent, event=replace(sent.event, id=world.new_id(), version=99))
    tables.outbox[again.event.id] = again
    tables.commands[world.new_id()] = Claim("", sent.event.request_id, True)


def _lose_what_was_said(world: World, _: People) -> None:
    topic = world.log.topic(world.manager.role.writes)
    del topic.records[:]


@pytest.mark.parametrize("corrupt", [_lose_a_decision, _say_something_twice, _lose_what_was_said])
def test_the_checker_is_red_on_storages_corrupted_by_hand(corrupt: Callable[[World, People], None]) -> None:
    world, people = _quiet_world()
    corrupt(world, people)
    with pytest.raises(Broken):
        check(world, people)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_still_fits_the_program(bug: Bug, tmp_path: Path) -> None:
    assert plant(bug, tmp_path).is_dir()


@pytest.mark.long
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("losses", "runs"), [(False, 50_000), (True, 50_000)], ids=["no store lost", "one store lost"])
def test_every_promise_holds_in_many_runs(losses: bool, runs: int) -> None:
    done = simulate(_ROOT / "src", runs=runs, seed=1_000_000, losses=losses, timeout_s=2900)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.timeout(1300)
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found_and_told_as_a_short_story(bug: Bug, tmp_path: Path) -> None:
    done = simulate(plant(bug, tmp_path), runs=15_000, seed=bug.seed, losses=bug.losses, timeout_s=1200)
    assert done.returncode == 1, done.stdout + done.stderr
    story = done.stdout.splitlines()
    assert len(story) < 40, done.stdout
