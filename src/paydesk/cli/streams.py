"""The three streams of a process, whatever locale, disk or closed end is behind them."""

import contextlib
import io
import os
import select
import sys
from collections.abc import Sequence
from pathlib import Path

import click

_REFUSED = (OSError, ValueError)
"""What writing to a full disk, a closed end or a closed stream raises."""


def is_of_stream(error: BaseException) -> bool:
    """Whether an error is that of standard output, which takes nothing more."""
    if not isinstance(error, _REFUSED):
        return False
    try:
        sys.stdout.flush()  # What was refused is still there, and is refused again.
    except _REFUSED:
        return True
    return isinstance(error, BrokenPipeError)


def nobody_reads() -> bool:
    """Whether standard output is a pipe whose reader is gone, found without writing to it."""
    poll = select.poll()
    try:
        poll.register(sys.stdout.fileno(), 0)
    except _REFUSED:
        return False
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def prepare(arguments: Sequence[str]) -> bool:
    """Make both outputs fit to be written to; returns whether standard output was open.

    A character that a stream's encoding lacks is replaced. What programs read is UTF-8 whatever the locale: JSON as of
    RFC 8259, and comma-separated values.
    """
    open_ = sys.stdout is not None
    _fill_closed()
    for_programs = "--json" in arguments or "--csv" in arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(*_REFUSED):
                stream.reconfigure(encoding="utf-8" if for_programs else None, errors="replace")
    return open_


def _fill_closed() -> None:
    """Give what whoever started the program had closed somewhere to go, so that no file or socket takes its place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # The lowest free number is this one.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def say_aside(text: str) -> bool:
    """Print a line on standard error as far as that takes it; returns whether it did. Never raises for the stream."""
    try:
        click.echo(text, err=True)
    except _REFUSED:
        silence("stderr")
        return False
    return True


def silence_broken() -> None:
    """Silence each output that takes nothing more, so that what it still holds is not tried again at the end."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except _REFUSED:
            silence(name)


def silence(name: str) -> None:
    """Let what is still to be written go nowhere, so that the end of the program does not stumble over it."""
    stream = getattr(sys, name)
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except _REFUSED:
        setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def read_all() -> str | None:
    """Return the text on standard input, UTF-8 whatever the locale, or UTF-16 with its mark; None where it is closed.

    Raises ``OSError`` where it cannot be read.
    """
    stream = sys.stdin
    if stream is None or stream.closed:
        return None
    raw = getattr(stream, "buffer", None)
    if raw is None:
        return str(stream.read())
    data: bytes = raw.read()
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")
