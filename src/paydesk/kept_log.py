"""A log in a file: nothing of it reaches a terminal, whatever becomes of file and disk."""

import contextlib
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from paydesk import secrecy
from paydesk.settings import own_folder


class KeptLog(RotatingFileHandler):
    """Rotates by size, and opens its file anew where somebody moved that away or deleted it; always UTF-8.

    A record that cannot be written is dropped without a word: the log is for looking into, and a full disk is told by
    those who have something to save.
    """

    def __init__(self, path: Path, backups: int = 2) -> None:
        super().__init__(
            path, maxBytes=1 << 20, backupCount=backups, delay=True, encoding="utf-8", errors="backslashreplace"
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record into the file that has the name now."""
        if self._is_moved():
            self._let_go()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        """Drop what cannot be written, and begin anew with the next record."""
        self._let_go()

    def close(self) -> None:
        """Close the file; what a full disk does not take is dropped."""
        self._let_go()
        super().close()

    def _is_moved(self) -> bool:
        if self.stream is None:
            return False
        try:
            opened, named = os.fstat(self.stream.fileno()), Path(self.baseFilename).stat()
        except (OSError, ValueError):
            return True
        return (opened.st_dev, opened.st_ino) != (named.st_dev, named.st_ino)

    def _let_go(self) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


def log_file() -> Path:
    """Return the file that keeps what went wrong."""
    return own_folder("log") / "paydesk.log"


def keep_log(path: Path, *, backups: int = 2) -> None:
    """Keep the program's log in a file, unless a log is kept already; what cannot be kept is dropped."""
    root = logging.getLogger()
    if root.handlers:
        return
    try:
        if not path.is_absolute():
            raise FileNotFoundError("this login has no folder of its own")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler: logging.Handler = KeptLog(path, backups)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(secrecy.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.raiseExceptions = False  # No other handler tells its own trouble on the terminal either.
