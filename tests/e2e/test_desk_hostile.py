"""Hostile text through form, command line and a foreign producer: refused or quarantined, none in a terminal."""

import json
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from paydesk.cli.main import run
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.money import Money
from paydesk.domain.payment_request import Terms
from tests.e2e.acts import ask, kafka_login, messages_on, opened
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal
from tests.e2e.texts import foreign_in, honest, hostile

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def paste_raw(desk: Terminal, text: str) -> None:
    desk.write(b"\x1b[200~" + text.encode("utf-8", "surrogatepass") + b"\x1b[201~")


def nothing_foreign_in(desk: Terminal) -> None:
    """Look again while something is: the bytes may end within a sequence that the screen is just writing."""
    desk.until(lambda: not foreign_in(desk.raw), expected="bytes without a foreign sequence")


def test_the_form_refuses_300_hostile_texts(site: Site) -> None:
    desk = opened(site, "contractor")
    desk.press("n")
    desk.see("You ask for")
    desk.press(*"10", "tab", *"EUR", "tab", "^s")
    desk.see("✗ Write the description.")
    refused = 0
    for text in hostile():
        desk.press("end", "^u", pause_s=0)
        desk.see("✗ Write the description.")
        paste_raw(desk, text)
        desk.press("^s", pause_s=0)
        desk.see("✗ The description")
        refused += 1
    assert refused == 300
    nothing_foreign_in(desk)
    desk.press("end", "^u")
    paste_raw(desk, "Honest after all")
    desk.press("^s")
    desk.see("asks for 10.00 EUR")
    assert [row["description"] for row in site.rows("contractor")] == ["Honest after all"]


def test_the_command_line_refuses_300_hostile_texts(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    before = len(site.rows("contractor"))
    codes = []
    for place, text in enumerate(hostile()):
        options = ([], ["--reference", text], ["--pay-to", text], ["--as", text])[place % 4]
        codes.append(run(["contractor", "request", "10", "EUR", text if not options else "Honest", *options]))
        out, err = capsys.readouterr()
        assert out == "" and len(err) > 20 and "Traceback" not in err
        assert foreign_in(err.replace("\n", "\r\n").encode("utf-8", "surrogatepass")) == []
    assert codes == [3] * 300
    for text in hostile()[:: 300 // 12]:
        if "\x00" not in text:  # The system itself refuses NUL in an argument.
            done = site.run("contractor", "request", "10", "EUR", text.encode("utf-8", "surrogatepass"), check=False)
            assert done.returncode == 3 and "Traceback" not in done.stderr, (text, done.stderr)
    assert len(site.rows("contractor")) == before


def forged(like: dict[str, Any], text: str, place: int) -> tuple[str, dict[str, Any]]:
    """Return the id and the value of a request that is right in everything but one text."""
    request_id = str(uuid7())
    terms, field = like["terms"], ("description", "reference", "pay_to", "contractor", "number", "actor")[place % 6]
    value = like | {"id": request_id, "command_id": str(uuid7())}
    if field in ("contractor", "number", "actor"):
        return request_id, value | {field: text}
    changed = terms | {field: text}
    money = Money(changed["amount_minor"], changed["currency"], changed["exponent"])
    try:
        digest = Terms(money, changed["description"], changed["reference"], None, None, changed["pay_to"]).hash
    except UnicodeEncodeError:
        digest = like["terms_hash"]  # A lone surrogate has no bytes that could be hashed.
    return request_id, value | {"terms": changed, "terms_hash": digest}


def test_a_foreign_producer_with_the_rightful_login_is_quarantined(site: Site) -> None:
    from confluent_kafka import Producer

    contractor, manager = opened(site, "contractor"), opened(site, "manager")
    number = ask(contractor, "20", "EUR", "Said by the rightful writer")
    manager.see(number)
    before = len(site.lines("manager", "quarantine", "list"))
    _, headers, body = next(
        message for message in messages_on(site, "contractor", CONTRACTOR.writes) if number.encode() in message[2]
    )
    like = json.loads(body)
    producer = Producer(kafka_login(site, "contractor") | {"batch.num.messages": 1})
    for place, text in enumerate(hostile()):
        request_id, value = forged(like, text, place)
        own = headers | {"ce_id": str(uuid7()).encode(), "ce_subject": request_id.encode()}
        producer.produce(CONTRACTOR.writes, json.dumps(value).encode(), request_id.encode(), headers=list(own.items()))
        producer.poll(0)
    assert producer.flush(30) == 0
    later = ask(contractor, "21", "EUR", "Arrives after all of them")
    manager.see(later, "Arrives after all of them")
    manager.see("in quarantine")
    quarantined = site.lines("manager", "quarantine", "list")
    assert len(quarantined) - before == 300
    assert {row["became"] for row in quarantined} == {"quarantined"}
    shown = site.run("manager", "quarantine", "list").stdout
    assert foreign_in(shown.replace("\n", "\r\n").encode()) == []
    assert {row["number"] for row in site.rows("manager")} >= {number, later}
    assert all(UUID(row["id"]) for row in site.rows("manager"))
    for desk in (contractor, manager):
        assert desk.child.isalive()
        nothing_foreign_in(desk)


def test_honest_texts_come_back_unchanged(site: Site) -> None:
    desk = opened(site, "contractor", columns=120, rows=36)
    texts = honest()
    for amount, text in enumerate(texts[:16], start=30):
        desk.press("n")
        desk.see("You ask for")
        desk.press("end", "^u", *str(amount), "tab", "end", "^u", *"EUR", "tab", pause_s=0.02)
        paste_raw(desk, text)
        desk.press("^s")
        desk.see(f"asks for {amount}.00 EUR")
        desk.see(f"{amount}.00 EUR", "pending")
    for text in texts[16:32]:
        site.run("contractor", "request", "--", "30", "EUR", text)
    for role in ("contractor", "manager"):
        came = {row["description"] for row in site.rows(role)}
        assert came >= set(texts[:32]), set(texts[:32]) - came
    nothing_foreign_in(desk)
