"""What the infrastructure knows of each role, imported when one is asked for."""

import importlib

from paydesk.infra.core.role import Role
from paydesk.role_names import ROLES


def role_named(name: str) -> Role:
    """Return the role of this name."""
    role: Role = importlib.import_module(f"paydesk.{name}.role").ROLE
    return role


def roles() -> list[Role]:
    """Return all roles, for the commands that look at all sides."""
    return [role_named(name) for name in ROLES]
