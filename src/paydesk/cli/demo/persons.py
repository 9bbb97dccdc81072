"""Who sits at the two desks: a key makes a desk the person's for a while, then its simulated person is back."""

from collections.abc import Callable, Sequence
from datetime import datetime

YOURS_S = 30.0
"""How long after a person's last key at a desk its simulated person stays away."""


class Persons:
    """Which desks are the person's, and for how long still."""

    def __init__(self, roles: Sequence[str], now: Callable[[], datetime]) -> None:
        self._roles = roles
        self._now = now
        self._touched: dict[str, datetime] = {}
        self.paused = False

    def pause(self) -> None:
        """Hold the simulated people, or let both go on at once."""
        self.paused = not self.paused
        self._touched.clear()

    def touch(self, role: str) -> None:
        """Note that a person does something at this desk."""
        self._touched[role] = self._now()

    def keep(self, role: str) -> None:
        """Note that a person has something open at this desk; that alone does not take it from anyone."""
        if self.yours_for_s(role) is not None:
            self.touch(role)

    def yours_for_s(self, role: str) -> float | None:
        """Return for how many seconds a desk is still the person's, or None."""
        touched = self._touched.get(role)
        left = YOURS_S - (self._now() - touched).total_seconds() if touched is not None else 0
        return left if left > 0 else None

    @property
    def simulated(self) -> list[str]:
        """The roles whose simulated person acts now."""
        return [] if self.paused else [role for role in self._roles if self.yours_for_s(role) is None]
