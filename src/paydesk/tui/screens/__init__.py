"""What opens over a list."""
