"""The questions of commands to the worker at work. No log is written of them, as none outlives its command."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """
        CREATE UNLOGGED TABLE catch_up (
            id UUID NOT NULL,
            asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
            caught_up_at TIMESTAMP WITH TIME ZONE,
            PRIMARY KEY (id)
        )
        """
    )
