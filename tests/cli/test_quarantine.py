"""``paydesk ROLE quarantine`` on the run's own stack: what a bug of the handler refused is dealt with."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from paydesk.infra.core.intake import Judged, incoming
from paydesk.infra.core.records import Applied, ReceivedEvent, Record
from paydesk.infra.core.role import Role
from paydesk.infra.core.transaction import Transaction
from paydesk.infra.postgres.connection import connect
from paydesk.infra.postgres.storage import Store
from paydesk.manager import handlers
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.embedded import EmbeddedStack
from tests.cli.conftest import Answer, Paydesk


@dataclass
class Bench:
    """A command line, and a handler of the manager's side that has a bug with some descriptions."""

    paydesk: Paydesk
    stack: EmbeddedStack
    ada: str
    buggy: set[str] = field(default_factory=set)

    def refused(self) -> tuple[int, str]:
        """Ask for what the handler refuses; returns its number in quarantine, and the description."""
        text = f"refused {secrets.token_hex(8)}"
        self.buggy.add(text)
        assert self.paydesk("contractor", "request", "5", "EUR", text, "--as", self.ada, "--json").code == 0
        line = self("list", "--json").lines[0]
        assert line["decoded"]["says"]["terms"]["description"] == text
        return line["id"], text

    def __call__(self, *arguments: str) -> Answer:
        return self.paydesk("manager", "quarantine", *arguments)


@pytest.fixture
def bench(paydesk: Paydesk, stack: EmbeddedStack, ada: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made, right = Bench(paydesk, stack, ada), handlers.apply

    def apply(transaction: Transaction, role: Role, batch: Sequence[ReceivedEvent], now: datetime) -> Applied:
        for received in batch:
            if received.event.register.terms and received.event.register.terms.description in made.buggy:
                raise ZeroDivisionError("a bug of the handler")
        return right(transaction, role, batch, now)

    monkeypatch.setattr(handlers, "apply", apply)
    yield made
    with connect(stack.endpoints("manager").database_url, "manager") as connection:
        connection.execute("DELETE FROM inbox WHERE became IN ('quarantined', 'parked')")


def test_a_message_is_shown_and_taken_in_after_the_fix(bench: Bench) -> None:
    number, _ = bench.refused()
    shown = bench("show", str(number), "--json").json
    assert (shown["state"], shown["reason"]) == ("quarantined", "ZeroDivisionError: a bug of the handler")
    assert shown["decoded"]["type"] == "paydesk.payment_requested.v1" and "/0/" in shown["where"]
    assert (shown["redriven"], shown["discarded"]) == (None, None)
    stays = bench("redrive", str(number), "--as", "bo", "--json")
    assert stays.code == 5 and stays.error["code"] == "still_refused"
    assert stays.error["message"] == f"Message {number} stays quarantined: ZeroDivisionError: a bug of the handler."
    bench.buggy.clear()
    key = secrets.token_hex(8)
    taken = bench("redrive", str(number), "--as", "bo", "--key", key, "--json")
    assert taken.code == 0 and (taken.json["state"], taken.json["changed"]) == ("applied", True)
    assert taken.json["redriven"]["by"] == "bo"
    assert bench.paydesk("manager", "show", taken.json["request_id"], "--json").json["status"] == "pending"
    again = bench("redrive", str(number))
    assert again.code == 0 and again.out.endswith("(already so)\n") and "applied" in again.out
    assert bench("redrive", str(number), "--as", "bo", "--key", key, "--json").json["changed"] is True
    assert number not in [line["id"] for line in bench("list", "--json").lines]
    assert number in [line["id"] for line in bench("list", "--all", "--json").lines]


@pytest.mark.long
def test_several_are_redriven_each_with_its_own_result(bench: Bench) -> None:
    (bad, _), (fixed, text) = bench.refused(), bench.refused()
    bench.buggy.remove(text)
    key = secrets.token_hex(8)
    answer = bench("redrive", str(bad), str(fixed), "999999999", "--json", "--as", "bo", "--key", key)
    assert answer.code == 9 and answer.error["code"] == "some_failed" and "2 of 3" in answer.error["message"]
    refused, taken, unknown = answer.lines
    assert refused["message"] == str(bad) and refused["error"]["code"] == "still_refused"
    assert (taken["id"], taken["state"], taken["changed"]) == (fixed, "applied", True)
    assert unknown["error"]["code"] == "unknown_request"
    other = bench("redrive", str(fixed), str(bad), "--json", "--as", "bo", "--key", key)
    assert other.code == 8 and other.error["code"] == "key_reused"


def test_what_is_discarded_is_off_the_list_and_kept_with_who_and_why(bench: Bench) -> None:
    number, _ = bench.refused()
    assert bench("discard", str(number), "--why", "no", "--json").code == 3
    assert bench("discard", str(number)).code == 2
    gone = bench("discard", str(number), "--why", "A test of ours.", "--as", "Bo", "--json")
    assert gone.code == 0 and (gone.json["state"], gone.json["changed"]) == ("discarded", True)
    assert (gone.json["discarded"]["by"], gone.json["discarded"]["why"]) == ("Bo", "A test of ours.")
    again = bench("discard", str(number), "--why", "Again.", "--as", "cy")
    assert again.code == 0 and "A test of ours. (already so)" in again.out
    assert number not in [line["id"] for line in bench("list", "--json").lines]
    line = next(line for line in bench("list", "--all").out.splitlines() if line.split()[0] == str(number))
    assert "discarded" in line and "A test of ours." in line
    assert "discarded  by Bo at " in bench("show", str(number)).out
    assert bench("discard", "999999999", "--why", "Not there.").code == 4
    assert bench("show", "0").code == 2 and bench("redrive").code == 2


@pytest.mark.parametrize(
    ("value", "written", "read"),
    [
        (b"\x00\xff \x1b]52;c;eA==\x07", "\\x00\\xff \\x1b]52;c;eA==\\x07", "value          no JSON object"),
        (b'{"half": "\\ud800", "hostile": "\\u001b]52"}', '{"half"', "  half           \ufffd"),
        (b"[" * 90_000, "[[[", "value          no JSON object"),
        (None, "", "value          no JSON object"),
    ],
    ids=["no text", "half a character", "deep", "empty"],
)
def test_hostile_bytes_are_shown_and_reach_no_terminal(
    bench: Bench, value: bytes | None, written: str, read: str
) -> None:
    where, headers = int(secrets.token_hex(4), 16), [("ce_subject", b"\x1b]52;c;eA==\x07"), ("\u202e", b"\xff")]
    bad = Judged(Record("a topic", 0, where, b"\x1b", headers, value, None), became="quarantined", reason="\x9bhostile")
    store = Store(bench.stack.endpoints("manager").database_url, MANAGER)
    with store.transaction() as transaction:
        transaction.inbox.record([incoming(bad, "/paydesk/contractor", "an id", store.now())])
    store.close()
    listed = bench("list", "--json").lines[0]
    assert listed["where"] == f"a topic/0/{where}" and (listed["value"] or "").startswith(written)
    plain = bench("list").out + bench("show", str(listed["id"])).out
    assert not any(mark in plain for mark in ("\x1b", "\x9b", "\u202e", "\x07", "\ud800")) and read in plain


def test_the_contractors_side_has_the_same_commands(bench: Bench) -> None:
    assert bench.paydesk("contractor", "quarantine", "list", "--all", "--json").code == 0
    missing = bench.paydesk("contractor", "quarantine", "redrive", "999999999", "--json")
    assert missing.code == 4 and "no message 999999999" in missing.error["message"]
