"""What people see and do about healing: why a request is locked, how it was settled, holds that ran out, what was lost."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table and the columns."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    CREATE TABLE settlement (
        id UUID NOT NULL,
        request_id UUID NOT NULL,
        note VARCHAR NOT NULL,
        actor VARCHAR NOT NULL,
        settled_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX settlement_by_request ON settlement (request_id, settled_at)",
    "ALTER TABLE payment_request ADD COLUMN locked_at TIMESTAMP WITH TIME ZONE, ADD COLUMN locked_why VARCHAR",
    "CREATE INDEX payment_request_locked ON payment_request (locked_at) WHERE locked",
    "ALTER TABLE outbox ADD COLUMN overdue BOOLEAN DEFAULT false NOT NULL",
    "ALTER TABLE outbox ADD COLUMN beaten_at TIMESTAMP WITH TIME ZONE",
    "CREATE INDEX outbox_beaten ON outbox (beaten_at) WHERE beaten",
    "ALTER TABLE meta ADD COLUMN imported_at TIMESTAMP WITH TIME ZONE, ADD COLUMN imported INTEGER",
    "ALTER TABLE meta ADD COLUMN last_said_at TIMESTAMP WITH TIME ZONE",
)
