"""One clock for a side: the database's, as this process knows it, gone on by a clock that nobody sets."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

ASK_AGAIN_S = 10.0
"""How old an answer of the database may be: its clock may be set, too."""


def boot_time() -> float:
    """Return seconds that go on while the machine sleeps, where there is such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def moment_of(connection: Any) -> datetime:
    """Return the time by the clock of the database that a connection of psycopg leads to; leaves none begun."""
    # What follows may set how its own transaction reads, which PostgreSQL takes only before the first statement.
    with connection.transaction():
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    moment: datetime = row[0]
    return moment


class DatabaseClock:
    """What the database's clock shows: by its last answer, and by how long ago that came.

    What is left of a hold, ages and stamps are of this clock: a desk's own may be minutes off.
    """

    def __init__(self, elapsed: Callable[[], float] = boot_time) -> None:
        self._elapsed = elapsed
        self._answer: tuple[datetime, float] | None = None

    @property
    def known(self) -> bool:
        """Whether the database has ever answered."""
        return self._answer is not None

    @property
    def due(self) -> bool:
        """Whether the database is to be asked again."""
        return self._answer is None or self._elapsed() - self._answer[1] > ASK_AGAIN_S

    def ask(self, moment: Callable[[], datetime]) -> None:
        """Ask the database, where that is due."""
        if self.due:
            self._answer = moment(), self._elapsed()

    def now(self) -> datetime:
        """Return the time; this machine's own as long as the database has not answered."""
        if self._answer is None:
            return datetime.now(UTC)
        moment, at = self._answer
        return moment + timedelta(seconds=self._elapsed() - at)
