"""The words of the demo: every event with its measured times, and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from paydesk.cli.demo.people import Move
from paydesk.cli.demo.persons import YOURS_S
from paydesk.cli.demo.stage import ASKS, DECIDES
from paydesk.cli.demo.told import Told, took
from paydesk.domain.copy import RequestCopy
from paydesk.domain.events import EventType
from paydesk.tui.wording import clock_text

INTRODUCTION = (
    "Two desks, real servers between them, simulated people at both.",
    "A key makes a desk yours, tab shows the other, q ends and deletes it all.",
)
_NAMES = {"contractor": ASKS, "manager": DECIDES}


_WIDE = 98
"""From so many cells on the line at the top begins with what this is."""
HEADER = f"{'When':<8}{'Kafka':>9}{'Seen':>9}   What happened"


def happened(told: Told, copy: RequestCopy | None) -> str:
    """Return the line of one event: when it was said, how long it took to Kafka and to the other side, and what."""
    number = copy.number if copy is not None else "a request"
    seen = took(told.seen_after_s) if told.seen_after_s is not None else ""
    return f"{clock_text(told.said_at)}{_way(told):>9}{seen:>9}   {_did(told, number)}"


def _way(told: Told) -> str:
    if told.sent_after_s is not None:
        return took(told.sent_after_s)
    return "held" if told.held else "queued"


def _did(told: Told, number: str) -> str:
    kind = EventType(told.type)
    money = f", {told.money}" if told.money else ""
    match kind:
        case EventType.PAYMENT_REQUESTED:
            return f"{told.actor} requested {number}{money}: {told.text}"
        case EventType.PAYMENT_REVISED:
            return f"{told.actor} revised {number}{money}: {told.text}"
        case EventType.PAYMENT_WITHDRAWAL_REQUESTED:
            return f"{told.actor} asked to withdraw {number}"
        case EventType.PAYMENT_REJECTED:
            return f"{told.actor} rejected {number}: {told.text}"
        case EventType.PAYMENT_ACCEPTED:
            return f"{told.actor} approved {number}{money}"
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
    here: str = "contractor"
    held: bool = False
    finished: bool = False


def coming(now: Now) -> str:
    """Return what comes next."""
    if now.notice:
        return now.notice.partition(";")[0]
    if now.paused:
        return "paused, both desks are yours: f2 goes on"
    if now.yours:
        desk = "this desk is" if now.yours == now.here else f"the {now.yours}'s desk is"
        left = f" for {_whole(now.yours_for_s)} s more" if now.yours_for_s <= YOURS_S / 2 else ""
        return f"{desk} yours{left}"
    if now.held:
        return "held: u on the manager's desk takes it back"
    if now.move is not None:
        about = f" {now.move.copy.number}" if now.move.copy else ""
        return f"next, in {_whole(now.move.in_s)} s: {_NAMES[now.move.role]} {now.move.act.value}{about}"
    return "that was all: now you, q ends it" if now.finished else "an event is on its way"


def headline(coming: str, roles: Sequence[str], here: str, width: int) -> tuple[str, str]:
    """Return both ends of the line at the top, shortened until they fit a terminal of this width."""
    marks = [f"{'●' if role == here else '○'} {role}" for role in roles]
    whole, own = "   ".join(marks), next(mark for mark in marks if mark.startswith("●"))
    if width >= _WIDE:
        return f"paydesk demo   {coming}", whole
    return coming, whole if len(coming) + 1 + len(whole) <= width else own


def _whole(seconds: float) -> int:
    return max(0, -int(-seconds // 1))


def newest(told: Sequence[Told], copies: Mapping[UUID, RequestCopy], most: int) -> list[str]:
    """Return the last lines of the story, the newest last."""
    if not told:
        return list(INTRODUCTION)
    last = sorted(told, key=_when)[-most:] if most > 0 else []
    return [happened(each, copies.get(each.request_id)) for each in last]


def _when(told: Told) -> datetime:
    return told.said_at
