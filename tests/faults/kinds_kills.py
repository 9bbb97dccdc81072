"""Processes killed at each named point and at random moments, and frozen ones that wake too late."""

from collections.abc import Callable

from tests.faults.control import POINTS
from tests.faults.look import ROLES
from tests.faults.rows import Row
from tests.faults.strikes import Striker

NOT_OF = {"contractor": ("H1", "C5"), "manager": ()}
"""A contractor holds nothing back, and confirms no withdrawal."""
ZOMBIE_POINTS = ("R1", "R2", "R3", "C1", "C2", "C3")


def cells() -> list[tuple[str, str]]:
    """Return each role with each point that it has."""
    return [(role, point) for role in ROLES for point in POINTS if point not in NOT_OF[role]]


def killed_at(role: str, point: str) -> Callable[[Striker, Row, int], None]:
    """Return what kills a role at a point, again and again."""

    def strike(striker: Striker, row: Row, rounds: int) -> None:
        for _ in range(rounds):
            striker.at_point(role, point, row)

    return strike


def killed_at_random(striker: Striker, row: Row, rounds: int) -> None:
    """Kill at any moment."""
    for _ in range(rounds):
        striker.at_random(row)


def frozen(striker: Striker, row: Row, rounds: int) -> None:
    """Freeze the holder of a lease at a point, and wake it when another works."""
    row.recovers = "freeze"
    while row.runs < rounds:
        turn = row.runs
        striker.freeze(ROLES[turn % 2], ZOMBIE_POINTS[turn % len(ZOMBIE_POINTS)], row)
