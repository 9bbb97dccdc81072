"""What the screens say otherwise for each role: each role's words stand here once."""

from dataclasses import dataclass
from typing import assert_never

from paydesk.role_names import RoleName


@dataclass(frozen=True, slots=True)
class RoleWords:
    """The words of one role."""

    writes: str
    """What its side says."""
    other_side: str
    """Who reads that."""
    first_keys: tuple[tuple[str, str, str], ...]
    """How to begin: what a key is called, the usual key, and what it does."""
    first_request: str
    """How the first request comes to this desk, from the numbers' screen."""


def words_of(role: RoleName) -> RoleWords:
    """Return the words of a role."""
    match role:
        case "contractor":
            return RoleWords(
                "requests",
                "the manager's side",
                (("contractor.new", "n", "asks for a payment"),),
                "q, then n, asks for a payment",
            )
        case "manager":
            return RoleWords(
                "decisions",
                "the contractors' side",
                (("manager.approve", "a", "approves"), ("manager.reject", "x", "rejects")),
                "requests appear by themselves",
            )
        case _:
            assert_never(role)
