"""How long what waits has waited: counts by age, and the oldest; the same for every list that is shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

BOUNDS = tuple(timedelta(days=days) for days in (1, 3, 7))
"""Where one age ends and the next begins; exactly so old belongs to the next."""
AGES = ("under 1 d", "1–3 d", "3–7 d", "over 7 d")


@dataclass(frozen=True, slots=True)
class Ageing:
    """How many requests are of each of ``AGES``, and since when the oldest waits; None where none does."""

    counts: tuple[int, ...] = (0,) * len(AGES)
    oldest: datetime | None = None

    def __add__(self, other: Self) -> "Ageing":
        """Return both together."""
        moments = [ageing.oldest for ageing in (self, other) if ageing.oldest is not None]
        counts = tuple(first + second for first, second in zip(self.counts, other.counts, strict=True))
        return Ageing(counts, min(moments, default=None))


NOTHING_WAITS = Ageing()
