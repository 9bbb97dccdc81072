"""How each part is, in words: its state, what it does now, and what that means for the person at the desk."""

from collections.abc import Iterator
from dataclasses import dataclass

from paydesk.domain.text import clean
from paydesk.infra.core.health import KAFKA_AWAY, Duty, Health, Part, PartState
from paydesk.role_names import RoleName, role_facts
from paydesk.settings import MEMORY_BROKER
from paydesk.tui.text.wording import span_text

_DUTIES = {
    Duty.STARTING: ("◔ starting", "It waits for a server."),
    Duty.CHECKING: ("◔ checking", "It reads its own topic first; numbers are given after that."),
    Duty.WORKING: ("✓ working", "This desk sends and hears for all desks of this role."),
    Duty.STANDBY: ("✓ stands by", "Another desk or worker does the work; this one follows if it ends."),
    Duty.STOPPED: ("✗ stopped", "Nothing is sent or heard from here; leave this desk and open it again."),
}

OLD_S = 5.0
"""What was counted so long ago is told with its age: it is counted anew every second."""


@dataclass(frozen=True, slots=True)
class PartReport:
    """One part: its name, how it is, what it does now, and what that means."""

    name: str
    state: str
    now: str
    meaning: str

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.state.startswith("✓")


def health_report(health: Health, role: RoleName) -> list[PartReport]:
    """Return a report of every part: what is not well first, then in the order in which a request passes them."""
    words = role_facts(role)
    kept, other = words.writes, words.other_side
    parts = [
        _server("Postgres", health.postgres, f"Your {kept} are kept here.", "Nothing can be saved until it is back."),
        _server(
            "Redis",
            health.redis,
            "What others do shows at once.",
            "What others do shows within 2 s instead of at once; nothing is lost.",
        ),
        _server(
            "Kafka",
            health.kafka,
            f"It carries your {kept} to {other}, and theirs to you.",
            f"Your {kept} are safe and will be sent when it is back.",
        ),
        PartReport("Worker", *_worker(health)),
        _outbox(health, kept),
        _arrivals(health, other),
        *_exceptions(health, role),
    ]
    return sorted(parts, key=lambda part: part.well)


def _server(name: str, part: Part, well: str, away: str) -> PartReport:
    if part.state is PartState.OK:
        return PartReport(name, "✓ answers", f"{part.ms:.0f} ms" if part.ms is not None else "", well)
    if part.state is PartState.COMING:
        return PartReport(name, "◔ coming", "", "It was not reached yet; you can work meanwhile.")
    return PartReport(name, "✗ away", part.error or "does not answer", away)


def _worker(health: Health) -> tuple[str, str, str]:
    state, meaning = _DUTIES[health.duty]
    if health.trouble:
        return "✗ in trouble", health.trouble, "It tries again by itself; the log tells more."
    if health.duty is Duty.STOPPED:
        return state, "", meaning
    for part, name in ((health.postgres, "the database"), (health.kafka, "Kafka")):
        if part.state is not PartState.OK:
            return "◔ waits", f"for {name}", f"It goes on by itself as soon as {name} answers."
    return state, "", meaning


def _outbox(health: Health, kept: str) -> PartReport:
    if health.counted_s is None or health.postgres.state is not PartState.OK:
        then = "" if health.counted_s is None else f"{health.unsent:,} waited {_ago(health.counted_s)}"
        return PartReport("Outbox", "◔ not known", then, "It is counted again once the database answers.")
    as_of = f"as of {_ago(health.counted_s)}" if health.counted_s > OLD_S else ""
    if health.unsent:
        oldest = f"oldest {span_text(health.oldest_unsent_s).lstrip('+')}"
        meaning = f"Your {kept} are safe and will be sent."
        return PartReport("Outbox", f"◔ {health.unsent:,} waiting", ", ".join(filter(None, (oldest, as_of))), meaning)
    if as_of:
        return PartReport("Outbox", "◔ empty", as_of, "What was said since then is not counted yet.")
    return PartReport("Outbox", "✓ empty", "", "All that was said here has left.")


def _arrivals(health: Health, other: str) -> PartReport:
    if health.kafka.state is not PartState.OK or health.lag is None:
        silent_s = health.kafka_silent_s
        away = health.kafka.state is not PartState.OK
        then = f"Kafka answered last {_ago(silent_s)}" if away and silent_s is not None else ""
        return PartReport("Arrivals", "◔ not known", then, f"How much is still to come shows once {_awaited(health)}.")
    if health.lag:
        return PartReport("Arrivals", f"◔ {health.lag:,} to come", "", f"What {other} said last is not here yet.")
    return PartReport("Arrivals", "✓ all here", "", f"All that {other} said is on this desk.")


def _awaited(health: Health) -> str:
    """Return what has to happen before it is known how much is to come: the trouble may be any server's."""
    if health.kafka.state is PartState.OK and health.postgres.state is not PartState.OK:
        return "the database answers"
    if health.kafka.state is PartState.OK:
        return "it was counted"
    return "Kafka answers" if health.kafka.error in ("", KAFKA_AWAY) else "this desk can use Kafka"


def _ago(seconds: float) -> str:
    """Return how long ago something was."""
    return f"{span_text(max(1.0, seconds) // 1).lstrip('+').replace('.0 s', ' s')} ago"


def _exceptions(health: Health, role: RoleName) -> Iterator[PartReport]:
    """Yield what is only there when something happened."""
    if health.quarantined:
        yield PartReport(
            "Quarantine",
            f"◔ {health.quarantined:,} kept",
            "",
            f"Messages that could not be taken in; they stop nobody. `paydesk {role} quarantine list` shows them.",
        )
    if health.parked:
        meaning = "Messages of a newer paydesk; it takes them in by itself once it is here."
        yield PartReport("Parked", f"◔ {health.parked:,} kept", "", meaning)
    if health.locked:
        meaning = "Only a person can settle these: enter on one tells why, `paydesk doctor` shows both versions."
        yield PartReport("Locked", f"✗ {health.locked:,}", "", meaning)
    if health.lost:
        names = clean(", ".join(health.lost), 300)
        yield PartReport("Lost", f"✗ {len(health.lost):,}", names, "Said here, but another version stands.")
    if health.anew and health.anew.incomplete:
        meaning = "There may be more requests than are shown; they come by themselves."
        yield PartReport("First reading", "◔ under way", health.anew.progress, meaning)
    if health.brought_back:
        yield PartReport("Own topic", "✓ read", "", health.brought_back.sentences)
    if health.topic_faults:
        meaning = "A promise rests on it: `paydesk doctor` tells the command that mends it."
        yield PartReport("Topics", f"✗ {len(health.topic_faults)}", clean(" ".join(health.topic_faults), 600), meaning)
    if health.memory_broker:
        meaning = f"It forgets when it ends; your desk does not. {MEMORY_BROKER[0].upper()}{MEMORY_BROKER[1:]}."
        yield PartReport("Broker", "◔ in memory", "", meaning)
    if health.notice:
        yield PartReport("Set-up", "◔ under way", "", clean(health.notice, 300))
