"""The contact sheet of the docs: screens of both desks side by side, as the desks paint themselves.

``python -m tests.tui.sheet FILE [WIDTHxHEIGHT] [THEME] [ROLE-NAME ...]``; without names those of ``SHOWN``. Making a
PNG needs ``resvg-py`` and ``pillow``, which nothing else here does: ``pip install resvg-py pillow`` where you run it.
"""

import asyncio
import io
import os
import re
import sys
from importlib.util import find_spec
from typing import Any

from tests.tui.picture import without_fonts
from tests.tui.scene import for_documents
from tests.tui.screens import SCREENS, Screen

SHOWN = (
    "contractor-home", "manager-inbox",
    "contractor-form-filled", "manager-held",
    "contractor-rejected-long", "manager-bulk",
    "contractor-revise", "manager-alike-detail",
    "contractor-help", "manager-filter-problem",
    "contractor-insights-table", "manager-insights",
)  # fmt: skip
COLUMNS, GAP, SCALE = 2, 16, 0.55
COLORS = 192
NEEDS = "A contact sheet needs resvg-py and pillow: pip install resvg-py pillow."


async def svg(screen: Screen, size: tuple[int, int]) -> str:
    """Return a screen as SVG, titled with its name."""
    async with screen.app().run_test(size=size) as pilot:
        await screen.reach(pilot)
        return pilot.app.export_screenshot(title=f"{screen.role}: {screen.name}")


def sheet(pictures: list[str]) -> Any:
    """Return all pictures on one sheet."""
    from PIL import Image
    from resvg_py import svg_to_bytes

    tiles = []
    for picture in pictures:
        plain = without_fonts(re.sub(r"font-family: [^;]+;", "font-family: DejaVu Sans Mono;", picture))
        image = Image.open(io.BytesIO(bytes(svg_to_bytes(svg_string=plain)))).convert("RGB")
        size = (round(image.width * SCALE), round(image.height * SCALE))
        tiles.append(image.resize(size, Image.Resampling.LANCZOS))
    width, height = max(tile.width for tile in tiles) + GAP, max(tile.height for tile in tiles) + GAP
    rows = -(-len(tiles) // COLUMNS)
    whole = Image.new("RGB", (min(COLUMNS, len(tiles)) * width + GAP, rows * height + GAP), "#808080")
    for place, tile in enumerate(tiles):
        whole.paste(tile, (place % COLUMNS * width + GAP, place // COLUMNS * height + GAP))
    return whole.quantize(COLORS, dither=Image.Dither.NONE)


async def main(file: str, size: str = "100x30", theme: str = "", *names: str) -> None:
    """Paint a sheet; without a theme the screens take turns in the dark and the light one."""
    width, height = map(int, size.split("x"))
    known = {f"{screen.role}-{screen.name}": screen for screen in SCREENS}
    pictures = []
    for place, name in enumerate(names or SHOWN):
        os.environ["PAYDESK_THEME"] = theme or ("dusk", "paper")[place // COLUMNS % 2]
        pictures.append(await svg(known[name], (width, height)))
    sheet(pictures).save(file, optimize=True)


if __name__ == "__main__":
    if not all(map(find_spec, ("PIL", "resvg_py"))):
        sys.exit(NEEDS)
    for_documents()
    asyncio.run(main(*sys.argv[1:]))
