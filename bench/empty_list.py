"""The floor of a desk's start: an empty Textual application that paints one line of one query.

``python bench/empty_list.py``; the address of the database is in the environment, as ``FLOOR_URL``.
"""

import os

import psycopg
from textual.app import App, ComposeResult
from textual.widgets import Static

QUERY = "SELECT number, contractor, description FROM contractor.payment_request ORDER BY requested_at DESC LIMIT 1"


class EmptyList(App[None]):
    """Paints the newest request."""

    BINDINGS = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        """Return the one line."""
        with psycopg.connect(os.environ["FLOOR_URL"]) as connection:
            row = connection.execute(QUERY).fetchone()
        assert row is not None
        yield Static(" ".join(row))


if __name__ == "__main__":
    EmptyList().run()
