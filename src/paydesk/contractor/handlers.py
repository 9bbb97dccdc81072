"""What the contractor's side does with a decision: it applies it, and never decides it again."""

from collections.abc import Sequence
from datetime import datetime

from paydesk.infra.apply import apply_registers
from paydesk.infra.ports import Transaction
from paydesk.infra.role import Applied, Heard, Role


def apply(transaction: Transaction, _: Role, heard: Sequence[Heard], now: datetime) -> Applied:
    """Apply a batch of decisions to the contractor's copy, in the caller's transaction."""
    return apply_registers(transaction, heard, now)
