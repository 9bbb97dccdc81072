"""What keeps a held key or a paste from deciding: only a key pressed on purpose may move money. Times in seconds."""

REPEAT_S = 0.070
"""The same decision key within this is a held key; auto-repeat is about 0.033 s."""
SILENCE_S = 0.300
"""Decision keys work again after so long without one."""
BURST_KEYS, BURST_S = 4, 0.030
"""So many printable keys in so short a time were not typed by a person."""
SETTLE_S = 0.040
"""A decision waits this long, so that a burst that began with its key can still stop it."""


class KeyGuard:
    """Watches decision keys and bursts; told the time by its caller."""

    def __init__(self) -> None:
        self._last_key = ""
        self._last_at = -1e9
        self._held = False
        self.ignored = 0
        self._printed: list[float] = []
        self.burst_at = -1e9

    def allows(self, key: str, now: float) -> bool:
        """Whether this decision key was pressed on purpose; a different key is never dropped."""
        gap, same = now - self._last_at, key == self._last_key
        self._last_key, self._last_at = key, now
        if same and (gap < REPEAT_S or (self._held and gap < SILENCE_S)):
            self.ignored = self.ignored + 1 if self._held else 1
            self._held = True
            return False
        self._held = False
        self.ignored = 0
        return True

    def printed(self, now: float) -> bool:
        """Note a printable key outside a field; returns whether a burst has just been seen."""
        self._printed = [at for at in self._printed if now - at < BURST_S] + [now]
        if len(self._printed) < BURST_KEYS:
            return False
        fresh = now - self.burst_at > SILENCE_S
        self.burst_at = now
        return fresh

    def in_burst(self, now: float) -> bool:
        """Whether keys are coming faster than a person types."""
        return now - self.burst_at < SILENCE_S
