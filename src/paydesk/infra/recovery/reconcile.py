"""What to make of own events that the outbox does not know: a restored or lost schema, a zombie. Pure decisions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from paydesk.domain.events import FINAL_TYPES


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """One event of one request that this side published, as the outbox or its own topic holds it."""

    id: UUID
    version: int
    type: str
    content_hash: str
    said_at: datetime
    logged: bool
    """It stands on the topic, or stood on one before."""
    offset: int = -1
    """Where it stands, of those that were found; the earliest is what readers received first."""

    @property
    def final(self) -> bool:
        """Whether it states an outcome for good."""
        return self.type in FINAL_TYPES


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of one request's events."""

    beaten: frozenset[UUID]
    """Stay as history: another event stands in their place."""
    standing: UUID
    """The event whose register is this side's word from now on."""
    say_again: int | None
    """The version at which the standing register is published again, or None where every reader takes it as it is."""
    behind: bool
    """The schema did not know something that it had published: it was lost or restored."""
    locked: bool
    """Two different outcomes were published: only a person can settle that."""


def settle(rows: Sequence[OwnEvent], topic_events: Iterable[OwnEvent]) -> Settlement:
    """Return what becomes of a request of which ``topic_events``, each once, stand on the topic and not among ``rows``.

    What was never acknowledged is beaten by a found event of its version or below, or of a higher one that was
    published before it; of two that were published in one version, an outcome for good stands over one that is not,
    else the earlier one, which is then published again.
    """
    unknown = sorted(topic_events, key=lambda event: event.offset)
    assert unknown, "nothing was found that the outbox does not know"
    published = {row.version for row in rows if row.logged}
    # Only a version that this schema never published shows that it was behind when it published more.
    behind = min((event.version for event in unknown if event.version not in published), default=None)
    beaten = {
        row.id
        for row in rows
        if not row.logged and ((behind is not None and row.version >= behind) or _aside(row, unknown))
    }
    logged = [row for row in rows if row.logged] + unknown
    finals = [event for event in logged if event.final]
    locked = len({event.type for event in finals}) > 1
    forked: set[int] = set()
    for version in {event.version for event in logged}:
        twins = [event for event in logged if event.version == version]
        stands = min(twins, key=lambda event: (not event.final, event.offset, event.id))
        beaten |= {event.id for event in twins if event is not stands}
        if len({event.content_hash for event in twins}) > 1:
            forked.add(version)
    left = [event for event in [*rows, *unknown] if event.id not in beaten]
    newest = max(left, key=lambda event: event.version)
    standing = max((event for event in left if event.final), key=lambda event: event.version, default=newest)
    if locked:
        # What readers received first stands on both sides until a person has settled it.
        standing = min((event for event in left if event.final), key=lambda event: (event.offset, event.version))
    highest = max(event.version for event in [*logged, *left])
    # Two of one version are settled by publishing the one again; what stands above them has settled them already.
    again = highest + 1 if (highest in forked or standing is not newest) and not locked else None
    return Settlement(frozenset(beaten), standing.id, again, behind is not None, locked)


def _aside(row: OwnEvent, unknown: Sequence[OwnEvent]) -> bool:
    """Whether a higher version was published before this row: it cannot follow from it, nor hold what it did."""
    return any(event.version > row.version and event.said_at < row.said_at for event in unknown)
