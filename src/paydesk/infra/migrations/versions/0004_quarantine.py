"""What people do about messages that could not be applied: when they were redriven, who discarded them and why."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    "ALTER TABLE inbox ADD COLUMN redriven_at TIMESTAMP WITH TIME ZONE, ADD COLUMN redriven_by VARCHAR",
    "ALTER TABLE inbox ADD COLUMN discarded_at TIMESTAMP WITH TIME ZONE, ADD COLUMN discarded_by VARCHAR",
    "ALTER TABLE inbox ADD COLUMN discarded_why VARCHAR",
    "CREATE INDEX inbox_redriven ON inbox (position) WHERE redriven_at IS NOT NULL",
)
