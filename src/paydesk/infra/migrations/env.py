"""How Alembic runs here: on the connection it is handed, as the role's own login, in the role's schema."""

from alembic import context

from paydesk.infra.postgres.schema import PaymentRequestRow

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=PaymentRequestRow.metadata,
    version_table_schema=context.config.attributes["schema"],
)
with context.begin_transaction():
    context.run_migrations()
