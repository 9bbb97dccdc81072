"""The filter of ``list``: ``status:pending cur:EUR from:me "logo design"``."""

import shlex

from paydesk.domain.errors import InvalidInput
from paydesk.domain.status import Status
from paydesk.domain.text import checked
from paydesk.infra.pages import PageQuery


def parse_filter(typed: str, person: str) -> PageQuery:
    """Return the query a person typed; ``from:me`` is ``person``. Raises ``InvalidInput``."""
    try:
        parts = shlex.split(typed.replace("'", "\\'"))
    except ValueError:
        raise InvalidInput.of("filter", 'Close the quotation mark of the filter, such as "logo design".') from None
    statuses: set[Status] = set()
    contractor = currency = ""
    words = []
    for part in parts:
        name, colon, value = part.partition(":")
        if not colon or name not in ("status", "from", "cur"):
            words.append(checked("filter", part, least=0, most=100))
        elif name == "status":
            statuses |= {_status(each) for each in value.split(",")}
        elif name == "from":
            contractor = person if value == "me" else checked("filter", value, least=1, most=70)
        else:
            currency = checked("filter", value, least=3, most=3).upper()
    return PageQuery(frozenset(statuses), contractor, currency, " ".join(words), limit=None)


def _status(word: str) -> Status:
    try:
        return Status(word.lower())
    except ValueError:
        names = ", ".join(Status)
        raise InvalidInput.of("filter", f"There is no status {word!r}; write one of {names}.") from None
