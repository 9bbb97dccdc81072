"""Digests and answers as messages, and how often one process reacts to them: in memory, by a clock of its own."""

import json
from uuid import uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.core.codec import MAX_BYTES
from paydesk.infra.core.control_messages import DIGEST, decode_control, digest_event, resync_event
from paydesk.infra.core.digest import ASK, Answer, Digest, Line, answers, bucket_count, bucket_of, digest_of
from paydesk.infra.core.records import Outgoing, Record
from paydesk.infra.recovery.anti_entropy import AntiEntropy
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.storages import at, in_memory, request


def record_of(message: Outgoing) -> Record:
    """Return a message as the log holds it."""
    headers = [(name, text.encode()) for name, text in message.headers]
    return Record(message.topic, 0, 0, message.key, headers, message.value, at(0))


@pytest.mark.fault(
    kind="A peer's lock is mirrored beside this side's own, set and cleared by each digest; it makes no rows.",
    mended="infra/recovery/anti_entropy.py",
)
@pytest.mark.parametrize("buckets", [16, 1024, 2048, 4096])
def test_a_list_of_locks_that_does_not_fit_says_so_and_the_message_fits(buckets: int) -> None:
    locked = tuple(uuid4() for _ in range(3000))
    message = digest_event(CONTRACTOR, Digest(digest_of([], buckets), locked), uuid4(), at(0))
    decoded = decode_control(MANAGER, record_of(message))
    assert isinstance(decoded, Digest) and decoded.more_locked
    assert decoded.locked == locked[: len(decoded.locked)] and len(decoded.locked) < len(locked)
    assert buckets > 2048 or len(message.value) <= MAX_BYTES - 2000


def test_a_list_that_fits_is_written_as_it_always_was() -> None:
    message = digest_event(CONTRACTOR, Digest(digest_of([], 16), (uuid4(),)), uuid4(), at(0))
    assert set(json.loads(message.value)) == {"buckets", "locked"}
    decoded = decode_control(MANAGER, record_of(message))
    assert isinstance(decoded, Digest) and not decoded.more_locked


def test_a_digest_of_any_number_of_requests_and_every_answer_to_it_fit_into_a_message() -> None:
    assert bucket_count(10) == 16 and bucket_count(10**8) == 2048
    buckets = digest_of([], bucket_count(10**8))
    assert len(digest_event(CONTRACTOR, Digest(buckets, ()), uuid4(), at(0)).value) < MAX_BYTES - 2000
    lines = [Line(uuid4(), 1, "a" * 64) for _ in range(20_000)]
    parts = answers([0, 3], 16, lines, [(uuid4(), "b" * 64)])
    assert all(len(resync_event(MANAGER, part, uuid4(), at(0)).value) < MAX_BYTES - 2000 for part in parts)
    assert len({part.total for part in parts}) == 1 and parts[0].total > 16
    # Each bucket is answered for whole, and together they are the two that differ.
    ids = {line.id for part in parts for line in part.lines}
    assert ids == {line.id for line in lines if bucket_of(line.id, 16) in (0, 3)}
    for part in parts:
        wanted = set(part.buckets)
        assert {line.id for line in part.lines} == {x.id for x in lines if bucket_of(x.id, part.total) in wanted}


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.seconds = 10_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.fault(
    kind="The same event is sent again at most once in a wait that doubles, whatever is asked for.",
    mended="infra/postgres/write/digest.py",
)
def test_a_digest_that_is_asked_for_again_and_again_comes_less_and_less_often() -> None:
    clock = Clock()
    with in_memory(CONTRACTOR) as side:
        entropy = AntiEntropy(CONTRACTOR, side.store, clock)
        asked = record_of(resync_event(MANAGER, ASK, uuid4(), at(0)))
        digests = 0
        for _ in range(6000):
            clock.seconds += 0.1
            entropy.receive(asked, news=True)
            digests += len([event for event in entropy.due(sent_more=False) if event.type == DIGEST])
        assert 5 <= digests <= 20, "within ten minutes"
        clock.seconds += 700
        assert [event.type for event in entropy.due(sent_more=False)] == [DIGEST], "what was asked for last is said too"
        clock.seconds += 700
        assert entropy.due(sent_more=False) == []
        entropy.receive(asked, news=True)
        assert [event.type for event in entropy.due(sent_more=False)] == [DIGEST], "at once again after a rest"


@pytest.mark.fault(
    kind="A version that a peer claims and nobody here ever said locks nothing: it is kept, told and backs off.",
    mended="infra/recovery/anti_entropy.py",
)
def test_invented_versions_have_the_own_topic_read_less_and_less_often_and_lock_nothing() -> None:
    clock = Clock()
    with in_memory(CONTRACTOR) as side:
        own = request()
        with side.store.transaction() as transaction:
            transaction.requests.write(own, "own", at(0))
        entropy = AntiEntropy(CONTRACTOR, side.store, clock)
        looked = 0
        for number in range(7200):
            clock.seconds += 1.0
            lines = (Line(own.id, 7, f"{number:064x}"), Line(uuid4(), 1, f"{number + 10_000:064x}"))
            entropy.receive(record_of(resync_event(MANAGER, Answer(1, (0,), lines, ()), uuid4(), at(0))), news=True)
            if entropy.may_look():
                looked += 1
                entropy.judge([entropy.suspects.popleft() for _ in range(len(entropy.suspects))])
            assert len(entropy.suspects) <= 1000
        assert 2 <= looked <= 9, "within two hours"
        with side.store.transaction() as transaction:
            assert transaction.locks.ids() == [] and not transaction.requests.get(own.id).locked
            assert list(transaction.requests.heads([own.id], "request")) == [own.id]


def test_what_is_known_is_looked_for_at_once() -> None:
    clock = Clock()
    with in_memory(CONTRACTOR) as side:
        entropy = AntiEntropy(CONTRACTOR, side.store, clock)
        lines = (Line(uuid4(), 1, "a" * 64),)
        entropy.receive(record_of(resync_event(MANAGER, Answer(1, (0,), lines, ()), uuid4(), at(0))), news=True)
        assert entropy.may_look()
        entropy.judge([entropy.suspects.popleft()])
        entropy.receive(record_of(resync_event(MANAGER, Answer(1, (0,), lines, ()), uuid4(), at(0))), news=True)
        assert not entropy.may_look(), "the same line rests"
