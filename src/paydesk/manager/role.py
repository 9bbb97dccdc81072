"""The manager's card."""

from paydesk.domain.events import DECISION_TYPES, REQUEST_TYPES
from paydesk.infra.core.role import Apply, Owed, Role


def _load_apply() -> Apply:
    from paydesk.manager.handlers import apply

    return apply


def _load_owed() -> Owed:
    from paydesk.manager.handlers import confirm_withdrawals

    return confirm_withdrawals


ROLE = Role(
    name="manager",
    source="/paydesk/manager",
    writes="paydesk.manager.decisions.v1",
    reads=("paydesk.contractor.requests.v1",),
    says=DECISION_TYPES,
    hears=REQUEST_TYPES,
    hears_from="/paydesk/contractor",
    load_apply=_load_apply,
    load_owed=_load_owed,
)
