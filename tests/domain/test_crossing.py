"""What one side's Python writes every other side's takes, and a name is taken by the rules of its time."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import decide, decision_on
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.decision import Cause, CauseCode
from paydesk.domain.events import Event, EventType
from paydesk.domain.money import Money
from paydesk.domain.payment_request import RequestRegister, Terms, checked_terms
from paydesk.infra.core.codec import Quarantine, decode, encode
from paydesk.infra.postgres.read.timeline import _step
from paydesk.manager.role import ROLE as MANAGER

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ID = UUID(int=7)
MONEY = Money(1250, "EUR", 2)


def crossed(contractor: str, description: str, money: Money = MONEY) -> RequestRegister:
    """Return the request as the manager's side reads what the contractor's side wrote."""
    terms = Terms(money, description)
    register = RequestRegister(ID, 1, "PR-1", contractor, NOW, 1, terms)
    event = Event(UUID(int=8), EventType.PAYMENT_REQUESTED, NOW, contractor, str(UUID(int=9)), "0" * 64, register)
    headers, value = encode(event, CONTRACTOR.source)
    raw = [(name, text.encode()) for name, text in headers]
    received = decode(MANAGER, CONTRACTOR.writes, str(ID).encode(), raw, value).register
    assert isinstance(received, RequestRegister)
    return received


@pytest.mark.fault(
    kind="What text means and may cross depends on no interpreter's Unicode tables.", mended="domain/text.py"
)
@pytest.mark.parametrize(
    ("contractor", "description"),
    [
        ("ada", "Team day 🫨"),
        ("\U0002ebf0 Wang", "x"),
        ("ada", "\U0001fac8 and \U0001fadf\u200d🧑"),
        ("\U00010d50\U00010d51", "Garay"),
        ("ada", "a\U00010efd\u0323"),
        ("ada", "ꟛ ƛ \u1c89"),
    ],
)
def test_newer_characters_cross_to_every_python(contractor: str, description: str) -> None:
    register = crossed(contractor, description)
    assert (register.contractor, register.terms.description) == (contractor, description)


@pytest.mark.fault(
    kind="Whoever decided is the one that the decision names, on every screen, whoever its message says to be from.",
    mended="infra/postgres/read/timeline.py",
)
@pytest.mark.parametrize("actor", ["ada", "bo", "eve"])
@pytest.mark.parametrize("cause", [None, Cause(CauseCode.DUPLICATE)], ids=["accepted", "rejected"])
@pytest.mark.parametrize("held", [False, True])
def test_the_timeline_names_the_decider_that_the_decision_names(actor: str, cause: Cause | None, held: bool) -> None:
    asked = RequestRegister(ID, 1, "PR-1", "ada", NOW, 1, checked_terms("12.50", "EUR", "x"))
    copy = RequestCopy(ID, asked, None, Delivery.RECEIVED)
    register = decide(decision_on(copy, "bo", cause), asked, None, NOW, NOW)
    assert register is not None
    kind = EventType.PAYMENT_REJECTED if cause else EventType.PAYMENT_ACCEPTED
    event = Event(UUID(int=8), kind, NOW, actor, str(UUID(int=9)), "0" * 64, register)
    row = {
        "at": NOW, "type": kind.value, "actor": actor, "value": encode(event, MANAGER.source)[1], "became": "applied",
        "reason": None, "hold_until": NOW if held else None, "delivered_at": None, "received_at": NOW, "headers": None,
        "said_at": None,
    }  # fmt: skip
    assert _step(row).actor == register.decided_by == "bo"


@pytest.mark.parametrize(
    "description", ["a\ufdd0", "a\U0001ffff", "a\u2065b", "a\u202eb", "a\tb", "a\u0301" + "\u0302" * 9]
)
def test_what_may_not_be_shown_is_quarantined_by_every_python(description: str) -> None:
    with pytest.raises(Quarantine):
        crossed("ada", description)


@pytest.mark.fault(
    kind="A number of a message is compared with its limits before anything is computed with it.",
    mended="domain/events.py",
)
@pytest.mark.parametrize("exponent", [-1, 5, 2**31 - 1, 10**30])
def test_an_exponent_that_no_currency_has_is_quarantined_before_an_amount_is_written_with_it(exponent: int) -> None:
    with pytest.raises(Quarantine, match="A currency has 0 to 4 decimals"):
        crossed("ada", "x", Money(1250, "EUR", exponent))


@pytest.mark.fault(
    kind="A typed name that looks like another is refused, and one that came in shows which letters differ.",
    mended="domain/names.py",
)
@pytest.mark.parametrize("name", ["аda", "Иван Smith", "α-team", "ａｄａ", "北\u200d京"])
def test_a_name_that_nobody_may_type_today_is_taken_from_old_history(name: str) -> None:
    assert crossed(name, "x").contractor == name
