"""The one list of the roles: each has a desk, a schema, logins, and a card in ``role.py`` of its folder."""

from typing import Literal, get_args

RoleName = Literal["contractor", "manager"]
ROLES: tuple[RoleName, ...] = get_args(RoleName)
