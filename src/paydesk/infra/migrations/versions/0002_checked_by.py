"""Who holds the lease and has done its first check: before that no number is given."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE meta ADD COLUMN checked_by VARCHAR")
