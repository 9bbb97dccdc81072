"""One desk driven by keys, without a terminal.

``python bench/million_desk.py URL TIMES FILTERS`` prints how long each key took. Each is pressed so many times, and the
first so many filters are tried.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import psutil
from textual.events import Key
from textual.pilot import Pilot

from paydesk.contractor.app import ContractorApp
from paydesk.contractor.service import ContractorService
from paydesk.infra.core.query import Page
from paydesk.settings import Endpoints
from paydesk.tui.desk.totals_cache import counted_of

FILTERS = {
    "one contractor": "from:contractor-5",
    "a status": "status:rejected",
    "a currency": "cur:GBP",
    "an amount": "amt>=90000",
    "an age": "age<1d",
    "a due day": "due>2026-01-01",
    "a common word": "logo",
    "a word that nothing has": '"nowhere to be found"',
    "without a word": "-logo",
    "several": 'status:pending cur:EUR amt>=1000 "invoice"',
}
_LOOK_S = 0.001
_PATIENCE_S = 120
_REST_S = 3.0
"""After so long everything that starts behind the first rows is there."""


class Alone:
    """PostgreSQL and nothing else, as while the other servers are still coming."""

    def __init__(self, url: str) -> None:
        self._url = url

    def endpoints(self, _: str) -> Endpoints:
        """Return the one address there is."""
        return Endpoints("bench", self._url)

    def notice(self) -> str:
        """Nothing."""
        return ""

    def mend(self) -> bool:
        """Nothing."""
        return False

    def leave(self) -> str:
        """Nothing."""
        return ""


class Watched:
    """A desk under watch: when rows that were asked for have been painted."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.pane: Any = pilot.app.panes[0]  # type: ignore[attr-defined]
        self.painted_at = 0.0
        shown = self.pane.shown

        def watched(page: Page) -> None:
            shown(page)
            self.pane.call_after_refresh(self._note)

        self.pane.shown = watched

    def _note(self) -> None:
        self.painted_at = time.perf_counter()

    async def until(self, look: Callable[[], object]) -> None:
        """Wait for something to be true."""
        end = time.monotonic() + _PATIENCE_S
        while not look():
            assert time.monotonic() < end, "not seen"
            await asyncio.sleep(_LOOK_S)

    async def key_to_rows(self, name: str, character: str | None = None) -> float:
        """Press a key and return the milliseconds until the rows that it asks for are painted."""
        query = self.pane.loader.window.of(self.pane.wanted())
        began = time.perf_counter()
        self.pilot.app.post_message(Key(name, character))
        await self.until(lambda: self.painted_at > began and self.pane.loader.window.of(self.pane.wanted()) != query)
        await self.until(lambda: self.pane.table.current is not None or not self.pane.table.rows)
        took = (self.painted_at - began) * 1000
        await self.still()
        return took

    async def still(self) -> None:
        """Wait until no rows are read any more; what they come to is counted beside, as always."""
        await self.until(lambda: not self.pane.loader.reading)
        await asyncio.sleep(0.05)


async def measure(url: str, times: int, filters: int) -> dict[str, Any]:
    """Return what one desk needs."""
    app = ContractorApp(lambda: ContractorService(Alone(url), "ada"))
    measured: dict[str, Any] = {"ms": {}}
    async with app.run_test(size=(120, 36)) as pilot:
        watch = Watched(pilot)
        await watch.until(lambda: watch.pane.table.rows and watch.painted_at)
        print("rows", flush=True)
        await asyncio.sleep(_REST_S)
        await watch.still()
        measured["rss"] = psutil.Process().memory_info().rss
        await watch.key_to_rows("m", "m")  # Everyone's.
        await watch.until(lambda: watch.pane.totals.counts.resting(counted_of(watch.pane.wanted())))
        measured["rows"] = watch.pane.totals.total
        kept: dict[str, list[float]] = {}
        for _ in range(times):
            kept.setdefault("G", []).append(await watch.key_to_rows("G", "G"))
            kept.setdefault("g back", []).append(await watch.key_to_rows("g", "g"))
        for _ in range(times):
            for _ in watch.pane.sorts:
                took = await watch.key_to_rows("s", "s")
                kept.setdefault(f"sort: {watch.pane.sort}", []).append(took)
        for name, typed in islice(FILTERS.items(), filters):
            for _ in range(times):
                await pilot.press("slash", "ctrl+u")
                watch.pane.query_one("#filter-field").value = typed
                kept.setdefault(f"filter: {name}", []).append(await watch.key_to_rows("enter", "\r"))
                await watch.key_to_rows("escape", "\x1b")
        measured["ms"] = kept
        measured["rss after"] = psutil.Process().memory_info().rss
    return measured


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))), flush=True)
