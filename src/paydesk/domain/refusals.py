"""Who may not, and when not: the refusals that several commands share, each in words a person can use."""

from uuid import UUID

from paydesk.domain.decision import DecisionRegister
from paydesk.domain.errors import Conflict, Locked, NotAllowed
from paydesk.domain.names import shown_name
from paydesk.domain.payment_request import RequestRegister, called
from paydesk.domain.standing import status
from paydesk.domain.status import DECIDED
from paydesk.domain.text import same_person


def refuse_own(actor: str, request: RequestRegister) -> None:
    """Raise ``NotAllowed`` when the one who decides is the one who asked, by rule 8."""
    if same_person(actor, request.contractor):
        raise NotAllowed("Nobody decides a request of their own.", "Another manager has to decide it.")


def refuse_stranger(actor: str, request: RequestRegister) -> None:
    """Raise ``NotAllowed`` when the one who changes it is not the one who asked."""
    if not same_person(actor, request.contractor):
        refusal = NotAllowed(
            f"Only {shown_name(request.contractor)}, who made {name_of(request)}, may change it.",
            "Use --as with the name of who made it.",
        )
        refusal.desk_hint = ""  # Whoever sits at a desk is who they are.
        raise refusal


def refuse_locked(locked: bool, name: str) -> None:
    """Raise ``Locked`` when the two sides of the request said different final things."""
    if locked:
        raise Locked(
            f"{name} is locked: its two sides said different final things, and only a person can settle that.",
            "`paydesk doctor` shows both versions. Settle it with the other side; `request --like` asks anew.",
        )


def refuse_unlocked(locked: bool, request: RequestRegister | None, request_id: UUID) -> None:
    """Raise ``Conflict`` when there is nothing to settle."""
    if not locked:
        name = called(request.number if request is not None else None, request_id)
        raise Conflict(f"{name} is not locked: there is nothing to settle.", "`paydesk doctor` lists what is.")


def refuse_undecided(request: RequestRegister | None, decision: DecisionRegister | None, name: str, act: str) -> None:
    """Refuse to act on a decision where none stands that could be taken back or sent.

    Args:
        request: The request; None: it has not arrived.
        decision: The decision about it; None: there is none.
        name: What the request is called.
        act: The verb of what is to be done, for the sentence.

    Raises:
        Conflict: No manager's decision stands.
    """
    if (current := status(request, decision)) not in DECIDED:
        raise Conflict(f"{name} is {current}: there is nothing to {act}.", "Nothing was changed.")


def refuse_others(decision: DecisionRegister, actor: str, may: str) -> None:
    """Raise ``NotAllowed`` when somebody else decided; ``may`` says what only that one may do."""
    if not same_person(decision.decided_by or "", actor):
        name = shown_name(decision.decided_by or "")
        raise NotAllowed(f"Only {name}, who decided, may {may}.", "Nothing was changed.")


def name_of(request: RequestRegister) -> str:
    """Return the human number, or ``…`` and the last six of the id while there is none."""
    return called(request.number, request.id)
