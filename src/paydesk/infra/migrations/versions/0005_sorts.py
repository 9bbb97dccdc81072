"""An index for each order and field of the desks' lists; the one for text is made apart, as it needs an extension."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Replace the first two indexes by those that pages and filters use."""
    for statement in STATEMENTS:
        op.execute(statement)


_SENT = "coalesce(requested_at, '-infinity')"
_DUE = "coalesce(standing_due_date, 'infinity')"
_AMOUNT = """coalesce(standing_amount_minor * CASE standing_exponent
    WHEN 0 THEN 1 WHEN 1 THEN 0.1 WHEN 2 THEN 0.01 WHEN 3 THEN 0.001 WHEN 4 THEN 0.0001 END, -1)"""
_INDEXES = {
    "by_sent": f"(({_SENT}), id)",
    "by_amount": f"(({_AMOUNT}), id)",
    "by_due": f"(({_DUE}), id)",
    "by_decided": "((coalesce(decided_at, '-infinity')), id)",
    "by_status": f"(status, ({_SENT}), id)",
    "by_currency": f"(standing_currency, ({_SENT}), id)",
    "by_contractor": f"((lower(normalize(contractor, NFKC))), ({_SENT}), id)",
}
# What waits, in each order, however few they are among a million that were decided.
_WAITING = {"by_sent": _SENT, "by_amount": _AMOUNT, "by_due": _DUE}
STATEMENTS = (
    "DROP INDEX payment_request_newest",
    "DROP INDEX payment_request_by_status",
    *(f"CREATE INDEX payment_request_{name} ON payment_request {columns}" for name, columns in _INDEXES.items()),
    *(
        f"CREATE INDEX payment_request_waiting_{name} ON payment_request (({order}), id)"
        " WHERE status IN ('pending', 'withdrawing')"
        for name, order in _WAITING.items()
    ),
)
