"""In which database a schema was made, so that a copy of it is known for one."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table. The mark is that of where this runs; a schema that was read before was read whole."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    CREATE TABLE origin (
        nothing INTEGER NOT NULL,
        cluster VARCHAR NOT NULL,
        database BIGINT NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        whole_at TIMESTAMP WITH TIME ZONE,
        PRIMARY KEY (nothing)
    )
    """,
    """
    DO $$
    DECLARE known text := '';
    BEGIN
        BEGIN
            SELECT system_identifier::text INTO known FROM pg_control_system();
        EXCEPTION WHEN insufficient_privilege THEN
            known := '';
        END;
        INSERT INTO origin (nothing, cluster, database, whole_at)
        SELECT 0, known, oid, CASE WHEN EXISTS (SELECT FROM position) THEN now() END
        FROM pg_database WHERE datname = current_database();
    END
    $$
    """,
)
