"""Columns of folded text that the program fills, so that lists compare as the rules do; their indexes replace the old.

A program of before writes the text without them: the trigger empties what is no longer its folding, and workers fill it.
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, empty, and the indexes; the one for text is made apart, as it needs an extension."""
    for statement in STATEMENTS:
        op.execute(statement)


_SENT = "coalesce(requested_at, '-infinity')"
_UNFOLDED = (
    "(contractor_folded IS NULL AND contractor IS NOT NULL OR terms_folded IS NULL AND description IS NOT NULL"
    " OR decided_terms_folded IS NULL AND decided_description IS NOT NULL)"
)
STATEMENTS = (
    "ALTER TABLE payment_request ADD COLUMN contractor_folded VARCHAR, ADD COLUMN terms_folded VARCHAR,"
    " ADD COLUMN decided_terms_folded VARCHAR",
    "DROP INDEX payment_request_by_contractor",
    "DROP INDEX payment_request_alike",
    "DROP INDEX IF EXISTS payment_request_text",
    f"CREATE INDEX payment_request_by_contractor ON payment_request (contractor_folded, ({_SENT}), id)",
    "CREATE INDEX payment_request_alike ON payment_request"
    " (contractor_folded, standing_amount_minor, standing_currency, requested_at)"
    " WHERE status IN ('pending', 'accepted')",
    f"CREATE INDEX payment_request_unfolded ON payment_request (standing_amount_minor) WHERE {_UNFOLDED}",
    """
    CREATE FUNCTION unfold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.contractor IS DISTINCT FROM OLD.contractor
            AND NEW.contractor_folded IS NOT DISTINCT FROM OLD.contractor_folded
        THEN NEW.contractor_folded := NULL; END IF;
        IF (NEW.description, NEW.reference) IS DISTINCT FROM (OLD.description, OLD.reference)
            AND NEW.terms_folded IS NOT DISTINCT FROM OLD.terms_folded
        THEN NEW.terms_folded := NULL; END IF;
        IF (NEW.decided_description, NEW.decided_reference)
                IS DISTINCT FROM (OLD.decided_description, OLD.decided_reference)
            AND NEW.decided_terms_folded IS NOT DISTINCT FROM OLD.decided_terms_folded
        THEN NEW.decided_terms_folded := NULL; END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER payment_request_unfold
    BEFORE UPDATE OF contractor, description, reference, decided_description, decided_reference ON payment_request
    FOR EACH ROW EXECUTE FUNCTION unfold()
    """,
)
