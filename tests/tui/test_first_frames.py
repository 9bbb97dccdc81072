"""The first frame of a screen is laid out as all that follow: nothing jumps when it opens."""

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes import World
from tests.tui.conftest import contractor, manager, opened, seen, shown

FRAMES = {
    ("contractor", "n"): "Description",
    ("contractor", "e"): "It becomes",
    ("contractor", "enter"): "Timeline",
    ("contractor", "3"): "Postgres",
    ("manager", "enter"): "Timeline",
    ("manager", "x"): "1-7 rejects",
}


def noted(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list into which every frame goes that is painted from now on."""
    frames: list[str] = []
    app, paint = pilot.app, pilot.app._display

    def display(*painted: Any) -> None:
        paint(*painted)
        if not frames or frames[-1] != shown(pilot):
            frames.append(shown(pilot))

    monkeypatch.setattr(app, "_display", display)
    return frames


def frame_of(text: str) -> list[str]:
    """Return a frame's top line, its rules, and what stands left of them; what stands beside them may still be read."""
    lines = [line for line in text.splitlines() if "paydesk " in line or set(line) & set("│─")]
    return [line.partition("│")[0] + "│" if "│" in line else line for line in lines]


def beside(text: str) -> set[str]:
    """Return what stands right of the rule."""
    return {line.partition("│")[2].strip() for line in text.splitlines()} - {""}


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("role", "key"), FRAMES)
async def test_a_screen_opens_as_it_stays(
    world: World, monkeypatch: pytest.MonkeyPatch, role: str, key: str, size: tuple[int, int]
) -> None:
    async with {"contractor": contractor, "manager": manager}[role](world).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.pause()
        before = shown(pilot)
        frames = noted(pilot, monkeypatch)
        await pilot.press(key)
        await seen(pilot, lambda: FRAMES[role, key] in shown(pilot))
        await pilot.pause()
        last = shown(pilot)
        jumped = [frame for frame in frames if frame_of(frame) not in (frame_of(last), frame_of(before))]
        jumped += [frame for frame in frames if not beside(frame) <= beside(last) | beside(before)]
        assert not jumped, "\n\n".join([*jumped, last])
