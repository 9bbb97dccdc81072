"""Both roles, for the commands that look at both sides or are told which one."""

from paydesk.infra.core.role import Role


def roles() -> list[Role]:
    """Return both cards."""
    from paydesk.contractor.role import ROLE as CONTRACTOR
    from paydesk.manager.role import ROLE as MANAGER

    return [CONTRACTOR, MANAGER]
