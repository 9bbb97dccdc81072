"""The storage port on PostgreSQL, and what desks and commands read from it."""
