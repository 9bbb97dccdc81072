"""All roles, for the commands that look at all sides or are told which one."""

import importlib

from paydesk.infra.core.role import Role
from paydesk.role_names import ROLES


def roles() -> list[Role]:
    """Return the cards."""
    return [importlib.import_module(f"paydesk.{name}.role").ROLE for name in ROLES]
