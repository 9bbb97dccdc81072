"""The two ends of anti-entropy in one process: what its inbound thread receives, what its outbound thread publishes."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID

from paydesk.domain.events import REQUEST_TYPES
from paydesk.infra.core.control_messages import decode_control, digest_event, resync_event
from paydesk.infra.core.digest import ASK, Answer, Digest, Line, answers, bucket_count, bucket_of, digest_of, reply
from paydesk.infra.core.records import Half, Locks, Outgoing, Record
from paydesk.infra.core.role import Role
from paydesk.infra.core.storage import Storage
from paydesk.infra.recovery.redrive import redrive_unsaid

log = logging.getLogger("paydesk.digest")

LEAST_S, MOST_S = 60.0, 3600.0
"""A digest is published when something was sent since the last one, at most once a minute, and hourly."""
_MOST_BACK_OFF_S = 3600.0
_QUIET_S = 600.0
"""Who did not ask for a digest for so long is answered at once again."""
_MOST_SUSPECTS = 1000


class AntiEntropy:
    """Shared by both threads of a worker; what waits for the outbound one stands in queues.

    Args:
        role: The role of the worker.
        store: The own schema.
        clock: Returns seconds that never go back.
        publishes: Whether digests are published; a process that lives for one command leaves that to the others.
    """

    def __init__(self, role: Role, store: Storage, clock: Callable[[], float], *, publishes: bool = True) -> None:
        self.role = role
        self.store = store
        self._clock = clock
        self._publishes = publishes
        self._waiting: deque[Outgoing] = deque()
        self.suspects: deque[Line] = deque()
        """What the reader claims and this side does not know: its own topic is read anew, then a person is told."""
        self._said_at: float | None = None
        self._asked_at = float("-inf")
        self._ask_wait_s = 0.0
        self._owed = False
        """Whether a digest was asked for that has to wait."""
        self._look_at = float("-inf")
        self._look_wait_s = 0.0
        self._missed = False
        self._seen: dict[int, tuple[str, float, float]] = {}
        self._half: Half = "request" if role.receives <= REQUEST_TYPES else "decision"

    def restart(self) -> None:
        """Say a digest soon: a check was done."""
        self._said_at = None

    def due(self, *, sent_more: bool) -> list[Outgoing]:
        """Return what is to be published now, with the outbox drained: answers, and a digest when it is time."""
        outgoing = [self._waiting.popleft() for _ in range(len(self._waiting))]
        waited = None if self._said_at is None else self._clock() - self._said_at
        if self._owed and self._clock() >= self._asked_at + self._ask_wait_s:
            self._asked_at, self._ask_wait_s = self._clock(), min(self._ask_wait_s * 2, LEAST_S)
            waited, self._owed = None, False
        if self._publishes and (waited is None or waited > MOST_S or (sent_more and waited > LEAST_S)):
            outgoing.append(self._digest())
            self._said_at = self._clock()
        return outgoing

    def _digest(self) -> Outgoing:
        with self.store.transaction() as transaction:
            lines = [line for line, _ in transaction.digests.released()]
            digest = Digest(digest_of(lines, bucket_count(len(lines))), tuple(transaction.locks.ids()))
            return digest_event(self.role, digest, transaction.new_id(), self.store.now())

    def receive(self, record: Record, *, news: bool) -> frozenset[UUID]:
        """Deal with a message of the other side's plumbing; returns the requests that changed by it.

        What is no news was published before others that are not read yet: it would differ from every replica, and have
        thousands of events sent again. It is passed over, and a digest is asked for at the end instead.
        """
        if not news:
            self._missed = True
            return frozenset()
        message = decode_control(self.role, record)
        if isinstance(message, Digest):
            return self._compare(message)
        if isinstance(message, Answer):
            self._reply(message)
        return frozenset()

    def caught_up(self) -> None:
        """Make up for what was passed over on the way to the end: publish a digest, and ask for one."""
        if self._missed:
            with self.store.transaction() as transaction:
                self._waiting.append(resync_event(self.role, ASK, transaction.new_id(), self.store.now()))
            self.restart()
        self._missed = False

    def _compare(self, digest: Digest) -> frozenset[UUID]:
        """Compare the replica with what the writer released, everything before it being applied."""
        total = len(digest.buckets)
        with self.store.transaction() as transaction:
            lines = transaction.digests.held(self._half)
            mine = digest_of(lines, total)
            differ = [bucket for bucket in range(total) if mine[bucket] != digest.buckets[bucket]]
            news = transaction.locks.mirror(Locks(frozenset(digest.locked), not digest.more_locked), self.store.now())
            asked = self._not_too_often(differ, mine, digest.buckets)
        if differ:
            log.warning("the copy differs from what was released in %d of %d buckets", len(differ), total)
        return frozenset(news) | (self._answer(asked, total, lines) if asked else frozenset())

    def _answer(self, asked: Sequence[int], total: int, lines: Sequence[Line]) -> frozenset[UUID]:
        """Have answers wait for these buckets; returns the requests that changed by what was taken in before."""
        # What was refused as never published here may have been since: a request that was lost is asked for anew.
        known = redrive_unsaid(self.store)
        with self.store.transaction() as transaction:
            lines = transaction.digests.held(self._half) if known else lines
            for answer in answers(asked, total, lines, transaction.digests.refused()):
                self._waiting.append(resync_event(self.role, answer, transaction.new_id(), self.store.now()))
        return known

    def _not_too_often(self, differ: Sequence[int], mine: Sequence[str], theirs: Sequence[str]) -> list[int]:
        """Return the buckets to answer for: the same difference again waits twice as long each time."""
        now, asked = self._clock(), []
        for bucket in differ:
            difference = f"{mine[bucket]}/{theirs[bucket]}"
            known, next_at, wait_s = self._seen.get(bucket, ("", 0.0, LEAST_S / 2))
            if known != difference:
                next_at, wait_s = now, LEAST_S / 2
            if now >= next_at:
                asked.append(bucket)
                self._seen[bucket] = (difference, now + wait_s, min(wait_s * 2, _MOST_BACK_OFF_S))
        for bucket in set(self._seen) - set(differ):
            del self._seen[bucket]
        return asked

    def _reply(self, answer: Answer) -> None:
        if not answer.buckets:
            # What was answered may have been passed over: the same difference is told again, and at once.
            self._seen.clear()
            self._digest_asked()
            return
        wanted = set(answer.buckets)
        with self.store.transaction() as transaction:
            newest = [
                (line, event)
                for line, event in transaction.digests.released()
                if bucket_of(line.id, answer.total) in wanted
            ]
            own_hashes = transaction.digests.known_hashes([line.content_hash for line in answer.lines])
            result = reply(answer, newest, own_hashes, transaction.locks.ids())
            again = transaction.outbox.send_again(result.again)
            resting = set(transaction.digests.resting(result.unknown))
            transaction.digests.forget_unknown({line.id for line in answer.lines if line.content_hash in own_hashes})
        unknown = [line for line in result.unknown if line not in resting]
        self.suspects.extend(unknown[: _MOST_SUSPECTS - len(self.suspects)])
        if again or unknown:
            log.warning("%d events are sent again; %d are not known here", again, len(unknown))

    def _digest_asked(self) -> None:
        """Say a digest as one was asked for: at once, then later and later where it is asked for again and again."""
        now = self._clock()
        if now - self._asked_at > _QUIET_S:
            self._ask_wait_s = 0.0
        self._said_at = None if now >= self._asked_at + self._ask_wait_s else self._said_at
        if self._said_at is None:
            self._asked_at, self._ask_wait_s = now, min(max(2.0, self._ask_wait_s * 2), LEAST_S)
        else:
            self._owed = True

    def may_look(self) -> bool:
        """Whether the own topic may be read anew for what is suspect: less and less often while nothing comes of it."""
        return bool(self.suspects) and self._clock() >= self._look_at

    def judge(self, suspects: Sequence[Line]) -> None:
        """Keep what a reader claims to hold and nobody here ever published, the own topic being read anew.

        A peer's claim locks nothing here: a person is told of it.
        """
        with self.store.transaction() as transaction:
            own_hashes = transaction.digests.known_hashes([line.content_hash for line in suspects])
            strange = [line for line in suspects if line.content_hash not in own_hashes]
            transaction.digests.note_unknown(strange)
        for line in strange[:10]:
            log.warning("the other side claims version %d of %s, which was never said here", line.version, line.id)
        self._look_wait_s = min(max(LEAST_S / 2, self._look_wait_s * 2), _MOST_BACK_OFF_S) if strange else 0.0
        self._look_at = self._clock() + self._look_wait_s
        self.restart()
