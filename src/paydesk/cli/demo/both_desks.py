"""How the demo's screen is laid out: the desks side by side from 120 columns on, else the one that has the keys."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

LAYOUT = """
#demo { background: $panel; text-style: bold; }
#desks { height: 1fr; }
#desks DeskPane { display: none; border-left: blank; }
#desks DeskPane.-here { display: block; border-left: outer $accent; }
.-both #desks DeskPane { display: block; }
#desks DeskPane.-here TopLine { background: $panel; color: $accent; }
#desks DeskPane TopLine { color: $secondary; }
#story { height: auto; }
#story-header { background: $surface; color: $secondary; }
.story { color: $secondary; text-wrap: nowrap; text-overflow: ellipsis; }
.story.-newest { color: $foreground; }
"""


class BothDesks(Screen[None]):
    """The screen of the demo; ``tab`` goes to the other desk."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (120, "-both")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab", "app.other_desk", "Desk", id="demo.other", key_display="tab", tooltip="Other desk"),
        Binding("f2", "app.pause", "Pause", show=False, id="demo.pause", tooltip="Hold the simulated people, or go on"),
    ]
