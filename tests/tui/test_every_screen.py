"""Every screen of both desks at three sizes, in the dark and the light look, as the terminal would get it.

An SVG of one screen has 30 to 60 KB, and there are two hundred: instead every picture is kept as its words and, under
them, which style each run of cells has, which is all that a terminal is sent. After a change that is meant to be seen:
``pytest -m long tests/tui/test_every_screen.py --snapshot-update``, and look at ``python -m tests.tui.sheet FILE``.
"""

import time
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.pilot import Pilot

from paydesk.tui.themes import DUSK, PAPER, short_name
from tests.pace import scaled
from tests.tui.screens import SCREENS, Screen
from tests.tui.test_looks import contrast_ratio

KEPT = Path(__file__).with_name("screens")
OTHER = {
    "contrast": {"PAYDESK_THEME": "contrast"},
    "no-color": {"NO_COLOR": "1"},
    "ascii": {"PAYDESK_ASCII": "1"},
}
PATIENCE_S = 20.0
LEAST_CONTRAST = 3.0
"""Whatever stands on the screen; ``test_every_word_can_be_read`` asks for 4.5 of the colours that words have."""

Cells = list[list[tuple[str, Style]]]


def cells(pilot: Pilot[None]) -> Cells:
    """Return the runs of every line, after all that a line goes through on its way to the terminal."""
    painted = []
    for strip in pilot.app.screen._compositor.render_strips():
        for filter_ in pilot.app.get_line_filters():
            strip = strip.apply_filter(filter_, Color(0, 0, 0))
        painted.append([(part.text, part.style or Style.null()) for part in strip if part.text])
    return painted


def looks_of(style: Style) -> str:
    """Return what a terminal is told of a style."""
    marks = [name for name in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, name)]
    return " ".join([_named(style.color), "on", _named(style.bgcolor), *marks])


def _named(color: RichColor | None) -> str:
    return color.name if color is not None else "-"


def kept_text(lines: Cells) -> str:
    """Return the words, the style of every run and what each style is."""
    letters: dict[str, str] = {}
    words, styles = [], []
    for line in lines:
        words.append("".join(text for text, _ in line).rstrip())
        runs = []
        for look, parts in groupby(line, lambda part: looks_of(part[1])):
            letter = letters.setdefault(look, f"s{len(letters)}")
            runs.append(f"{letter}:{sum(len(text) for text, _ in parts)}")
        styles.append(" ".join(runs))
    known = (f"{letter} {look}" for look, letter in letters.items())
    return "\n".join([*words, "---", *styles, "---", *known]) + "\n"


def unreadable(lines: Cells) -> Iterable[str]:
    """Yield words whose colour is too near to what is behind them."""
    for text, style in (part for line in lines for part in line):
        if not any(char.isalnum() for char in text) or style.color is None or style.bgcolor is None:
            continue
        front, behind = style.color.triplet, style.bgcolor.triplet
        if front and behind and contrast_ratio(Color(*front), Color(*behind)) < LEAST_CONTRAST:
            yield f"{text!r} {looks_of(style)}"


async def hold(pilot: Pilot[None], name: str, update: bool) -> None:
    """Hold what a screen comes to paint to what is kept of it, or keep it anew."""
    file, end = KEPT / f"{name}.txt", time.monotonic() + scaled(PATIENCE_S)
    if update:
        KEPT.mkdir(exist_ok=True)
        file.write_text(kept_text(cells(pilot)))
    while (text := kept_text(cells(pilot))) != file.read_text() and time.monotonic() < end:
        await pilot.pause(0.05)  # On a busy machine it may be read a moment later, such as what looks alike.
    assert file.read_text() == text, f"{name} looks another way"


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether to keep what is seen."""
    return bool(request.config.getoption("update_snapshots"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("screen", "size"),
    [
        pytest.param(screen, size, id=f"{screen.role}-{screen.name}-{size[0]}x{size[1]}")
        for screen in SCREENS
        for size in screen.sizes
    ],
)
async def test_it_looks_as_it_did_in_both_looks(screen: Screen, size: tuple[int, int], update: bool) -> None:
    async with screen.app().run_test(size=size) as pilot:
        await screen.reach(pilot)
        for look in (DUSK, PAPER):
            pilot.app.theme = look.name
            pilot.app.refresh_css(animate=False)
            await pilot.pause()
            lines = cells(pilot)
            if not pilot.app.screen.is_modal:  # What a dialog dims is not there to be read.
                assert not [*unreadable(lines)]
            await hold(pilot, f"{screen.role}-{screen.name}-{size[0]}x{size[1]}-{short_name(look)}", update)


@pytest.mark.long
@pytest.mark.parametrize("terminal", OTHER)
@pytest.mark.parametrize("name", ["home", "rejected", "held"])
async def test_it_looks_as_it_did_on_other_terminals(
    name: str, terminal: str, update: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in OTHER[terminal].items():
        monkeypatch.setenv(key, value)
    (screen,) = (candidate for candidate in SCREENS if candidate.name == name)
    async with screen.app().run_test(size=screen.sizes[0]) as pilot:
        await screen.reach(pilot)
        await hold(pilot, f"{screen.role}-{screen.name}-{terminal}", update)
