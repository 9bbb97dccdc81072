"""Anti-entropy: the writer publishes what it released, the reader where its replica differs, the writer answers.

It heals what offsets cannot show, such as a tail that was cut off and overwritten. A peer's claim is never adopted.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

LEAST_BUCKETS, _MOST_BUCKETS = 16, 2048
_ROWS_A_BUCKET = 100
_FINEST = 2**20
"""More requests a bucket than this: more buckets, so that an answer about one stays small."""
MOST_LINES = 400
"""Lines of one answer: it stays far below the largest message."""


@dataclass(frozen=True, slots=True)
class Line:
    """The newest a side has of one request: its version, and the SHA-256 of the message that states it."""

    id: UUID
    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a writer released, in buckets of request ids, and which requests it holds for a person to settle."""

    buckets: tuple[str, ...]
    """Per bucket, the XOR of a 64-bit hash of each line, as 16 hexadecimal digits."""
    locked: tuple[UUID, ...]
    more_locked: bool = False
    """Whether more are locked than fit into the message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader holds in the buckets that differ, whole buckets, and the hashes that it refused."""

    total: int
    buckets: tuple[int, ...]
    lines: tuple[Line, ...]
    refused: tuple[str, ...]


ASK = Answer(LEAST_BUCKETS, (), (), ())
"""An answer about no bucket: its reader asks for a digest, as it passed over what was published while it was behind."""


def bucket_of(request_id: UUID, total: int) -> int:
    """Return the bucket of a request among ``total``, a power of two."""
    return int.from_bytes(hashlib.sha256(str(request_id).encode()).digest()[:4]) % total


def bucket_count(rows: int) -> int:
    """Return how many buckets suit so many requests: a power of two, and no more than fit into a message."""
    total = LEAST_BUCKETS
    while rows > total * _ROWS_A_BUCKET and total < _MOST_BUCKETS:
        total *= 2
    return total


def digest_of(lines: Iterable[Line], total: int) -> tuple[str, ...]:
    """Return the digest of these lines, bucket by bucket."""
    sums = [0] * total
    for line in lines:
        written = f"{line.id}/{line.version}/{line.content_hash}"
        sums[bucket_of(line.id, total)] ^= int.from_bytes(hashlib.sha256(written.encode()).digest()[:8])
    return tuple(map("{:016x}".format, sums))


def _fullest(wanted: Collection[int], total: int, lines: Iterable[Line], refused: Iterable[tuple[UUID, str]]) -> int:
    """Return how many lines and refused hashes the fullest of these buckets holds."""
    counts = Counter(
        bucket_of(request_id, total) for request_id in chain((line.id for line in lines), (row[0] for row in refused))
    )
    return max((counts[bucket] for bucket in wanted), default=0)


def answers(
    differ: Sequence[int], total: int, lines: Iterable[Line], refused: Iterable[tuple[UUID, str]]
) -> list[Answer]:
    """Return what the reader answers for the buckets that differ, divided so that each message stays small.

    Where a bucket holds more than fits into one, all are answered for in smaller ones: an answer says in how many.

    Args:
        differ: The buckets that differ.
        total: Among how many buckets, a power of two.
        lines: What the reader holds.
        refused: Request and content hash of what it refused.
    """
    wanted = set(differ)
    lines = [line for line in lines if bucket_of(line.id, total) in wanted]
    refused = [row for row in refused if bucket_of(row[0], total) in wanted]
    while total < _FINEST and _fullest(wanted, total, lines, refused) > MOST_LINES:
        wanted, total = wanted | {bucket + total for bucket in wanted}, total * 2
    differ = sorted(wanted)
    by_bucket: dict[int, tuple[list[Line], list[str]]] = {bucket: ([], []) for bucket in differ}
    for line in lines:
        if (bucket := bucket_of(line.id, total)) in wanted:
            by_bucket[bucket][0].append(line)
    for request_id, content_hash in refused:
        if (bucket := bucket_of(request_id, total)) in wanted:
            by_bucket[bucket][1].append(content_hash)
    parts: list[Answer] = []
    some: list[int] = []
    held: list[Line] = []
    bad: list[str] = []
    for bucket, (mine, theirs) in by_bucket.items():
        if some and len(held) + len(bad) + len(mine) + len(theirs) > MOST_LINES:
            parts.append(Answer(total, tuple(some), tuple(held), tuple(bad)))
            some, held, bad = [], [], []
        some.append(bucket)
        held += mine
        bad += theirs
    if some:
        parts.append(Answer(total, tuple(some), tuple(held), tuple(bad)))
    return parts


@dataclass(frozen=True, slots=True)
class Reply:
    """What the writer makes of an answer."""

    again: tuple[UUID, ...]
    """Events to be sent again, with their stored bytes."""
    unknown: tuple[Line, ...]
    """What the reader holds and the writer never published, as far as its outbox knows."""


def reply(
    answer: Answer, newest: Collection[tuple[Line, UUID]], own_hashes: Collection[str], locked: Collection[UUID]
) -> Reply:
    """Return what the writer does about an answer; locked requests are left to a person.

    Args:
        answer: What the reader holds in the buckets that differ.
        newest: The lines that the writer released in these buckets, each with the id of its event.
        own_hashes: Which content hashes of the answer's lines are those of the writer's own events.
        locked: The requests that the writer locked.
    """
    theirs = {line.id: line for line in answer.lines}
    mine = {line.id: (line, event) for line, event in newest}
    again, unknown = [], []
    for request_id, (line, event) in mine.items():
        held = theirs.get(request_id)
        if request_id in locked or held == line:
            continue
        if (held is None or held.content_hash in own_hashes) and line.content_hash not in answer.refused:
            again.append(event)
    for request_id, held in theirs.items():
        if request_id not in locked and held.content_hash not in own_hashes:
            unknown.append(held)
    return Reply(tuple(again), tuple(unknown))
