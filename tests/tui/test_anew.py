"""While a side is read for the first time, an empty list on a desk says so, and that requests come by themselves."""

from dataclasses import replace

import pytest

from paydesk.infra.core.health import Anew
from tests.fakes import WELL, FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, seen, shown

ANEW = pytest.mark.fault(
    kind="An empty or partial list is never shown as the truth while a side is read anew.",
    mended="infra/worker/first_reading.py",
)


@ANEW
@pytest.mark.parametrize("role", ["contractor", "manager"])
async def test_an_empty_list_says_that_it_is_read_anew_until_it_is_whole(role: str) -> None:
    world = World()
    desk = FakeContractorDesk(world, "ada") if role == "contractor" else FakeManagerDesk(world)
    desk.reading = replace(WELL, anew=Anew(0, 3))
    app = contractor(world, desk=desk) if role == "contractor" else manager(world, desk=desk)  # type: ignore[arg-type]
    usual = "No requests here yet." if role == "contractor" else "Nothing waits for a decision."
    async with app.run_test(size=(120, 36)) as pilot:
        await seen(pilot, lambda: "No requests so far: reading anew, 0 of 3 so far." in shown(pilot))
        assert usual not in shown(pilot) and "◔ reading anew, 0 of 3 so far" in shown(pilot), "the health line too"
        desk.reading = WELL
        await seen(pilot, lambda: usual in shown(pilot) and "anew" not in shown(pilot))
