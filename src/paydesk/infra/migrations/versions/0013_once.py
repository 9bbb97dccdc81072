"""What is known twice is kept once: headers that other columns give back, and copies of texts that nobody reads.

Rows that are there already stay as they are, so it takes no time. A program of before goes on writing all of it.
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column, and fill three others no more; programs of before still read them."""
    for statement in STATEMENTS:
        op.execute(statement)


_COPIES = ("standing_description", "standing_reference", "standing_pay_to")
STATEMENTS = (
    "ALTER TABLE inbox ADD COLUMN said_at TIMESTAMP WITH TIME ZONE",
    f"ALTER TABLE payment_request {', '.join(f'ALTER COLUMN {name} DROP EXPRESSION' for name in _COPIES)}",
)
