"""A revision or a withdrawal that came after an acceptance came to nothing, and whoever gave it is told so."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from paydesk.domain.commands import Approve
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.embedded import EmbeddedStack
from tests.answer import Answer
from tests.cli.conftest import Paydesk

Accept = Callable[[str], None]


@pytest.fixture
def hold(stack: EmbeddedStack, paydesk: Paydesk) -> Accept:
    """Accept a request at the manager's, and hold that as a desk does."""

    def accept(number: str) -> None:
        asked = paydesk("manager", "show", number, "--json").json
        url = stack.endpoints("manager").database_url
        with connect(url, "manager") as connection:
            (terms,) = connection.execute(
                "SELECT terms_hash FROM payment_request WHERE id = %s", [asked["id"]]
            ).fetchone() or ("",)
        store = Store(url, MANAGER)
        decides.execute(store, uuid4(), Approve(UUID(asked["id"]), "bo", 1, terms), hold_s=300)
        store.close()

    return accept


@pytest.mark.fault(
    kind="What a person asked for and an acceptance overtook is told as lapsed, also by the command that asked for it.",
    mended="contractor/lapsing.py",
)
@pytest.mark.parametrize(
    ("words", "late"), [(("revise", "--amount", "9999"), "revision 2"), (("withdraw",), "the withdrawal")]
)
def test_a_command_that_an_acceptance_overtook_says_that_it_lapsed(
    paydesk: Paydesk, ada: str, hold: Accept, words: tuple[str, ...], late: str
) -> None:
    number = paydesk("contractor", "request", "102", "EUR", "x", "--as", ada, "--json").json["number"]
    hold(number)
    line = ("contractor", words[0], number, *words[1:], "--as", ada, "--key", ada)
    assert "lapsed" not in paydesk(*line).printed, "the decision is held: nothing is known of it here"
    assert paydesk("manager", "send", number, "--as", "bo").code == 0
    assert paydesk("contractor", "wait", number, "--timeout", "30s").code == 0
    sentence = f"{number} was accepted; {late} came too late and lapsed."

    def outcome(answer: Answer) -> tuple[str, list[str]]:
        return answer.json["status"], answer.json["warnings"]

    assert sentence in paydesk(*line).err
    assert outcome(paydesk(*line, "--json")) == ("accepted", [sentence])
    assert ", lapsed" in paydesk("contractor", "show", number).out
    steps = paydesk("contractor", "show", number, "--json").json["timeline"]
    assert [step["kind"] for step in steps if step["lapsed"]] == [
        "revised" if words[0] == "revise" else "withdrawal_requested"
    ]
