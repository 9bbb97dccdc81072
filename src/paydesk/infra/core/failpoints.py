"""Named points of the event core at which a test may stop the world; free of cost while no hook is set.

The names are those of the report on reliability: ``W1`` before a command's commit, ``W2`` its reply lost, ``W3``
before the nudge; ``H1`` a hold cleared, before the produce; ``R1`` before the produce, ``R2`` before its ack, ``R3``
before it is marked, ``R4`` half a batch acknowledged; ``C1`` fetched, ``C2`` inside the transaction, ``C3`` its reply
lost, ``C4`` before the hint, ``C5`` a withdrawal confirmed, before its relay; ``I1`` the own topic half read.
"""

from collections.abc import Callable

hook: Callable[[str], None] | None = None
"""Called with the name of each point that is reached; set by tests alone."""


def reach(point: str) -> None:
    """Say that a point is reached."""
    if hook is not None:
        hook(point)
