"""What a run may end with after its losses: the limits that docs/reliability.md states, and no more."""

from uuid import UUID

from paydesk.domain.events import FINAL_TYPES
from paydesk.infra.core.records import UNSAID
from tests.simulation.world import World


def log_whole(world: World) -> bool:
    """Whether no record was lost of either topic."""
    return world.losing is None or (world.losing[0] != "log" and not world.losing[1].startswith("cut"))


def for_a_person(world: World, request_id: UUID) -> bool:
    """Whether this may be locked: its writer itself published what cannot both stand, or both stores lost the first."""
    return two_finals(world, request_id) or _both_lost(world)


def _both_lost(world: World) -> bool:
    return world.losing is not None and world.losing[1].startswith("cut and")


def is_told(world: World, request_id: UUID) -> bool:
    """Whether a person is told by the writer that the other side claims what was never said, as far as it knows.

    What a reader holds may be known to nobody else, neither schema nor topic: after two stores lost something, or where
    somebody else wrote with the writer's login what was cut off since.
    """
    forged = world.losing == ("log", "cut") and request_id in world.forged
    sides = (world.contractor.storage.tables, world.manager.storage.tables)
    return (_both_lost(world) or forged) and any(request_id in tables.unknown for tables in sides)


def not_said(world: World, request_id: UUID) -> bool:
    """Whether a decision alone may differ, and wait for a person: both stores of the contractor lost what it is about.

    It is parked while nothing is known of that revision, and quarantined once there is another one of that number.
    """
    messages = world.contractor.storage.tables.inbox.values()
    return _both_lost(world) and any(
        message.request_id == request_id and message.reason.startswith(UNSAID) for message in messages
    )


def two_finals(world: World, request_id: UUID) -> bool:
    """Whether the manager's side itself published two outcomes for good: who woke sent one that a lost schema knew."""
    if not world.lost or world.losing is None or world.losing[0] != "manager":
        return False
    published = {
        sent.event.type
        for sent in world.manager.storage.tables.outbox.values()
        if sent.event.request_id == request_id and sent.ack is not None and sent.event.type in FINAL_TYPES
    }
    return len(published) > 1
