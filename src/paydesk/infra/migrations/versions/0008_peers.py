"""What the other side's plumbing says is kept apart: its locks, what it asked for again, and versions unknown here."""

from alembic import op

revision = "0008"
down_revision = "0007"

_STEP, _MOST = 1_000_000, 999_999_999_999


def upgrade() -> None:
    """Add the columns and the table, and take the other side's locks out of this side's own."""
    for statement in STATEMENTS:
        op.execute(statement)
    _count_on()


STATEMENTS = (
    "ALTER TABLE payment_request ADD COLUMN peer_locked_at TIMESTAMP WITH TIME ZONE",
    "CREATE INDEX payment_request_peer_locked ON payment_request (peer_locked_at) WHERE peer_locked_at IS NOT NULL",
    "ALTER TABLE outbox ADD COLUMN again_at TIMESTAMP WITH TIME ZONE, ADD COLUMN again_s INTEGER",
    """
    CREATE TABLE unknown_version (
        request_id UUID NOT NULL,
        version BIGINT NOT NULL,
        content_hash VARCHAR NOT NULL,
        first_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        last_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        next_at TIMESTAMP WITH TIME ZONE,
        wait_s INTEGER DEFAULT 0 NOT NULL,
        PRIMARY KEY (request_id)
    )
    """,
    """
    DELETE FROM payment_request p WHERE locked AND locked_why = 'the other side has locked it'
        AND request_version IS NULL AND decision_version IS NULL
        AND NOT EXISTS (SELECT 1 FROM settlement s WHERE s.request_id = p.id)
    """,
    """
    UPDATE payment_request SET peer_locked_at = coalesce(locked_at, now()), locked = false, locked_at = NULL,
        locked_why = NULL WHERE locked AND locked_why = 'the other side has locked it'
    """,
)


def _count_on() -> None:
    """Where a forged number has carried counting beyond twelve digits, go on above what was counted step by step."""
    connection = op.get_bind()
    if connection.exec_driver_sql("SELECT last_value FROM request_number").scalar_one() <= _MOST:
        return
    counter = 1000
    known = "SELECT substring(number FROM 4)::bigint FROM payment_request WHERE number ~ '^PR-[0-9]{1,12}$' ORDER BY 1"
    for number in connection.exec_driver_sql(known).scalars():
        counter = max(counter, min(number, counter + _STEP))
    connection.exec_driver_sql(f"SELECT setval('request_number', {counter:d})")
