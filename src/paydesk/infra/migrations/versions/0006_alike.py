"""An index to find what looks like a duplicate: of one contractor, of one amount, the newest first."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the index."""
    op.execute(
        "CREATE INDEX payment_request_alike ON payment_request"
        " ((lower(normalize(contractor, NFKC))), standing_amount_minor, standing_currency, requested_at)"
        " WHERE status IN ('pending', 'accepted')"
    )
