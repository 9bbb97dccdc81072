"""The list of requests: its rows, its columns, and which part of it is held."""
