"""Settings by environment and file."""
