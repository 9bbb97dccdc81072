"""The one list of the roles: what each is called, the topic that it alone writes, and its words on the screens.

Its name is also its schema's, its login's and its command's. The rest of a role stands in the folder of its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, assert_never, get_args

RoleName = Literal["contractor", "manager"]
ROLES: tuple[RoleName, ...] = get_args(RoleName)


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """The facts of one role that more than its own folder needs."""

    topic: str
    """The topic that it alone writes; what a reader answers about its replica stands there too."""
    writes: str
    """What it writes, in a word for the screens."""
    other_side: str
    """Who reads that."""
    first_keys: tuple[tuple[str, str, str], ...]
    """How to begin on its desk: what a key is called, the usual key, and what it does."""
    first_request: str
    """How the first request comes to its desk, from the numbers' screen."""


def role_facts(role: RoleName) -> RoleFacts:
    """Return the facts of a role."""
    match role:
        case "contractor":
            return RoleFacts(
                "paydesk.contractor.requests.v1",
                "requests",
                "the manager's side",
                (("contractor.new", "n", "asks for a payment"),),
                "q, then n, asks for a payment",
            )
        case "manager":
            return RoleFacts(
                "paydesk.manager.decisions.v1",
                "decisions",
                "the contractors' side",
                (("manager.approve", "a", "approves"), ("manager.reject", "x", "rejects")),
                "requests appear by themselves",
            )
        case _:
            assert_never(role)


OWN_TOPIC: Mapping[str, str] = {role: role_facts(role).topic for role in ROLES}
TOPICS = tuple(OWN_TOPIC.values())
