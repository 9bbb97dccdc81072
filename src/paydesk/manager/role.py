"""The manager's role: what it publishes and receives."""

from paydesk.domain.events import DECISION_TYPES, REQUEST_TYPES
from paydesk.infra.core.role import Apply, Owed, Role
from paydesk.role_names import role_facts


def _load_apply() -> Apply:
    from paydesk.manager.handlers import apply

    return apply


def _load_owed() -> Owed:
    from paydesk.manager.handlers import confirm_withdrawals

    return confirm_withdrawals


ROLE = Role(
    name="manager",
    source="/paydesk/manager",
    writes=role_facts("manager").topic,
    reads=(role_facts("contractor").topic,),
    publishes=DECISION_TYPES,
    receives=REQUEST_TYPES,
    receives_from="/paydesk/contractor",
    load_apply=_load_apply,
    load_owed=_load_owed,
)
