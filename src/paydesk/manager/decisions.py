"""Which keys decide, and on what: a key acts on what is on the screen and on nothing newer."""

from uuid import UUID

from paydesk.domain.copy import RequestCopy
from paydesk.domain.errors import NotAllowed
from paydesk.domain.refusals import refuse_own
from paydesk.domain.status import DECIDABLE
from paydesk.manager.input_guards import ChangeGuard, DoubtGuard, KeyGuard
from paydesk.tui.screens.base import sentence

COMES_BACK = "What was undone is about to be shown again: look, then press again."
ONLY_JUST = "{} is only just shown as {}: look, then press again."
TOO_FAST = "Keys came faster than anyone types: nothing was decided."
PASTED = "Pasted text is ignored here."


def why_not(copy: RequestCopy | None, person: str) -> tuple[str, str]:
    """Return why a request cannot be decided here, and how that is painted; nothing where it can.

    Of a locked request that is the screen's to say, and is not looked at here.
    """
    if copy is None or copy.request is None:
        return "Nothing is here to decide yet.", ""
    if copy.status not in DECIDABLE:
        return f"{copy.number} is {copy.status} already.", ""
    try:
        refuse_own(person, copy.request)
    except NotAllowed as refusal:
        return sentence(refusal), "trouble"
    return "", ""


class DecisionKeys:
    """Watches the keys that decide and the rows they are about; told the time by its caller."""

    def __init__(self) -> None:
        self.guard = KeyGuard()
        self.changes = ChangeGuard()
        self.doubts = DoubtGuard()
        self._decided = False
        """Whether the decision key that was pressed last decided something."""

    def typed(self, came_at: float) -> str:
        """Note a printable key; returns a sentence when keys begin to come faster than a person types."""
        return TOO_FAST if self.guard.printed(came_at) else ""

    def on_purpose(self, key: str, came_at: float) -> bool:
        """Whether a decision key was pressed on purpose, and not held down or part of a paste."""
        if self.guard.allows(key, came_at) and not self.guard.in_burst(came_at):
            self._decided = False
            return True
        return False

    def ignored_text(self, came_at: float) -> str:
        """Return what is said of a key that is held down; empty while it is part of a burst."""
        if not self.guard.ignored or self.guard.in_burst(came_at):
            return ""
        first = "1 decided" if self._decided else "nothing was decided"
        return f"Key held: {first}, {self.guard.ignored} ignored."

    def just_changed(self, copy: RequestCopy, came_at: float) -> str:
        """Return a sentence where a key cannot have been meant for what is painted of a request; else nothing."""
        if not self.changes.changed(copy.id, came_at):
            return ""
        return ONLY_JUST.format(copy.number, copy.terms.money if copy.terms else "")

    def doubted(self, request_id: UUID, doubt: str, came_at: float) -> bool:
        """Whether a doubt is to be told before this key approves: once it was read, it is taken for known."""
        return bool(doubt) and not self.doubts.was_shown(request_id, doubt, came_at)

    def decides(self) -> None:
        """Note that the key that was pressed last decides something."""
        self._decided = True
