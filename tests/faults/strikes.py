"""Striking a process amid a backlog, and measuring how long it takes until others have made up for it."""

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import psutil
from confluent_kafka import KafkaException

from tests.faults.bench import Bench, Process
from tests.faults.burst import Burst
from tests.faults.checker import TOPICS
from tests.faults.control import OF_DESKS
from tests.faults.evidence import events
from tests.faults.look import ROLES, NotSeen, until
from tests.faults.rows import Row

BACKLOG = 32
MOST_STOPPED_S = 1.6
"""How long a holder is stopped at most, so that a backlog builds up: its lease would be lost after 2.5 s."""
_REACHED_S = 8.0


@dataclass
class Striker:
    """Strikes the crew of one bench; everything is written into the row that is given."""

    bench: Bench
    kafka: Mapping[str, str]
    burst: Burst
    random: Random = field(default_factory=Random)
    excused: set[str] = field(default_factory=set)
    """Commands that went with a schema before anybody else knew of them."""

    def __post_init__(self) -> None:
        self._since = {role: self.bench.look.published(role) for role in ROLES}

    def backlog(self, role: str, least: int = BACKLOG) -> Process:
        """Stop whoever works for a role until so many commands wait; returns it, still stopped."""
        bench = self.bench
        bench.watch()
        while True:
            until(lambda: bench.look.standbys(role) and bench.look.holder_backend(role), f"a standby of {role}")
            holder, backend = bench.holder(role), bench.look.holder_backend(role)
            bench.pace(0, role)
            self._stop(role, holder)
            end = time.monotonic() + MOST_STOPPED_S
            self.burst.give(role, least, end)
            while bench.look.unsent(role) < least and time.monotonic() < end:
                time.sleep(0.005)
            if bench.look.holder_backend(role) == backend:
                return holder
            # On a busy machine it was stopped for too long: another works already.
            holder.signal(signal.SIGCONT)

    def _stop(self, role: str, holder: Process) -> None:
        """Stop a process, but not amid a transaction: whoever gives commands then would wait for its locks."""
        for _ in range(20):
            holder.signal(signal.SIGSTOP)
            time.sleep(0.02)
            if not self.bench.look.amid(role):
                return
            holder.signal(signal.SIGCONT)
            time.sleep(0.01)

    def at_point(self, role: str, point: str, row: Row) -> None:
        """Kill whoever reaches a point first."""
        bench = self.bench
        for _ in range(5):
            holder = self.backlog(role, 3 * BACKLOG if point == "R4" else BACKLOG)
            bench.orders[role].arm(point, signal.SIGKILL)
            if point == "I1":
                # The next one reads its own topic, and dies amid it.
                holder.signal(signal.SIGKILL)
                until(lambda holder=holder: holder.dead, "the holder dead")  # type: ignore[misc]
                bench.replace(holder)
            checked = bench.look.checked_by(role)
            if point in OF_DESKS:
                # Another desk dies giving a command, while nothing can leave.
                self._reached(role, MOST_STOPPED_S / 3)
            if point != "I1":
                holder.signal(signal.SIGCONT)
            dead = self._reached(role, _REACHED_S)
            if dead is None:
                bench.orders[role].disarm()
                bench.pace(None, role)
                row.notes.append(f"{point} was not reached within {_REACHED_S:.0f} s, and tried again")
                continue
            self._made_up(role, dead, row, checked if dead is holder or point == "I1" else None)
            return
        raise NotSeen(f"{point} of {role} was never reached")

    def _reached(self, role: str, within_s: float) -> Process | None:
        """Return who died at the point that is armed, or None where nobody did in time."""
        end = time.monotonic() + within_s
        while not (dead := self.bench.struck(role)) and time.monotonic() < end:
            time.sleep(0.004)
        return dead

    def at_random(self, row: Row) -> None:
        """Kill somebody at any moment, mostly who is at work."""
        role, bench = self.random.choice(ROLES), self.bench
        holder = self.backlog(role)
        checked = self.bench.look.checked_by(role)
        holder.signal(signal.SIGCONT)
        time.sleep(self.random.uniform(0, 0.12))
        others = [process for process in bench.crew if process.role == role and process is not holder]
        struck = holder if self.random.random() < 0.75 else self.random.choice(others)
        struck.signal(signal.SIGKILL)
        until(lambda: struck.dead, "the struck dead")
        self._made_up(role, struck, row, checked if struck is holder else None)

    def freeze(self, role: str, point: str, row: Row) -> None:
        """Freeze who is at work at a point until another has made up for it; then let it go on, without its lease."""
        bench = self.bench
        until(lambda: bench.look.standbys(role), f"a standby of {role}")
        before, holder = bench.look.holder_backend(role), bench.holder(role)
        checked = self.bench.look.checked_by(role)
        bench.orders[role].arm(point, signal.SIGSTOP)
        try:
            until(lambda: _stopped(holder), f"{point} reached", _REACHED_S)
        except NotSeen:
            bench.orders[role].disarm()
            return
        stopped_at = time.monotonic()
        until(lambda: bench.look.holder_backend(role) not in (None, before), "another at work", 20)
        until(lambda: self.bench.look.checked_by(role) != checked, "its first check", 20)
        row.takeover_s.append(time.monotonic() - stopped_at)
        row.runs += 1
        try:
            # What the frozen one was amid, such as a transaction with its locks, must not hold up the others.
            row.recovery_s.append(self.arrival(stopped_at, 20))
        finally:
            holder.signal(signal.SIGCONT)
        self.arrival(time.monotonic())
        until(lambda: bench.look.standbys(role) >= 2, "the woken one standing by", 20)

    def arrival(self, since: float, within_s: float = 90) -> float:
        """Wait until all that was committed is acknowledged and recorded on the other side; returns how long."""
        bench = self.bench
        marks = {role: bench.look.published(role) for role in ROLES}
        try:
            until(lambda: bench.look.arrived(self._since, marks), "all that was said has arrived", within_s)
        except NotSeen as error:
            missing = {role: bench.look.unsent(role, marks[role]) for role in ROLES}
            raise NotSeen(f"{error}; unsent {missing}, since {self._since}, up to {marks}") from error
        self._since = marks
        return time.monotonic() - since

    def whole(self, since: float, within_s: float = 120) -> float:
        """Let people rest, and wait until both sides are equal and all they said lies on the topics; returns how long.

        For stores that lost something: what was acknowledged before may have to be said again.
        """
        # Who asks while a lost schema is read anew is answered at its end.
        self.bench.rest(within_s)
        until(lambda: self.bench.look.settled() and self._complete(), "all that was said is there", within_s, 0.05)
        self._since = {role: self.bench.look.published(role) for role in ROLES}
        return time.monotonic() - since

    def _complete(self) -> bool:
        """Whether every event lies on its topic, at the place that is noted."""
        for role, topic in TOPICS.items():
            try:
                places = {message.offset: message.id for message in events(self.kafka, topic)}
            except (RuntimeError, KafkaException):
                return False
            rows = self.bench.look.sql(f"SELECT id::text, kafka_offset FROM {role}.outbox WHERE NOT beaten")
            if any(places.get(offset) != event for event, offset in rows):
                return False
        return True

    def _made_up(self, role: str, dead: Process, row: Row, checked: str | None) -> None:
        """Measure what a kill did; ``checked``: who had checked before, where the holder was struck."""
        bench, killed_at = self.bench, time.monotonic()
        bench.pace(None, role)
        unsent, mark = bench.look.unsent(role), bench.look.published(role)
        heard = bench.look.heard(role)
        row.in_flight.append(unsent)
        row.runs += 1
        if checked is not None:

            def taken_over() -> bool:
                return self.bench.look.checked_by(role) != checked and (
                    bench.look.unsent(role, mark) < unsent or bench.look.heard(role) > heard
                )

            until(taken_over, "another at work", 30)
            row.takeover_s.append(time.monotonic() - killed_at)
        row.recovery_s.append(self.arrival(killed_at))
        bench.replace(dead)


def _stopped(process: Process) -> bool:
    """Whether a process is stopped by a signal."""
    return psutil.Process(process.popen.pid).status() == psutil.STATUS_STOPPED
