"""Keys in words and in their order, as they are on this desk; and the tip for a person who never used one."""

from typing import cast

from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen

from paydesk.role_names import RoleName, role_facts
from paydesk.tui.keys.port import KeyApp
from paydesk.tui.textual_private import bindings_of


def in_order(screen: Screen[object]) -> list[ActiveBinding]:
    """Return what works on a screen now, once each, as it was declared: a key of one's own keeps the usual place."""
    by_id: dict[str, ActiveBinding] = {}
    for active in screen.active_bindings.values():
        if active.binding.id is not None:
            by_id.setdefault(active.binding.id, active)
    nodes, places = list(dict.fromkeys(active.node for active in by_id.values())), dict[str, int]()
    for node in nodes:
        for binding in bindings_of(node):
            places.setdefault(binding.id or "", len(places))
    return sorted(by_id.values(), key=lambda active: places.get(active.binding.id or "", len(places)))


def key_named(app: App[object], name: str, usual: str) -> str:
    """Return the key by which something is done on this desk, for words that name it: ``usual``, or one's own."""
    first = cast(KeyApp, app).other_keys.get(name, "").partition(",")[0]
    return app.get_key_display(Binding(first, "")) if first else usual


def first_tip(app: App[object], role: RoleName) -> str:
    """Return one line: how to begin, where all keys are, and how it goes away."""
    keys = [*role_facts(role).first_keys, ("desk.help", "?", "shows all keys")]
    return " · ".join([*(f"{key_named(app, name, usual)} {does}" for name, usual, does in keys), "esc hides this line"])
