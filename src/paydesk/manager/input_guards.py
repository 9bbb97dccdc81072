"""What keeps a held key, a paste or a row that changed just now from deciding: only a key pressed on purpose, on what
its person saw, may move money. Times in seconds.
"""

from collections.abc import Sequence
from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.payment_request import Terms

REPEAT_S = 0.070
"""The same decision key within this is a held key; auto-repeat is about 0.033 s."""
SILENCE_S = 0.300
"""Decision keys work again after so long without one."""
BURST_KEYS, BURST_S = 4, 0.030
"""So many printable keys in so short a time were not typed by a person."""
SETTLE_S = 0.040
"""A decision waits this long, so that a burst that began with its key can still stop it."""
CHANGED_S = 0.500
"""What changed so short a time before a key was not read by whoever pressed it."""


class ChangeGuard:
    """Watches for other terms, or another request, under a cursor that nobody moved; told the time by its caller."""

    def __init__(self) -> None:
        self._changed: dict[UUID, float] = {}

    def painted(self, before: Sequence[RequestCopy], after: Sequence[RequestCopy], now: float) -> None:
        """Note which requests are painted with other terms than they were painted with before."""
        self._changed = {key: at for key, at in self._changed.items() if now - at < CHANGED_S}
        known = {row.id: _asked(row) for row in before}
        for row in after:
            if row.id in known and known[row.id] != _asked(row):
                self._changed[row.id] = now

    def came(self, request_id: UUID, now: float) -> None:
        """Note that a request came to lie under a cursor that nobody moved."""
        self._changed[request_id] = now

    def changed(self, request_id: UUID, now: float) -> bool:
        """Whether a key that came now cannot have been meant for what is painted of this request."""
        at = self._changed.get(request_id)
        return at is not None and now - at < CHANGED_S


class DoubtGuard:
    """Remembers what was told before an approval: the same key on the same request, once that is read, approves it."""

    def __init__(self) -> None:
        self._shown: tuple[UUID, str] | None = None
        self._at = 0.0

    def forget(self) -> None:
        """Take nothing for known."""
        self._shown = None

    def was_shown(self, request_id: UUID, doubt: str, now: float) -> bool:
        """Whether this was told of this request long enough before a key that came now; else it is from now on."""
        known, self._shown = self._shown == (request_id, doubt), (request_id, doubt)
        if not known:
            self._at = now
        return known and now - self._at >= CHANGED_S


def _asked(copy: RequestCopy) -> tuple[int, Terms] | None:
    """Return what the contractor asks for; the terms and not their hash, as every row that is read is looked at."""
    return (copy.request.revision, copy.request.terms) if copy.request else None


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
