"""Who computes first in a process with a screen: the screen, for a moment, as an interpreter runs one thread at a time.

A frame takes some ten milliseconds, and with a batch computed beside it two or three times as long. So who paints takes
the right of way, and whoever works behind the screen gives it between two small steps. It is the process's, as what is
shared is the interpreter.
"""

import time

MOST_S = 0.05
"""So long one taking lasts at most: a screen that is never done stops nobody."""
_LOOK_S = 0.001

_taken_until = 0.0


def take() -> None:
    """Ask whoever works behind the screen to wait, from now on and for at most ``MOST_S`` seconds."""
    global _taken_until
    _taken_until = time.monotonic() + MOST_S


def leave() -> None:
    """Let them go on."""
    global _taken_until
    _taken_until = 0.0


def give() -> None:
    """Wait for as long as a screen has the right of way."""
    while time.monotonic() < _taken_until:
        time.sleep(_LOOK_S)
