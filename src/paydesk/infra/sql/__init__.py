"""The storage port on PostgreSQL: set-based statements, one class a concern, joined in ``transaction``."""
