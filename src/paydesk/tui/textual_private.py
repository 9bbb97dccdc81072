"""Textual's private parts: how it reads and names keys, and which terminal it paints on. Tried on Textual 8.2.8.

Textual 8.2.8 ends the program when its parser meets a number that it does not expect (a key in the long form of kitty's
protocol is enough), takes the characters of a sequence that it does not know for keys, and waits for ever for the end
of a paste. It also paints on stderr, wherever that goes.
"""

import codecs
import logging
import os
import selectors
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from textual._parser import ParseTimeout
from textual._xterm_parser import XTermParser
from textual.binding import Binding
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.events import MouseEvent, Paste, Resize
from textual.keys import _character_to_key
from textual.message import Message

from paydesk.tui.key_sequences import Kind, Piece, Sequences, plain_key

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver as TextualDriver
else:
    from textual.drivers.linux_driver import LinuxDriver as TextualDriver

if TYPE_CHECKING:
    from textual.app import App

log = logging.getLogger("paydesk.screen")

_parsed_rules: dict[tuple[object, ...], list[RuleSet]] = {}
"""The rules of each style sheet, with the variables of the look for which they were parsed."""
_READ_BYTES = 4096
_POLL_S = 0.1
_LONGEST = 32
"""Textual takes the characters of a longer sequence for keys."""
_MAX_CELLS = 2000
"""No terminal is wider or higher, in cells; a mouse that says so is not there."""


def key_of(character: str) -> str:
    """Return what Textual calls the key of a character."""
    return _character_to_key(character)


def bindings_of(node: DOMNode) -> Iterator[Binding]:
    """Yield the bindings of a node in the order in which they are declared, with the keys that they have now."""
    for bindings in node._bindings.key_to_bindings.values():
        yield from bindings


def terminal_output() -> TextIO | None:
    """Return the terminal to paint on: stderr or stdout where that is one, else the one that keys come from."""
    for stream in (sys.__stderr__, sys.__stdout__):
        if stream is not None and stream.isatty():
            return stream
    for name in ("/dev/tty", _terminal_of_keys()):
        try:
            return Path(name).open("w", encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
    return None


def _terminal_of_keys() -> str:
    try:
        return os.ttyname(0)
    except OSError:
        return ""


class DeskStylesheet(Stylesheet):
    """Parses a style sheet once for each look; Textual parses all of them again and again as a desk starts."""

    def reparse(self) -> None:
        """Apply the variables of the look that is chosen now."""
        self.parse()

    def _parse_rules(self, css: str, *args: Any, **options: Any) -> list[RuleSet]:
        key = (css, args, tuple(options.items()), tuple(self._variables.items()))
        if key not in _parsed_rules:
            _parsed_rules[key] = super()._parse_rules(css, *args, **options)
        return _parsed_rules[key]


class DeskParser(XTermParser):
    """Hands Textual's parser one piece after the other; whatever that raises, the next piece is read as usual."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._sequences = Sequences()

    def feed(self, data: str) -> Iterable[Message]:
        """Return the messages of what came."""
        if not data:
            return super().feed(data)
        return self._messages(self._sequences.feed(data, time.monotonic()))

    def tick(self) -> Iterable[Message]:
        """Return the messages of what came and is complete now, as nothing followed it."""
        return self._messages(self._sequences.tick(time.monotonic()))

    def _messages(self, pieces: Iterable[Piece]) -> Iterator[Message]:
        for piece in pieces:
            try:
                yield from filter(_possible, self._read(piece))
            except Exception as error:
                log.info("ignored from the terminal: %r (%s)", piece.text[:_LONGEST], error)
                self._begin_again()

    def _read(self, piece: Piece) -> list[Message]:
        if piece.kind is Kind.PASTE:
            return [Paste(piece.text)]
        if piece.kind is Kind.SEQUENCE and (key := plain_key(piece.text)) is not None:
            if len(key) > _LONGEST:
                return list(self._sequence_to_key_events(key))
            piece = Piece(piece.kind, key)
        if piece.kind is Kind.SEQUENCE and (len(piece.text) > _LONGEST or piece.text[1:2] not in "[O"):
            return []  # Too long for any that Textual knows, or an answer in words, of which it knows none.
        messages = list(super().feed(piece.text)) if piece.text else []
        if self._awaiting.timeout is not None:
            # Textual waits for more. Of a key there is no more, and a whole sequence that it does not know is ignored.
            if piece.kind is Kind.KEY:
                self._awaiting = self._gen.throw(ParseTimeout())
                messages.extend(self._tokens)
            self._begin_again()
        return messages

    def _begin_again(self) -> None:
        self._tokens.clear()
        self._gen = self.parse(self._tokens.append)
        self._awaiting = next(self._gen)


def _possible(message: Message) -> bool:
    """Whether a message is of a size or a place that a terminal can have."""
    if isinstance(message, Resize):
        return 0 < message.size.width <= _MAX_CELLS and 0 < message.size.height <= _MAX_CELLS
    return not isinstance(message, MouseEvent) or max(message.screen_x, message.screen_y) <= _MAX_CELLS


class DeskDriver(TextualDriver):
    """Paints on the terminal, and reads from it whatever comes."""

    def __init__(self, app: "App[object]", **options: Any) -> None:
        super().__init__(app, **options)
        self._file: Any = terminal_output() or self._file

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return columns and rows: as the environment says, else of the terminal itself."""
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            width, height = 0, 0
        return (_number_of("COLUMNS") or width or 80, _number_of("LINES") or height or 25)

    def _sigtstp_application(self, *_: Any) -> None:
        """Leave the terminal and stop, once the loop is at it."""
        self._once_the_loop_is_at_it(super()._sigtstp_application)

    def _sigcont_application(self, *_: Any) -> None:
        """Take the terminal again, once the loop is at it."""
        self._once_the_loop_is_at_it(self._go_on)

    def _once_the_loop_is_at_it(self, act: Callable[[], None]) -> None:
        """Act from the loop: a signal may come amid the painting, which holds a lock that the act needs, too."""
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(act)
        else:
            act()

    def _go_on(self) -> None:
        """Take the terminal again. After a stop that could not be caught, it is left first, as nobody did that then."""
        if self._app._exit:
            return
        if self._auto_restart and self._writer_thread is not None and self._writer_thread.is_alive():
            self.suspend_application_mode()
            self._must_signal_resume = True
        super()._sigcont_application()

    def run_input_thread(self) -> None:
        """Read until the desk closes, or the terminal is gone."""
        parser = DeskParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_POLL_S):
                    try:
                        data = os.read(self.fileno, _READ_BYTES)
                    except OSError as error:
                        log.warning("the terminal is gone: %s", error)
                        data = b""
                    if not data:
                        self._app.call_later(self._app.exit)
                        return
                    self._take(parser.feed(decode(data) or ""))
                self._take(parser.tick())

    def _take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            try:
                self.process_message(message)
            except Exception as error:
                log.info("ignored from the terminal: %r (%s)", message, error)


def _number_of(name: str) -> int:
    """Return a number of the environment, or 0."""
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0
