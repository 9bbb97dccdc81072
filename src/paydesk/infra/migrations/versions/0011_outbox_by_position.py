"""An index to find what was said since a while ago by its place in the outbox, as a poll without hints does."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the index."""
    op.execute("CREATE INDEX outbox_by_position ON outbox (position)")
