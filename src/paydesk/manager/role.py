"""The manager's card."""

from paydesk.domain.events import DECISION_TYPES, REQUEST_TYPES
from paydesk.infra.role import Apply, Role


def _load_apply() -> Apply:
    from paydesk.manager.handlers import apply

    return apply


ROLE = Role(
    name="manager",
    source="/paydesk/manager",
    writes="paydesk.manager.decisions.v1",
    reads=("paydesk.contractor.requests.v1",),
    says=DECISION_TYPES,
    hears=REQUEST_TYPES,
    hears_from="/paydesk/contractor",
    load_apply=_load_apply,
)
