"""The words and marks of the screens: one place, so that both desks say the same thing the same way."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.money import Money
from paydesk.domain.names import shown_name
from paydesk.domain.status import Status
from paydesk.domain.text import clean, counted
from paydesk.infra.core.health import Duty, Health, Part, PartState
from paydesk.role_names import RoleName, role_facts

LOCKED = "⊘ locked"
ONLY_DECIDED = "The request itself has not arrived here yet: this is from the decision about it."
"""Stands beside the terms of a request of which only the decision has arrived."""


@dataclass(frozen=True, slots=True)
class StatusLook:
    """How a status looks, on the screens and on the command line."""

    glyph: str
    """The mark before its word."""
    cell: str
    """The look of its cell in a list (empty: plain)."""
    line: str
    """The style of its line where a request is shown alone."""
    colour: str
    """The colour of its line on the command line."""


def look_of(status: Status) -> StatusLook:
    """Return how a status looks: the one place where that stands."""
    match status:
        case Status.PENDING:
            return StatusLook("◦", "", "$foreground", "yellow")
        case Status.WITHDRAWING:
            return StatusLook("◔", "", "$foreground", "yellow")
        case Status.ACCEPTED:
            return StatusLook("✓", "good", "$success", "green")
        case Status.REJECTED:
            return StatusLook("✗", "bad", "$error", "red")
        case Status.WITHDRAWN:
            return StatusLook("↶", "faded", "$foreground", "bright_black")
        case _:
            assert_never(status)


def status_text(status: Status) -> str:
    """Return the mark and the word of a status; neither ever stands alone."""
    return f"{look_of(status).glyph} {status}"


def whole_state(copy: RequestCopy) -> str:
    """Return the status in a sentence of its own: of a locked request, what it is here too."""
    if not copy.locked:
        return status_text(copy.status)
    return f"{LOCKED}{', settled' if copy.settled else ''} (here {status_text(copy.status)})"


def delivery_text(copy: RequestCopy) -> str:
    """Return how far this side's last word on a request has come."""
    return copy.delivery.value


