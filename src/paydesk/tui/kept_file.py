"""A small file of the state folder: what a person chose, kept between starts."""

import json
import logging
import os
from pathlib import Path

log = logging.getLogger("paydesk.screen")


def read_kept(path: Path | None) -> object:
    """Return what is kept, or None. A broken file is no reason not to work: it is not taken, and told in the log."""
    if path is None or not path.is_absolute():
        return None
    try:
        found: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be read and is not taken: %s", path, error)
        return None
    return found


def keep(path: Path | None, value: object) -> None:
    """Keep a value, in place of the old one at once. A full disk is no reason not to work: it is forgotten then.

    So it is for a login that has no folder of its own.
    """
    if path is None or not path.is_absolute():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(value, file)
        fresh.replace(path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)
