"""The contractor's role: what it publishes and receives."""

from paydesk.domain.events import DECISION_TYPES, REQUEST_TYPES
from paydesk.infra.core.role import Apply, Owed, Role
from paydesk.role_names import role_facts


def _load_apply() -> Apply:
    from paydesk.contractor.handlers import apply

    return apply


def _load_owed() -> Owed:
    from paydesk.contractor.handlers import number_requests

    return number_requests


ROLE = Role(
    name="contractor",
    source="/paydesk/contractor",
    writes=role_facts("contractor").topic,
    reads=(role_facts("manager").topic,),
    publishes=REQUEST_TYPES,
    receives=DECISION_TYPES,
    receives_from="/paydesk/manager",
    load_apply=_load_apply,
    load_owed=_load_owed,
)
