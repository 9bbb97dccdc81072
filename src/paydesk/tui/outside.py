"""What a desk hands to programs beside it: links to a browser, numbers to a clipboard; and what became of that."""

import os
import webbrowser
from collections.abc import Mapping
from pathlib import PurePath

_IN_THE_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})
"""Browsers that would paint over the desk."""


def opens(link: str) -> bool:
    """Open a link in a browser with a window of its own; returns whether there is one. May block for a moment."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if PurePath(getattr(browser, "name", "") or "").name in _IN_THE_TERMINAL:
        return False
    try:
        return bool(browser.open(link))
    except (OSError, webbrowser.Error):
        return False


def not_opened(link: str) -> str:
    """Return what a person is told, with the link to copy, where no browser can be opened."""
    return f"No browser can be opened here. The link to copy: {link}"


def copied(number: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what became of a number that was sent to the terminal's clipboard: no terminal says whether it took it."""
    if environment.get("TMUX"):
        return f"{number} was sent to tmux, which passes it on only with `set -g set-clipboard on`; else mark it here."
    if environment.get("STY"):
        return f"{number}: screen passes nothing on to a clipboard; mark it here and copy it."
    return f"{number} was sent to the terminal's clipboard; if it is not there, mark it here and copy it."
