"""The picture of the README: both desks as they paint themselves, with the requests of the screens' tests.

``python -m tests.tui.picture FILE``; the same program gives the same picture.
"""

import asyncio
import re
import sys
from pathlib import Path

from paydesk.tui.app import DeskApp
from tests.tui.conftest import contractor, manager, seen, shown, still
from tests.tui.scene import for_documents, scene

COLUMNS, LINES = 100, 19
_GAP = 24
_FONTS = re.compile(r"@font-face \{.*?\}\n", re.DOTALL)


async def painted(app: DeskApp, title: str, *keys: str, wait_for: str) -> str:
    """Return what a desk shows once these words stand on it, as SVG."""
    async with app.run_test(size=(COLUMNS, LINES)) as pilot:
        await still(pilot)
        await pilot.press(*keys)
        await seen(pilot, lambda: wait_for in shown(pilot))
        return app.export_screenshot(title=title)


def without_fonts(picture: str) -> str:
    """Return a picture without the fonts that it would fetch from elsewhere."""
    return _FONTS.sub("", picture)


def joined(pictures: list[str]) -> str:
    """Return pictures one above the other, without the fonts they would fetch from elsewhere."""
    parts, top, widest = [], 0.0, 0.0
    for place, picture in enumerate(pictures):
        match = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', picture)
        assert match, "a picture of a terminal has a size"
        width, height = float(match[1]), float(match[2])
        names = re.sub(r"terminal-(?:\d+|terminal)-", f"desk{place}-", picture).replace("Fira Code, ", "")
        names = re.sub(r'class="rich-terminal"', f'y="{top:g}" width="{width:g}" height="{height:g}"', names, count=1)
        parts.append(without_fonts(names))
        top, widest = top + height + _GAP, max(widest, width)
    size = f'viewBox="0 0 {widest:g} {top - _GAP:g}"'
    return "\n".join([f'<svg {size} xmlns="http://www.w3.org/2000/svg">', *parts, "</svg>"]) + "\n"


async def picture() -> str:
    """Return both desks: what a contractor sees, and what the manager does at the same time."""
    world = scene()
    world.queued.clear()
    desks = [
        await painted(contractor(world), "paydesk contractor", wait_for="oldest 4 d"),
        await painted(manager(world), "paydesk manager", "j", "a", wait_for="5 waiting"),
    ]
    return joined(desks)


if __name__ == "__main__":
    for_documents()
    Path(sys.argv[1]).write_text(asyncio.run(picture()))
