"""What a manager says of a request: the register that the manager side alone writes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from paydesk.domain.errors import InvalidInput
from paydesk.domain.payment_request import Terms
from paydesk.domain.status import Outcome
from paydesk.domain.text import checked

NOTE_LEAST, NOTE_MOST = 3, 500


class CauseCode(StrEnum):
    """Why a manager rejects; the order is that of the digit keys 1 to 7."""

    DUPLICATE = "duplicate"
    WRONG_AMOUNT = "wrong_amount"
    MISSING_DOCUMENT = "missing_document"
    NOT_AGREED = "not_agreed"
    WRONG_PAYEE = "wrong_payee"
    NEEDS_INFO = "needs_info"
    OTHER = "other"

    @property
    def sentence(self) -> str:
        """The full sentence that the contractor sees."""
        return _SENTENCES[self]

    @property
    def needs_note(self) -> bool:
        """Whether the sentence alone would not tell the contractor what to do."""
        return self in (CauseCode.WRONG_AMOUNT, CauseCode.NEEDS_INFO, CauseCode.OTHER)


_SENTENCES = {
    CauseCode.DUPLICATE: "This payment was requested before.",
    CauseCode.WRONG_AMOUNT: "The amount is not the one that is owed.",
    CauseCode.MISSING_DOCUMENT: "The invoice or receipt is missing.",
    CauseCode.NOT_AGREED: "This work or expense was not agreed.",
    CauseCode.WRONG_PAYEE: "The account or name to pay is not right.",
    CauseCode.NEEDS_INFO: "More information is needed.",
    CauseCode.OTHER: "There is another reason.",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a request was rejected."""

    code: CauseCode
    note: str | None = None

    @property
    def text(self) -> str:
        """All that the contractor sees of it."""
        return f"{self.code.sentence} {self.note}" if self.note else self.code.sentence


def checked_note(note: str, name: str = "note") -> str:
    """Return what a person says of something that only persons can settle. Raises ``InvalidInput`` by this name."""
    return checked(name, note, least=NOTE_LEAST, most=NOTE_MOST)


def checked_cause(code: str, note: str | None) -> Cause:
    """Return the cause a manager gave. Raises ``InvalidInput``."""
    try:
        known = CauseCode(code.strip().lower())
    except ValueError:
        names = ", ".join(CauseCode)
        raise InvalidInput.of("cause", f"Write one of these causes: {names}.") from None
    text = checked("note", note or "", least=0, most=NOTE_MOST)
    if known.needs_note and len(text) < NOTE_LEAST:
        alone = f"'{known.sentence}' alone does not say what."
        raise InvalidInput.of("note", f"Write a note of {NOTE_LEAST} to {NOTE_MOST} characters: {alone}")
    if text and len(text) < NOTE_LEAST:
        raise InvalidInput.of("note", f"Write a note of at least {NOTE_LEAST} characters, or none.")
    return Cause(known, text or None)


@dataclass(frozen=True, slots=True)
class DecisionRegister:
    """The manager side's word on one request.

    ``revision``, ``terms`` and ``terms_hash`` are those of the revision decided last, accepted or rejected;
    ``received_at`` is when the manager's side first had that revision.
    """

    id: UUID
    version: int
    outcome: Outcome = Outcome.NONE
    rejected_upto: int = 0
    cause: Cause | None = None
    revision: int | None = None
    terms: Terms | None = None
    terms_hash: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    received_at: datetime | None = None
