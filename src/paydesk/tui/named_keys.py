"""Keys in words, as they are on this desk; and the line that a person is told who never used one."""

from typing import Any

from textual.screen import Screen

_BEGIN = {
    "contractor": (("contractor.new", "asks for a payment"),),
    "manager": (("manager.approve", "approves"), ("manager.reject", "rejects")),
}


def key_named(screen: Screen[Any], name: str) -> str:
    """Return the key by which something is done on a screen, or an empty string where it cannot be done now."""
    bindings = (active.binding for active in screen.active_bindings.values())
    return next((screen.app.get_key_display(each) for each in bindings if each.id == name), "")


def first_hint(screen: Screen[Any], role: str) -> str:
    """Return one line: how to begin, where all keys are, and how it goes away."""
    told = [*_BEGIN.get(role, ()), ("desk.help", "shows all keys")]
    keys = [(key_named(screen, name), does) for name, does in told]
    return " · ".join([*(f"{key} {does}" for key, does in keys if key), "esc hides this"])
