"""The lease is a lock on a view, which is in nobody's way: the table stays for programs of the version before."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the view."""
    op.execute("CREATE OR REPLACE VIEW lease_lock AS SELECT 1 AS nothing")
