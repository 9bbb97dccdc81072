"""``paydesk rebuild``: a schema emptied and read anew; nothing that was published is lost, no number is given twice."""

import pytest

from paydesk.domain.commands import Approve
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.infra.worker.worker import Worker
from paydesk.manager import commands as decides
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.embedded import EmbeddedStack
from tests.cli.conftest import Paydesk
from tests.conftest import until


@pytest.mark.long
def test_both_sides_come_back_as_they_were(paydesk: Paydesk, ada: str) -> None:
    asked = [
        paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--key", f"{ada}-{place}", "--json").json
        for place in range(3)
    ]
    numbers = [answer["number"] for answer in asked]
    assert paydesk("manager", "approve", numbers[0], "--as", "bo", "--key", f"{ada}-yes", "--allow-duplicate").code == 0
    assert paydesk("contractor", "withdraw", numbers[2], "--as", ada).code == 0
    # What reads sends nothing: the withdrawal is confirmed to the contractor by a command that writes.
    assert paydesk("manager", "reject", numbers[1], "--as", "bo", "--cause", "duplicate").code == 0
    assert paydesk("manager", "wait", numbers[2], "--timeout", "10s").code == 0
    assert paydesk("contractor", "wait", numbers[2], "--timeout", "10s").code == 0
    before = {side: paydesk(side, "list", f"from:{ada}", "--json").lines for side in ("contractor", "manager")}
    for side in ("contractor", "manager"):
        document = paydesk("rebuild", side, "--yes", "--json").json
        # Of the requests that other tests left, some that were bad before may come in now.
        assert document["requests"] >= document["requests_before"] >= 3
        assert document["own_events"] >= 3 and document["heard"] >= 3 and document["last_said_at"]
        assert "may have gaps" in document["not_known"][0] and "counts from now on" in document["not_known"][1]
        after = paydesk(side, "list", f"from:{ada}", "--json").lines
        assert after == before[side]
    again = paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--key", f"{ada}-0", "--json").json
    assert again["id"] == asked[0]["id"] and again["number"] == numbers[0]
    assert paydesk("manager", "approve", numbers[0], "--as", "bo", "--key", f"{ada}-yes", "--json").json["changed"]
    fresh = paydesk("contractor", "request", "6", "EUR", "x", "--as", ada, "--json").json["number"]
    assert int(fresh[3:]) > max(int(number[3:]) for number in numbers)
    assert "came back from the own topic" in paydesk("doctor").out


def test_it_asks_first(paydesk: Paydesk, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number = paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--json").json["number"]
    typed = iter(["yes", "rebuild"])
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(typed))
    refused = paydesk("rebuild", "contractor")
    assert refused.code == 1 and refused.out == "Nothing was emptied.\n"
    answer = paydesk("rebuild", "contractor")
    assert (
        answer.code == 0
        and "The contractor's schema is read anew: " in answer.out
        and "the last one said at" in answer.out
    )
    assert paydesk("contractor", "show", number).code == 0


@pytest.mark.long
def test_nothing_is_emptied_beside_a_worker(paydesk: Paydesk, stack: EmbeddedStack) -> None:
    paydesk("manager", "list")
    worker = Worker(MANAGER, stack)
    worker.start()
    try:
        until(lambda: worker.health().duty == "working")
        refused = paydesk("rebuild", "manager", "--yes", "--json")
        assert refused.code == 5 and "is at work" in refused.error["message"]
    finally:
        worker.stop()
    assert paydesk("rebuild", "manager", "--yes").code == 0


@pytest.mark.long
def test_what_has_not_left_is_lost_only_when_that_is_said(paydesk: Paydesk, stack: EmbeddedStack, ada: str) -> None:
    asked = paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--json").json
    paydesk("manager", "show", asked["id"])
    url = stack.endpoints("manager").database_url
    with connect(url, "manager") as connection:
        row = connection.execute("SELECT id, terms_hash FROM payment_request WHERE id = %s", [asked["id"]]).fetchone()
    assert row is not None
    store = Store(url, MANAGER)
    decides.execute(store, row[0], Approve(row[0], "bo", 1, row[1]), hold_s=300)
    store.close()
    refused = paydesk("rebuild", "manager", "--yes", "--json")
    assert refused.code == 5 and "1 event, 1 of them held" in refused.error["message"]
    assert paydesk("manager", "show", asked["id"], "--json").json["delivery"] == "held"
    assert paydesk("rebuild", "manager", "--yes", "--lose-unsent").code == 0
    assert paydesk("manager", "show", asked["id"], "--json").json["status"] == "pending"
