"""The story of the demo: what both sides stored of each event, told with its measured times, and what comes next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from paydesk.cli.demo.people import YOURS_S, Move
from paydesk.cli.demo.stage import ASKS, DECIDES, Stage
from paydesk.domain.copy import RequestCopy
from paydesk.domain.decision import CauseCode
from paydesk.domain.events import EventType
from paydesk.domain.money import Money
from paydesk.infra.core.role import Role
from paydesk.infra.postgres.connection import connect
from paydesk.tui.text.wording import clock_text

_SAID = """
SELECT id::text, request_id, type, said_at, published_at, log_append_time, topic, partition, kafka_offset, actor,
    hold_until IS NOT NULL, value FROM outbox
WHERE %(request)s::uuid IS NULL OR request_id = %(request)s ORDER BY said_at, version
"""
_HEARD = "SELECT event_id, heard_at FROM inbox WHERE event_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event: as its writer stored it, and when its reader applied it."""

    id: str
    request_id: UUID
    type: str
    said_at: datetime
    published_at: datetime | None
    log_append_time: datetime | None
    topic: str
    partition: int | None
    offset: int | None
    actor: str
    held: bool
    seen_at: datetime | None
    money: str = ""
    text: str = ""
    """What it says to a person: the description, or why it was rejected."""

    @property
    def sent_after_s(self) -> float | None:
        """Seconds from when it was said until its writer knew that it was in Kafka's log, by one clock."""
        return _after(self.said_at, self.published_at)

    @property
    def seen_after_s(self) -> float | None:
        """Seconds from when it was said until the other side had applied it."""
        return _after(self.said_at, self.seen_at)


def _after(began: datetime, ended: datetime | None) -> float | None:
    """Return the seconds between two moments; none where two clocks differ by more than it took."""
    took_s = (ended - began).total_seconds() if ended is not None else -1.0
    return took_s if took_s >= 0 else None


def events_of(stage: Stage, writer: Role, reader: Role, request_id: UUID | None = None) -> list[StoredEvent]:
    """Read what a side published.

    Args:
        stage: The servers of the demo.
        writer: The role that published it.
        reader: The other role, whose inbox says when each event was applied.
        request_id: The request; None: all of them.

    Returns:
        The events, the oldest first.

    Raises:
        ServerDown: A schema cannot be reached.
    """
    with connect(stage.url(writer), writer.name) as connection:
        rows = connection.execute(_SAID, {"request": request_id}).fetchall()
    with connect(stage.url(reader), reader.name) as connection:
        seen_at: dict[UUID, datetime] = dict(connection.execute(_HEARD, [[row[0] for row in rows]]).fetchall())
    events = []
    for *facts, value in rows:
        event_id, _, kind = facts[:3]
        money, text = _words(kind, value)
        facts += [seen_at.get(event_id), money, text]
        events.append(StoredEvent(*facts))
    return events


def _words(kind: str, value: bytes) -> tuple[str, str]:
    """Return the money and the words of a stored message."""
    message = json.loads(bytes(value))
    terms = message.get("terms") or {}
    money = str(Money(terms["amount_minor"], terms["currency"], terms["exponent"])) if terms else ""
    if kind == EventType.PAYMENT_REJECTED:
        return money, message.get("cause_note") or CauseCode(message["cause_code"]).sentence
    return money, terms.get("description", "")


def took(seconds: float) -> str:
    """Return a time for a person."""
    return f"{seconds * 1000:.0f} ms" if abs(seconds) < 1 else f"{seconds:.2f} s"


INTRODUCTION = (
    "Two desks, real servers between them, simulated people at both.",
    "A key makes a desk yours, tab shows the other, q ends and deletes it all.",
)
_NAMES = {"contractor": ASKS, "manager": DECIDES}


_WIDE = 98
"""From so many cells on the line at the top begins with what this is."""
HEADER = f"{'When':<8}{'Kafka':>9}{'Seen':>9}   What happened"


