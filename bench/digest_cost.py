"""``python bench/digest_cost.py``: what anti-entropy puts on the wire, in bytes of keys, headers and values.

The messages are made by the product's own functions. A copy of so many requests lacks the newest version of one of
them; the writer says its digest, the reader answers, the writer sends that one event again. It is compared with what it
would take without digests: each request said again.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from ratios import Ratio, arguments, report

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import RequestPayment, request_payment
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.core.codec import encode
from paydesk.infra.core.control_messages import digest_event, resync_event
from paydesk.infra.core.digest import Digest, Line, answers, bucket_count, bucket_of, digest_of, reply
from paydesk.infra.core.records import Outgoing
from paydesk.infra.recovery.anti_entropy import MOST_S
from paydesk.manager.role import ROLE as MANAGER

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ALL_AGAIN = "every request said again"


def size(message: Outgoing) -> int:
    """Return the bytes of one message of the plumbing."""
    return len(message.key) + sum(len(name) + len(value) for name, value in message.headers) + len(message.value)


def event_size(draw: random.Random) -> int:
    """Return the bytes of one ordinary request on the wire."""
    request_id = UUID(int=draw.getrandbits(128))
    terms = checked_terms("1250.00", "EUR", "Invoice 2026-081, network rework", reference="2026-081")
    asked = request_payment(RequestPayment(request_id, "studio-nord", terms), "PR-1042", NOW)
    event_id, command_id = (UUID(int=draw.getrandbits(128)) for _ in range(2))
    event = Event(event_id, event_type_of(asked), NOW, "studio-nord", str(command_id), f"{0:064x}", asked)
    headers, value = encode(event, CONTRACTOR.source)
    return len(str(request_id)) + sum(len(name) + len(text) for name, text in headers) + len(value)


def sizes_of(requests: int, draw: random.Random) -> tuple[int, int, int]:
    """Return the bytes of a digest, of the answers to it when one request is behind, and of the event sent again."""
    ids = count(1)
    released = [Line(UUID(int=draw.getrandbits(128)), 2, f"{draw.getrandbits(256):064x}") for _ in range(requests)]
    held = [Line(released[0].id, 1, f"{draw.getrandbits(256):064x}"), *released[1:]]
    total = bucket_count(requests)
    digest_lines = digest_of(released, total)
    mine = digest_of(held, total)
    differ = [bucket for bucket in range(total) if digest_lines[bucket] != mine[bucket]]
    answered = answers(differ, total, held, ())
    known = {line.content_hash for line in (*released, held[0])}
    newest = [(line, line.id) for line in released]
    again = [
        event
        for request in answered
        for event in reply(request, in_buckets(newest, request.buckets, request.total), known, ()).again
    ]
    assert again == [released[0].id], "one request is behind, and it alone is sent again"
    digest = digest_event(CONTRACTOR, Digest(digest_lines, ()), UUID(int=next(ids)), NOW)
    resync = [resync_event(MANAGER, request, UUID(int=next(ids)), NOW) for request in answered]
    return size(digest), sum(map(size, resync)), event_size(draw)


def in_buckets(newest: list[tuple[Line, UUID]], buckets: tuple[int, ...], total: int) -> list[tuple[Line, UUID]]:
    """Return the released lines of some buckets."""
    return [request for request in newest if bucket_of(request[0].id, total) in buckets]


def measure(sizes: Sequence[int]) -> Iterator[Ratio]:
    """Compare healing one request with saying every request again."""
    draw = random.Random(1)
    for requests in sizes:
        digest, answer, event = sizes_of(requests, draw)
        healed, an_hour = digest + answer + event, 2 * digest * round(3600 / MOST_S)
        yield Ratio.of(f"one digest of {requests:,} requests", "B", ALL_AGAIN, [(requests * event, digest)])
        yield Ratio.of(f"one of {requests:,} requests healed", "B", ALL_AGAIN, [(requests * event, healed)])
        yield Ratio.of(f"an hour at rest, {requests:,} requests", "B", ALL_AGAIN, [(requests * event, an_hour)])


def main() -> None:
    """Print the table."""
    given = arguments(__doc__).parse_args()
    report(measure(SIZES[:1] if given.quick else SIZES), given.json)


if __name__ == "__main__":
    main()
