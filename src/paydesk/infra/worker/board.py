"""Where a worker's threads write down how it goes, and whoever shows it reads."""

import threading
import time
from dataclasses import replace
from typing import Any

from paydesk.infra.core.health import KAFKA_AWAY, KAFKA_ELSEWHERE, KAFKA_REFUSED, Health, Part, PartState


class Board:
    """One ``Health`` that several threads keep; the error of a thread stays until that thread recovered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._health = Health()
        self._troubles: dict[str, str] = {}
        self._counted_at: float | None = None
        self._kafka_at: float | None = None
        self._until: dict[str, float] = {}

    def health(self, notice: str) -> Health:
        """Return the last reading, and how old those parts of it are that no longer change."""
        with self._lock:
            return replace(
                self._health,
                trouble=" ".join(self._troubles.values()),
                notice=notice,
                counted_s=_age(self._counted_at),
                kafka_silent_s=_age(self._kafka_at),
            )

    def tell(self, **facts: Any) -> None:
        """Write down facts of ``Health``."""
        with self._lock:
            self._health = replace(self._health, **facts)
            if "unsent" in facts:
                self._counted_at = time.monotonic()
            if "kafka" in facts and facts["kafka"].state is PartState.OK:
                self._kafka_at = time.monotonic()

    def postgres_down(self, sentence: str) -> None:
        """Write down that the database does not answer."""
        self.tell(postgres=Part(PartState.DOWN, sentence))

    def kafka_down(self, sentence: str) -> None:
        """Write down why the broker cannot be used; that it refused the login stays until it answers."""
        down = Part(PartState.DOWN, sentence)
        with self._lock:
            known = self._health.kafka.error
            tells_less = sentence == KAFKA_AWAY and known.startswith(KAFKA_ELSEWHERE)
            if known != KAFKA_REFUSED and not tells_less:
                self._health = replace(self._health, kafka=down)

    def kafka_ok(self) -> None:
        """Write down that the broker answered."""
        self.tell(kafka=Part(PartState.OK))

    def trouble(self, thread: str, sentence: str, at_least_s: float = 0.0) -> None:
        """Keep what went wrong in a thread, for so long even where the thread does something meanwhile."""
        with self._lock:
            self._troubles[thread] = sentence
            self._until[thread] = time.monotonic() + at_least_s

    def recovered(self, thread: str) -> None:
        """Forget what went wrong in a thread: it does its work again."""
        with self._lock:
            if time.monotonic() >= self._until.get(thread, 0.0):
                self._troubles.pop(thread, None)


def _age(at: float | None) -> float | None:
    return None if at is None else time.monotonic() - at
