"""``--key``: the same command line again answers as the first time, whatever became of the request meanwhile."""

import secrets
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Answer, Paydesk


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


@pytest.fixture
def number(paydesk: Paydesk, ada: str) -> Iterator[str]:
    """A request of Ada's that waits."""
    yield paydesk("contractor", "request", "5", "EUR", "x", "--as", ada, "--json").json["number"]


def outcome(answer: Answer) -> tuple[int, str, bool]:
    """What a repeat has to have in common with the first time."""
    assert answer.code == 0, answer.err
    return answer.code, answer.json["id"], answer.json["changed"]


@pytest.mark.long
def test_a_request_without_a_key_is_a_new_one_each_time(paydesk: Paydesk, ada: str, key: str) -> None:
    line = ("contractor", "request", "5", "EUR", "once", "--as", ada, "--json")
    assert outcome(paydesk(*line, "--key", key)) == outcome(paydesk(*line, "--key", key))
    assert outcome(paydesk(*line)) != outcome(paydesk(*line))
    assert len(paydesk("contractor", "list", "from:me", "--as", ada, "--json").lines) == 3
    again = paydesk(*line)
    assert {(match["status"], match["why"]) for match in again.json["alike"]} == {
        ("pending", "same amount, within a day")
    }
    twin = paydesk(*line[:-1])
    assert "It looks like PR-" in twin.err
    assert twin.err.endswith(f"Not meant? paydesk contractor withdraw {twin.out.split()[0]} --as {ada}\n")
    assert outcome(paydesk(*line[:-2], "eve", "--json", "--key", key))[1] != outcome(paydesk(*line, "--key", key))[1]


@pytest.mark.long
def test_a_revision_is_not_made_again_though_the_request_moved_on(
    paydesk: Paydesk, ada: str, number: str, key: str
) -> None:
    line = ("contractor", "revise", number, "--amount", "6", "--as", ada, "--key", key, "--json")
    first = outcome(paydesk(*line))
    paydesk("contractor", "revise", number, "--description", "y", "--as", ada)
    assert outcome(paydesk(*line)) == first
    shown = paydesk("contractor", "show", number, "--json").json
    assert (shown["revision"], shown["amount"], shown["description"]) == (3, "6.00", "y")
    paydesk("manager", "approve", number, "--as", "bo")
    assert paydesk("contractor", "wait", number, "--timeout", "20s").code == 0
    assert outcome(paydesk(*line)) == first, "an accepted request is not revised, but this command was before"
    for other in (("--amount", "7"), ("--amount", "6", "--description", "z")):
        reused = paydesk("contractor", "revise", number, *other, "--as", ada, "--key", key, "--json")
        assert reused.code == 8 and reused.error["code"] == "key_reused"


@pytest.mark.parametrize(
    "decision", [("approve",), pytest.param(("reject", "--cause", "duplicate"), marks=pytest.mark.long)]
)
def test_a_decision_is_told_again_though_the_request_moved_on(
    paydesk: Paydesk, ada: str, number: str, key: str, decision: tuple[str, ...]
) -> None:
    word, *rest = decision
    line = ("manager", word, number, *rest, "--as", "bo", "--key", key, "--json")
    first = outcome(paydesk(*line))
    assert outcome(paydesk(*line)) == first
    if word == "reject":
        paydesk("contractor", "list")
        revised = paydesk("contractor", "revise", number, "--amount", "9", "--as", ada, "--json")
        assert revised.json["status"] == "pending"
        assert outcome(paydesk(*line)) == first, "the repeat means the revision that was rejected, not the new one"
        assert paydesk("manager", "show", number, "--json").json["status"] == "pending"
    assert paydesk("manager", word, f"{number}@1", *rest, "--as", "bo", "--key", key).code == 8
    zoe = paydesk("manager", word, number, *rest, "--as", "zoe", "--key", key, "--json")
    decided = zoe.error["code"] if word == "approve" else zoe.json["changed"]
    assert decided == ("already_decided" if word == "approve" else True), "a key of the same letters is another's own"


def test_a_key_is_for_one_command_line(paydesk: Paydesk, ada: str, number: str, key: str) -> None:
    other = paydesk("contractor", "request", "8", "EUR", "z", "--as", ada, "--json").json["number"]
    assert paydesk("contractor", "withdraw", number, "--as", ada, "--key", key).code == 0
    assert paydesk("contractor", "withdraw", number, "--as", ada, "--key", key).code == 0
    assert paydesk("contractor", "withdraw", other, "--as", ada, "--key", key).code == 8
    assert paydesk("contractor", "revise", other, "--amount", "1", "--as", ada, "--key", key).code == 8
    assert paydesk("contractor", "show", other, "--json").json["status"] == "pending"


def test_several_requests_share_a_key(paydesk: Paydesk, ada: str, number: str, key: str) -> None:
    other = paydesk("contractor", "request", "8", "EUR", "z", "--as", ada, "--json").json["number"]
    line = ("manager", "approve", number, other, "--as", "bo", "--key", key, "--json")
    first = [(row["id"], row["changed"]) for row in paydesk(*line).lines]
    assert [(row["id"], row["changed"]) for row in paydesk(*line).lines] == first == [(i, True) for i, _ in first]
    assert paydesk("manager", "approve", other, "--as", "bo", "--key", key).code == 8


@pytest.mark.long
def test_a_revision_named_may_come_with_the_catching_up(paydesk: Paydesk, ada: str, number: str) -> None:
    assert paydesk("manager", "show", number).code == 0
    paydesk("contractor", "revise", number, "--amount", "6", "--as", ada)
    unseen = paydesk("manager", "approve", number, "--as", "bo", "--json")
    assert unseen.code == 5 and "5.00 EUR → 6.00 EUR" in unseen.error["message"], "it meant the revision it knew"
    old = paydesk("manager", "approve", f"{number}@1", "--as", "bo", "--json")
    assert old.code == 5 and "5.00 EUR → 6.00 EUR" in old.error["message"]
    paydesk("contractor", "revise", number, "--amount", "7", "--as", ada)
    assert paydesk("manager", "approve", f"{number}@3", "--as", "bo", "--json").json["amount"] == "7.00"


def test_new_like_another_asks_once_with_its_terms(paydesk: Paydesk, ada: str, number: str, key: str) -> None:
    line = ("contractor", "request", "--like", number, "--reference", "R-2", "--as", ada, "--key", key, "--json")
    first = paydesk(*line)
    asked, old = first.json, paydesk("contractor", "show", number, "--json").json
    assert outcome(paydesk(*line)) == outcome(first) and asked["id"] != old["id"]
    assert asked["reference"] == "R-2"
    for name in ("amount", "currency", "description", "pay_to"):
        assert asked[name] == old[name]
    paydesk("contractor", "revise", number, "--amount", "6", "--as", ada)
    assert outcome(paydesk(*line)) == outcome(first), "a repeat means the same though the other request moved on"
    dearer = ("contractor", "request", "--like", number, "7", "--as", ada, "--key", key)
    assert paydesk(*dearer).code == 8
    assert paydesk("contractor", "request", "7", "EUR").code == 2


def test_nothing_is_settled_that_is_not_locked(paydesk: Paydesk, number: str) -> None:
    for role in ("contractor", "manager"):
        refused = paydesk(role, "settle", number, "--note", "all is well", "--json")
        assert refused.code == 5 and "not locked" in refused.error["message"]
    assert paydesk("manager", "settle", number, "--note", "x").code == 3
