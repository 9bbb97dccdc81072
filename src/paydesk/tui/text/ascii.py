"""Marks and rules in ASCII, for terminals that have no others; commands that print use this too, so without Textual."""

from collections.abc import Mapping

from paydesk.settings import ASCII_KEY

_MARKS = {
    ord(mark): plain
    for plain, marks in {
        "o": "◦○",
        "*": "●",
        "~": "◔",
        "x": "✗",
        "!": "⊘⚠",
        "<": "↶←",
        ">": "▸→",
        "^": "↑",
        "v": "↓",
        ".": "…",
        "+": "✓╭╮╰╯┌┐└┘├┤┬┴┼",
        "-": "·–─━╌═▔╸╺╴╶",
        "_": "▁▂▃▄▅▆▇",
        "|": "│┃┆║▊▎▍▋▉▏▕╹╻╵╷",
        "#": "█▌▐",
    }.items()
    for mark in marks
}
_KEYS = {"⏎": "enter", "↓": "down", "↑": "up"}


def only_ascii(environment: Mapping[str, str]) -> bool:
    """Whether a terminal is to get ASCII marks: ``PAYDESK_ASCII=1``, or the Linux console."""
    return environment.get(ASCII_KEY, "") in ("1", "true", "yes") or environment.get("TERM") == "linux"


def to_ascii(text: str) -> str:
    """Return the screen's own marks in ASCII, one for one; what people wrote stays as it is."""
    return text.translate(_MARKS)


def key_in_ascii(key: str) -> str:
    """Return the name of a key in ASCII."""
    for mark, name in _KEYS.items():
        key = key.replace(mark, name)
    return key
