"""Business refusals, each with a name, one sentence and a hint.

PaydeskError
├── InvalidInput       what was typed cannot be taken
├── UnknownRequest     nothing, or more than one, answers to that name
├── Conflict           the request is not in a state that allows it
│   ├── Stale          it changed since the person looked
│   ├── AlreadyDecided another decision was first
│   ├── TooLate        the decision was released already
│   ├── LooksAlike     it looks like another request, which nobody said is meant
│   └── Locked         its two sides said different final things
├── NotAllowed         this person may not do it
└── KeyReused          the same key came with another content
"""

from typing import ClassVar


class PaydeskError(Exception):
    """The root: ``code`` is a stable word, ``message`` one plain sentence, ``hint`` what to do (may be empty)."""

    code: ClassVar[str] = "error"
    desk_hint: str | None = None
    """What to do on a desk, where ``hint`` helps on the command line alone."""

    def __init__(self, message: str, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts


class InvalidInput(PaydeskError):
    """What was typed cannot be taken; ``problems`` names each field with a sentence that says what to write."""

    code = "invalid_input"

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()), problems=problems)
        self.problems = problems

    @classmethod
    def of(cls, field: str, sentence: str) -> "InvalidInput":
        """Return the error for one field."""
        return cls({field: sentence})


class UnknownRequest(PaydeskError):
    """No request, or more than one, answers to what was typed."""

    code = "unknown_request"


class Conflict(PaydeskError):
    """The request is not in a state that allows the command."""

    code = "conflict"


class Stale(Conflict):
    """The request changed since the person looked."""

    code = "stale"


class AlreadyDecided(Conflict):
    """Another decision was first."""

    code = "already_decided"


class TooLate(Conflict):
    """The decision was released already."""

    code = "too_late"


class Locked(Conflict):
    """The two sides of the request said different final things; a person settles it."""

    code = "locked"


class LooksAlike(Conflict):
    """It looks like another request, and nobody said that both are meant."""

    code = "looks_alike"


class NotAllowed(PaydeskError):
    """This person may not do it."""

    code = "not_allowed"


class KeyReused(PaydeskError):
    """The same command key came with another content."""

    code = "key_reused"
