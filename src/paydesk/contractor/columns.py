"""What the contractor's list shows of a request."""

from dataclasses import replace
from datetime import datetime

from paydesk.domain.copy import RequestCopy
from paydesk.domain.names import shown_name
from paydesk.tui.table.columns import AMOUNT, CURRENCY, DESCRIPTION, Cell, Column, say, say_state
from paydesk.tui.table.columns import NUMBER as WHOLE_NUMBER
from paydesk.tui.text.wording import delivery_text, moment_text


def _asked_at(copy: RequestCopy, _: datetime) -> Cell:
    return say(moment_text(copy.request.requested_at if copy.request else None))


NUMBER = replace(WHOLE_NUMBER, least=7)
SENT = Column("Sent", _asked_at, 16, from_width=100)
FROM = Column("From", lambda copy, _: say(shown_name(copy.contractor)), 14, from_width=130)
STATUS = Column("Status", say_state, 13, most=13, least=10)
DELIVERY = Column("Delivery", lambda copy, _: say(delivery_text(copy), "faded"), 8, from_width=72, most=11)

COLUMNS = (NUMBER, SENT, FROM, AMOUNT, CURRENCY, STATUS, DELIVERY, DESCRIPTION)
EVERYONES = (
    NUMBER,
    SENT,
    replace(FROM, from_width=72, least=8),
    AMOUNT,
    CURRENCY,
    STATUS,
    replace(DELIVERY, from_width=112),
    DESCRIPTION,
)
"""Where others' requests are among them: whose each is comes before how it stands on its way."""
