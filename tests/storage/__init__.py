"""Storage on a real PostgreSQL."""
