"""The first tables. Frozen: what shipped is never edited, the next change is a revision of its own."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of one side."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    """
    CREATE TABLE command (
        id UUID NOT NULL,
        content_hash VARCHAR NOT NULL,
        request_id UUID NOT NULL,
        changed BOOLEAN NOT NULL,
        done_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE inbox (
        position BIGINT GENERATED ALWAYS AS IDENTITY,
        source VARCHAR NOT NULL,
        event_id VARCHAR NOT NULL,
        request_id UUID,
        version INTEGER,
        type VARCHAR,
        topic VARCHAR NOT NULL,
        topic_id VARCHAR NOT NULL,
        partition INTEGER NOT NULL,
        kafka_offset BIGINT NOT NULL,
        log_append_time TIMESTAMP WITH TIME ZONE,
        key BYTEA,
        headers JSONB NOT NULL,
        value BYTEA,
        became VARCHAR NOT NULL,
        reason VARCHAR,
        heard_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        PRIMARY KEY (position),
        CONSTRAINT one_row_per_event UNIQUE (source, event_id)
    )
    """,
    """
    CREATE INDEX inbox_by_request ON inbox (request_id, position)
    """,
    """
    CREATE INDEX inbox_trouble ON inbox (became) WHERE became IN ('parked', 'quarantined')
    """,
    """
    CREATE TABLE lease (
        nothing INTEGER NOT NULL,
        PRIMARY KEY (nothing)
    )
    """,
    """
    CREATE TABLE meta (
        partition INTEGER NOT NULL,
        topic_id VARCHAR,
        verified_offset BIGINT,
        verified_event_id VARCHAR,
        verified_append_time TIMESTAMP WITH TIME ZONE,
        amiss VARCHAR,
        PRIMARY KEY (partition)
    )
    """,
    """
    CREATE TABLE outbox (
        id UUID NOT NULL,
        position BIGINT GENERATED ALWAYS AS IDENTITY,
        request_id UUID NOT NULL,
        version INTEGER NOT NULL,
        type VARCHAR NOT NULL,
        topic VARCHAR NOT NULL,
        key BYTEA NOT NULL,
        headers JSONB NOT NULL,
        value BYTEA NOT NULL,
        content_hash VARCHAR NOT NULL,
        actor VARCHAR NOT NULL,
        command_id VARCHAR,
        said_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        previous JSONB,
        hold_until TIMESTAMP WITH TIME ZONE,
        published_at TIMESTAMP WITH TIME ZONE,
        topic_id VARCHAR,
        partition INTEGER,
        kafka_offset BIGINT,
        log_append_time TIMESTAMP WITH TIME ZONE,
        ever_acked BOOLEAN DEFAULT false NOT NULL,
        beaten BOOLEAN DEFAULT false NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE UNIQUE INDEX one_event_per_version ON outbox (request_id, version) WHERE NOT beaten
    """,
    """
    CREATE INDEX outbox_unsent ON outbox (position) WHERE published_at IS NULL
    """,
    """
    CREATE TABLE payment_request (
        id UUID NOT NULL,
        request_version INTEGER,
        number VARCHAR,
        contractor VARCHAR,
        requested_at TIMESTAMP WITH TIME ZONE,
        revision INTEGER,
        amount_minor BIGINT,
        currency VARCHAR,
        exponent INTEGER,
        description VARCHAR,
        reference VARCHAR,
        due_date DATE,
        document VARCHAR,
        pay_to VARCHAR,
        terms_hash VARCHAR,
        withdrawal_asked BOOLEAN DEFAULT false NOT NULL,
        request_hash VARCHAR,
        revision_received_at TIMESTAMP WITH TIME ZONE,
        decision_version INTEGER,
        outcome VARCHAR DEFAULT 'none' NOT NULL,
        rejected_upto INTEGER DEFAULT 0 NOT NULL,
        cause_code VARCHAR,
        cause_note VARCHAR,
        decided_revision INTEGER,
        decided_amount_minor BIGINT,
        decided_currency VARCHAR,
        decided_exponent INTEGER,
        decided_description VARCHAR,
        decided_reference VARCHAR,
        decided_due_date DATE,
        decided_document VARCHAR,
        decided_pay_to VARCHAR,
        decided_terms_hash VARCHAR,
        decided_by VARCHAR,
        decided_at TIMESTAMP WITH TIME ZONE,
        received_at TIMESTAMP WITH TIME ZONE,
        decision_hash VARCHAR,
        locked BOOLEAN DEFAULT false NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        status TEXT GENERATED ALWAYS AS (CASE
        WHEN outcome = 'accepted' THEN 'accepted'
        WHEN outcome = 'withdrawn' THEN 'withdrawn'
        WHEN withdrawal_asked THEN 'withdrawing'
        WHEN revision > rejected_upto THEN 'pending'
        WHEN revision = rejected_upto AND terms_hash IS DISTINCT FROM decided_terms_hash THEN 'pending'
        WHEN rejected_upto > 0 THEN 'rejected'
        ELSE 'pending' END) STORED,
        standing_amount_minor BIGINT GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_amount_minor ELSE amount_minor END) STORED,
        standing_currency TEXT GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_currency ELSE currency END) STORED,
        standing_exponent INTEGER GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_exponent ELSE exponent END) STORED,
        standing_description TEXT GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_description ELSE description END) STORED,
        standing_reference TEXT GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_reference ELSE reference END) STORED,
        standing_due_date DATE GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_due_date ELSE due_date END) STORED,
        standing_document TEXT GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_document ELSE document END) STORED,
        standing_pay_to TEXT GENERATED ALWAYS AS (CASE WHEN outcome = 'accepted' OR revision IS NULL THEN decided_pay_to ELSE pay_to END) STORED,
        PRIMARY KEY (id),
        CONSTRAINT outcome_is_known CHECK (outcome IN ('none', 'accepted', 'withdrawn'))
    )
    """,
    """
    CREATE INDEX payment_request_by_number ON payment_request (number)
    """,
    """
    CREATE INDEX payment_request_by_status ON payment_request (status, requested_at, id)
    """,
    """
    CREATE INDEX payment_request_newest ON payment_request (requested_at DESC, id DESC)
    """,
    """
    CREATE TABLE position (
        topic VARCHAR NOT NULL,
        partition INTEGER NOT NULL,
        topic_id VARCHAR NOT NULL,
        next_offset BIGINT NOT NULL,
        PRIMARY KEY (topic, partition)
    )
    """,
    """
    CREATE SEQUENCE request_number START WITH 1001
    """,
)
