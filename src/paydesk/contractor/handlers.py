"""What the contractor's side does with a decision: it applies it, and never decides it again."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from paydesk.infra.apply import apply_registers
from paydesk.infra.role import Applied, Heard, Role


def apply(session: Session, _: Role, heard: Sequence[Heard], now: datetime) -> Applied:
    """Apply a batch of decisions to the contractor's copy, in the caller's transaction."""
    return apply_registers(session, heard, now)
