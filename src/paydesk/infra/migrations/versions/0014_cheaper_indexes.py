"""Indexes that cost less to keep, and none for an order that another answers; ADR 34 has what each of them costs."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Replace the indexes."""
    for statement in STATEMENTS:
        op.execute(statement)


_AMOUNT = """coalesce(CASE standing_exponent
    WHEN 2 THEN (least(greatest(standing_amount_minor, 0), 1000000000000000) - 92233720368547700) * 100
    WHEN 0 THEN (least(greatest(standing_amount_minor, 0), 1000000000000000) - 922337203685477) * 10000
    WHEN 3 THEN (least(greatest(standing_amount_minor, 0), 1000000000000000) - 922337203685477000) * 10
    WHEN 1 THEN (least(greatest(standing_amount_minor, 0), 1000000000000000) - 9223372036854770) * 1000
    WHEN 4 THEN (least(greatest(standing_amount_minor, 0), 1000000000000000) - 9223372036854770000) * 1
    END, '-9223372036854775808')"""
STATEMENTS = (
    "DROP INDEX payment_request_by_amount",
    "DROP INDEX payment_request_waiting_by_amount",
    f"CREATE INDEX payment_request_by_amount ON payment_request (({_AMOUNT}), id)",
    "ALTER INDEX IF EXISTS payment_request_text SET (gin_pending_list_limit = 512)",
)
