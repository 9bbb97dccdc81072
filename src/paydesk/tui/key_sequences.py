"""What a terminal sends, cut into keys and sequences: what is half there waits, what is malformed is left out.

Sequences are those of ECMA-48: after ESC ``[`` parameters and one final character, after ESC ``]``, ``P``, ``X``,
``^`` or ``_`` a text that BEL or ESC ``\\`` ends. Nothing inside of a sequence is ever taken for a key.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

ESCAPE = "\x1b"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
KEY_DELAY_S = 0.1
"""After ESC alone nothing comes for so long: it was the key."""
REST_DELAY_S = 1.0
"""After the beginning of a sequence or of a paste nothing comes for so long: its rest was lost."""
_LONGEST = 4096
"""More characters of an unfinished sequence are not kept."""
_LOST = {0x1B: "\ufffd", 0x00: "\ufffd"}

_COMPLETE = re.compile(
    r"\x1b\[M[^\x1b]{3}"  # A mouse report of the oldest kind.
    r"|\x1b\[\[[@-~]"  # A function key of the Linux console.
    r"|\x1b\[\d+\$"  # A function key of rxvt, with shift.
    r"|\x1b\[(?![M\[])[ -?]*[@-~]"
    r"|\x1bO[ -?]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)"
)
_BEGUN = re.compile(r"\x1b(?:\[(?:M[^\x1b]{0,2}|\[|[ -?]*)|O[ -?]*|[\]PX^_][^\x07\x18\x1a\x1b]*\x1b?)?", re.DOTALL)
_BROKEN = re.compile(
    r"\x1b(?:\[(?:M[^\x1b]{0,2}|\[|[ -?]*)|O[ -?]*|[\]PX^_][^\x07\x18\x1a\x1b]*)[\x18\x1a]?", re.DOTALL
)
_LONG_KEY = re.compile(r"\x1b\[(\d+)[\d:]*(?:;(\d*)(?::(\d*))?[\d:]*)?(?:;([\d:]*))?([u~ABCDEFHPQRS])")
_KEY_LIKE = re.compile(r"\x1b\[[\d:;]+[u~ABCDEFHPQRS]|\x1b\[u")
_MAX_MODIFIERS = 256
_RELEASED = "3"


class Kind(Enum):
    """What a piece is."""

    TEXT = auto()
    """Characters, each a key."""
    KEY = auto()
    """ESC, or ESC and a character that was pressed with alt."""
    SEQUENCE = auto()
    """A whole sequence."""
    PASTE = auto()
    """A pasted text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of what came."""

    kind: Kind
    text: str


class Sequences:
    """Cuts what comes; ``now_s`` is any clock in seconds that nobody sets."""

    def __init__(self) -> None:
        self._rest = ""
        self._pasted: list[str] | None = None
        self._came_at_s = 0.0

    def feed(self, text: str, now_s: float) -> Iterator[Piece]:
        """Yield what is complete now."""
        self._came_at_s = now_s
        self._rest += text
        while self._rest:
            piece = self._next()
            if piece is None:
                break
            if piece.text or piece.kind is Kind.PASTE:
                yield piece

    def tick(self, now_s: float) -> Iterator[Piece]:
        """Yield what counts as complete, as nothing came after it for long enough."""
        waited_s = now_s - self._came_at_s
        if self._pasted is not None:
            if waited_s >= REST_DELAY_S:
                yield self._paste_ended(self._rest)
                self._rest = ""
            return
        if self._rest and (len(self._rest) <= 2 and waited_s >= KEY_DELAY_S):
            rest, self._rest = self._rest, ""
            yield Piece(Kind.KEY, rest)
        elif waited_s >= REST_DELAY_S:
            self._rest = ""

    def _next(self) -> Piece | None:
        """Return the next piece, perhaps an empty one; None where more has to come first."""
        if self._pasted is not None:
            return self._pasted_next()
        text = self._rest
        if not text.startswith(ESCAPE):
            return self._cut(Kind.TEXT, text.find(ESCAPE))
        if whole := _COMPLETE.match(text):
            sequence = self._cut(Kind.SEQUENCE, whole.end())
            if sequence.text == PASTE_BEGINS:
                self._pasted = []
                return Piece(Kind.TEXT, "")
            return sequence
        if _BEGUN.fullmatch(text):
            if len(text) > _LONGEST:
                self._rest = text[:2] + text[-1:]
            return None
        if broken := _BROKEN.match(text):
            self._rest = text[broken.end() :]
            return Piece(Kind.TEXT, "")
        return self._cut(Kind.KEY, 1 if text[1] == ESCAPE else 2)

    def _cut(self, kind: Kind, end: int) -> Piece:
        end = len(self._rest) if end < 0 else end
        piece, self._rest = Piece(kind, self._rest[:end]), self._rest[end:]
        return piece

    def _pasted_next(self) -> Piece | None:
        assert self._pasted is not None
        inside, mark, after = self._rest.partition(PASTE_ENDS)
        if mark:
            self._rest = after
            return self._paste_ended(inside)
        begun = next((PASTE_ENDS[:n] for n in range(5, 0, -1) if inside.endswith(PASTE_ENDS[:n])), "")
        self._pasted.append(inside.removesuffix(begun))
        self._rest = begun
        return None

    def _paste_ended(self, last: str) -> Piece:
        """Return the whole paste, in which escape characters and NULs are lost characters: a field refuses those."""
        text = "".join([*(self._pasted or ()), last]).translate(_LOST)
        self._pasted = None
        return Piece(Kind.PASTE, text)


def plain_key(sequence: str) -> str | None:
    """Return a key of kitty's keyboard protocol in its shortest form; None where it is no such key.

    An empty string stands for what is ignored: a key that is let go of, and numbers that no key has. The long form
    names what a key is with shift or on another keyboard, and whether it was pressed, is repeated, or let go of:
    https://sw.kovidgoyal.net/kitty/keyboard-protocol/#an-overview
    """
    if _KEY_LIKE.fullmatch(sequence) is None:
        return None
    if (key := _LONG_KEY.fullmatch(sequence)) is None:
        return ""
    code, modifiers, event, text, end = key.groups(default="")
    if event == _RELEASED or not _is_character(code) or len(modifiers) > 3 or int(modifiers or 1) > _MAX_MODIFIERS:
        return ""
    typed = [number for number in text.split(":") if _is_character(number) and chr(int(number)).isprintable()]
    if not typed and end == "u" and modifiers in ("", "1") and chr(int(code)).isprintable():
        typed = [code]
    if typed:
        return f"{ESCAPE}[{int(code)};{modifiers};{':'.join(typed)}{end}"
    return f"{ESCAPE}[{int(code)};{modifiers}{end}" if modifiers else f"{ESCAPE}[{int(code)}{end}"


def _is_character(code: str) -> bool:
    """Whether digits are the number of a character: neither too large, nor half of a pair."""
    return 0 < len(code) <= 7 and int(code) <= 0x10FFFF and not 0xD800 <= int(code) <= 0xDFFF
