"""A row of the matrix: one fault, struck so many times, and what was seen of it."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

FROM = {"kill": "the kill", "end": "the fault's end", "freeze": "the freezing", "start": "the start"}
"""What a time to recover is counted from."""


@dataclass
class Row:
    """What one kind of fault did."""

    fault: str
    recovers: str = "kill"
    """From when the time to recover runs; a key of ``FROM``."""
    runs: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    diverged: int = 0
    absorbed: int = 0
    recovery_s: list[float] = field(default_factory=list)
    """Until everything that had been committed was acknowledged, and recorded on the other side."""
    takeover_s: list[float] = field(default_factory=list)
    """From the kill of the holder of the lease until another had done its first check and its first work."""
    in_flight: list[int] = field(default_factory=list)
    """Commands of the struck side that lay between commit and acknowledgement when it died."""
    reached: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why bad messages were not applied."""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    commit: str = ""
    at: str = ""
    """When it was judged."""

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return self.runs > 0 and not (self.lost or self.doubled or self.diverged or self.wrong)


def span(seconds: list[float]) -> str:
    """Return median and worst of some times."""
    return f"{median(seconds):.2f} / {max(seconds):.2f}" if seconds else ""


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(len(ordered) * share + 0.999999) - 1))]