def happened(event: StoredEvent, copy: RequestCopy | None) -> str:
    """Return the line of one event: when it was said, how long it took to Kafka and to the other side, and what."""
    number = copy.number if copy is not None else "a request"
    seen = took(event.seen_after_s) if event.seen_after_s is not None else ""
    return f"{clock_text(event.said_at)}{_way(event):>9}{seen:>9}   {_did(event, number)}"


def _way(event: StoredEvent) -> str:
    if event.sent_after_s is not None:
        return took(event.sent_after_s)
    return "held" if event.held else "queued"


def _did(event: StoredEvent, number: str) -> str:
    kind = EventType(event.type)
    money = f", {event.money}" if event.money else ""
    match kind:
        case EventType.PAYMENT_REQUESTED:
            return f"{event.actor} requested {number}{money}: {event.text}"
        case EventType.PAYMENT_REVISED:
            return f"{event.actor} revised {number}{money}: {event.text}"
        case EventType.PAYMENT_WITHDRAWAL_REQUESTED:
            return f"{event.actor} asked to withdraw {number}"
        case EventType.PAYMENT_REJECTED:
            return f"{event.actor} rejected {number}: {event.text}"
        case EventType.PAYMENT_ACCEPTED:
            return f"{event.actor} approved {number}{money}"
        case EventType.PAYMENT_WITHDRAWN:
            return f"{number} is withdrawn"
        case _:
            assert_never(kind)


@dataclass(frozen=True, slots=True)
class Now:
    """Where the demo stands, for the line at the top."""

    move: Move | None = None
    notice: str = ""
    paused: bool = False
    yours: str = ""
    """The role whose desk is the person's, the one with the keys first; empty when both are simulated."""
    yours_for_s: float = 0.0
    active_role: str = "contractor"
    held: bool = False
    finished: bool = False


def coming(now: Now) -> str:
    """Return what comes next."""
    if now.notice:
        return now.notice.partition(";")[0]
    if now.paused:
        return "paused, both desks are yours: f2 goes on"
    if now.yours:
        desk = "this desk is" if now.yours == now.active_role else f"the {now.yours}'s desk is"
        left = f" for {_whole(now.yours_for_s)} s more" if now.yours_for_s <= YOURS_S / 2 else ""
        return f"{desk} yours{left}"
    if now.held:
        return "held: u on the manager's desk takes it back"
    if now.move is not None:
        about = f" {now.move.copy.number}" if now.move.copy else ""
        return f"next, in {_whole(now.move.in_s)} s: {_NAMES[now.move.role]} {now.move.act.value}{about}"
    return "that was all: now you, q ends it" if now.finished else "an event is on its way"


def headline(coming: str, roles: Sequence[str], active_role: str, width: int) -> tuple[str, str]:
    """Return both ends of the line at the top.

    Args:
        coming: What happens next.
        roles: The names of both desks.
        active_role: The desk that has the keyboard.
        width: The cells of the terminal; the ends are shortened to fit them.
    """
    marks = [f"{'●' if role == active_role else '○'} {role}" for role in roles]
    whole, own = "   ".join(marks), next(mark for mark in marks if mark.startswith("●"))
    if width >= _WIDE:
        return f"paydesk demo   {coming}", whole
    return coming, whole if len(coming) + 1 + len(whole) <= width else own


def _whole(seconds: float) -> int:
    return max(0, -int(-seconds // 1))


def newest(events: Sequence[StoredEvent], copies: Mapping[UUID, RequestCopy], most: int) -> list[str]:
    """Return the last lines of the story, the newest last."""
    if not events:
        return list(INTRODUCTION)
    last = sorted(events, key=_when)[-most:] if most > 0 else []
    return [happened(event, copies.get(event.request_id)) for event in last]


def _when(event: StoredEvent) -> datetime:
    return event.said_at
