"""Mechanics: wire, Kafka, Postgres, Redis, outbox, inbox, worker. Knows no role and no screen."""