def seconds_left(until: datetime, now: datetime) -> int:
    """Return the whole seconds until a moment, rounded up, never below zero."""
    return max(0, -int(-(until - now).total_seconds() // 1))


def state_text(copy: RequestCopy, now: datetime) -> str:
    """Return the status, or that only a person can settle it; while a decision is held how long it can be undone."""
    if copy.locked:
        return LOCKED
    text = status_text(copy.status)
    if copy.overdue:
        who = copy.decision.decided_by if copy.decision else None
        return f"{text} · {shown_name(who)} is asked"
    if copy.delivery is Delivery.HELD and copy.hold_until is not None:
        return f"{text} · sends in {seconds_left(copy.hold_until, now)} s"
    return text


def age_text(since: datetime | None, now: datetime) -> str:
    """Return an age in at most six cells, such as ``now``, ``14 min``, ``3 h``, ``6 d``."""
    if since is None:
        return ""
    seconds = (now - since).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < 86400:
        return f"{seconds // 3600:.0f} h"
    return f"{seconds // 86400:.0f} d"


def moment_text(moment: datetime | None) -> str:
    """Return a moment in the person's own time zone, to the minute."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else ""


def clock_text(moment: datetime) -> str:
    """Return the time of day in the person's own time zone, to the second."""
    return f"{moment.astimezone():%H:%M:%S}"


def day_text(moment: datetime) -> str:
    """Return the day of a timeline in the person's own time zone, such as ``28 August 2026``."""
    return f"{moment.astimezone():%d %B %Y}".lstrip("0")


def span_text(seconds: float) -> str:
    """Return how long something took, such as ``+18 ms``, ``+4.2 s`` or ``+3 h 20 min``."""
    if seconds < 0:
        return ""
    if seconds < 1:
        return f"+{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"+{seconds:.1f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"+{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"+{hours} h {minutes} min" if hours < 24 else f"+{hours // 24} d {hours % 24} h"


def money_text(moneys: tuple[Money, ...], count: int) -> str:
    """Return sums per currency and how many requests they are of."""
    sums = " and ".join(str(money) for money in moneys)
    return f"{sums}  {count:,}" if moneys else f"{count:,}"


@dataclass(frozen=True, slots=True)
class HealthWords:
    """The health line: what is wrong first, in words; ``trouble`` says whether anything is."""

    text: str
    trouble: bool


def live_text(health: Health | None) -> str:
    """Return whether rows change by themselves, for the top line."""
    if health is None:
        return "◔ opening"
    if health.postgres.state is PartState.DOWN:
        return "✗ database away"
    if health.kafka.state is PartState.DOWN:
        return "✗ Kafka away"  # The other side's news do not come, whatever this side's own desks tell each other.
    if health.live:
        return "✓ live"
    return "◔ opening" if health.redis.state is PartState.COMING else "✗ not live, reading every 2 s"


def health_words(health: Health | None, role: RoleName) -> HealthWords:
    """Return the health line for a reading."""
    if health is None:
        return HealthWords("◔ opening your desk; you can type already", False)
    kept = role_facts(role).writes
    worries = _worries(health, kept)
    if worries:
        return HealthWords("   ".join(worries), True)
    postgres = f"✓ Postgres {health.postgres.ms:.0f} ms" if health.postgres.ms is not None else "✓ Postgres"
    if health.postgres.state is not PartState.OK:
        postgres = "◔ Postgres"
    lag = "lag ?" if health.lag is None else f"lag {health.lag}"
    work = "stands by" if health.duty is Duty.STANDBY else lag
    outbox = "outbox ?" if health.counted_s is None else f"outbox {health.unsent}"
    kafka = "✓ Kafka" if health.kafka.state is PartState.OK else "◔ Kafka"
    lines = [postgres, "✓ Redis live" if health.live else "◔ Redis", f"{kafka} {work}", outbox]
    if health.duty in (Duty.STARTING, Duty.CHECKING):
        lines[2] = "◔ Kafka joining"
    if health.memory_broker:
        lines.append(
            "in-memory broker: any login of this machine can write to it; it forgets at its end, your desk does not"
        )
    if health.anew and health.anew.under_way:
        lines = [f"◔ {health.anew.progress}", lines[2], outbox]
    elif health.brought_back:
        back = health.brought_back
        progress = f"◔ {back.events:,} came back from the topic, the last of {clock_text(back.last_said_at)}"
        lines = [progress, lines[2], outbox]
    if health.notice:
        lines = [f"◔ {health.notice}", *(line for line in lines if line.startswith("✓")), outbox]
    return HealthWords("  ".join(lines), False)


def _why_no_database(postgres: Part) -> str:
    """Return why nothing can be saved, in short: the health screen says where it was tried and what the server said."""
    if not postgres.error or postgres.error.startswith("PostgreSQL does not answer"):
        return "The database does not answer"
    return postgres.error.partition(":")[0].rstrip(".")


def _worries(health: Health, kept: str) -> list[str]:
    worries = []
    if health.postgres.state is PartState.DOWN:
        worries.append(f"✗ {_why_no_database(health.postgres)}: nothing can be saved; what you typed is kept.")
    if health.locked:
        worries.append(f"⊘ {health.locked} locked, for a person to settle: `paydesk doctor` shows both versions.")
    if health.kafka.state is PartState.DOWN:
        reason = health.kafka.error.rstrip(".") or "Kafka does not answer"
        queued = "" if health.counted_s is None else f"{health.unsent} queued, "
        worry = f"✗ Offline: {reason}; {queued}your {kept} are safe and will be sent."
        worries.append(worry)
    if health.redis.state is PartState.DOWN:
        reason = health.redis.error.rstrip(".") or "Redis does not answer"
        worries.append(f"✗ {reason}: reading every 2 s.")
    if health.trouble:
        worries.append(f"✗ {health.trouble}")
    if health.lost:
        more = f" and {len(health.lost) - 3} more" if len(health.lost) > 3 else ""
        names = clean(", ".join(health.lost[:3]), 120)
        worries.append(f"◔ Lost, as another version stands: {names}{more}; `paydesk doctor` tells.")
    if health.quarantined:
        worries.append(f"◔ {counted(health.quarantined, 'message')} in quarantine")
    return worries


def nothing_yet(health: Health | None) -> str:
    """Return what an empty list says while there may be more than was read so far; empty once all was read."""
    anew = health.anew if health is not None else None
    if anew is None or not anew.incomplete:
        return ""
    return f"No requests so far: {anew.progress}.\nThey appear here by themselves."
