"""The contractor's card."""

from paydesk.domain.events import DECISION_TYPES, REQUEST_TYPES
from paydesk.infra.core.role import Apply, Owed, Role


def _load_apply() -> Apply:
    from paydesk.contractor.handlers import apply

    return apply


def _load_owed() -> Owed:
    from paydesk.contractor.handlers import number_requests

    return number_requests


ROLE = Role(
    name="contractor",
    source="/paydesk/contractor",
    writes="paydesk.contractor.requests.v1",
    reads=("paydesk.manager.decisions.v1",),
    says=REQUEST_TYPES,
    hears=DECISION_TYPES,
    hears_from="/paydesk/manager",
    load_apply=_load_apply,
    load_owed=_load_owed,
)
