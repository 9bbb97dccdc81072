"""The floor of a desk that paints what it hears: an empty Textual application with a line for what comes through Redis.

``python bench/empty_desk.py CHANNEL``; the address is in the environment, as ``FLOOR_URL``.
"""

import os
import sys
from dataclasses import dataclass

import redis
from textual import work
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widgets import Static

_READ_S = 0.2


class EmptyDesk(App[None]):
    """Paints the last message."""

    BINDINGS = [("q", "quit", "Quit")]

    @dataclass
    class Heard(Message):
        """Something came."""

        text: str

    def compose(self) -> ComposeResult:
        """Return the one line."""
        yield Static("nothing yet")

    def on_mount(self) -> None:
        """Begin to listen."""
        self._listen()

    @work(thread=True)
    def _listen(self) -> None:
        with redis.Redis.from_url(os.environ["FLOOR_URL"]) as client, client.pubsub() as channel:
            channel.subscribe(sys.argv[1])
            while self.is_running:
                message = channel.get_message(timeout=_READ_S)
                if message is not None and message["type"] == "subscribe":
                    self.post_message(self.Heard("listening"))
                elif message is not None:
                    self.post_message(self.Heard(message["data"].decode()))

    def on_empty_desk_heard(self, message: Heard) -> None:
        """Paint it."""
        self.query_one(Static).update(message.text)


if __name__ == "__main__":
    EmptyDesk().run()
