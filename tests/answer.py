"""What a command line answered, for the tests of commands."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    """What a command printed, and the code it ended with."""

    code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        """All that it printed."""
        return self.out + self.err

    @property
    def json(self) -> dict[str, Any]:
        """The one document it printed."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The documents it printed, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, str]:
        """The error it printed."""
        document: dict[str, str] = json.loads(self.err.splitlines()[-1])["error"]
        return document
