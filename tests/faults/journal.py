"""What a person was answered, kept outside of everything that is struck: a line a fact, appended, never changed."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ASKED, AGAIN, DONE, REFUSED, UNKNOWN = "asked", "again", "done", "refused", "unknown"


class Journal:
    """A file that outlives its writer: a line is in it as soon as it was written, whatever kills the process then."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, key: str, fact: str, **more: Any) -> None:
        """Append a fact about a command."""
        line = json.dumps({"key": key, "fact": fact, "at": time.time(), **more})
        os.write(self._file, line.encode() + b"\n")


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the facts of a journal, oldest first; a line that its writer's death cut short is none."""
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue


def unanswered(path: Path) -> dict[str, Any] | None:
    """Return the command that was asked and not answered when the writer died; None when there is none."""
    asked: dict[str, Any] | None = None
    for line in lines(path):
        if line["fact"] == ASKED:
            asked = line
        elif asked is not None and line["key"] == asked["key"] and line["fact"] in (DONE, REFUSED):
            asked = None
    return asked


def answered(path: Path) -> list[dict[str, Any]]:
    """Return the commands that changed something and were not held: what they did is never to happen again."""
    asked: dict[str, dict[str, Any]] = {}
    done: dict[str, dict[str, Any]] = {}
    for line in lines(path):
        if line["fact"] == ASKED and not line.get("hold_s") and line["word"] != "undo":
            asked[line["key"]] = line
        elif line["fact"] == DONE and line["changed"] and line["key"] in asked:
            done[line["key"]] = asked[line["key"]]
    return list(done.values())
