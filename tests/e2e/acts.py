"""What people do on the desks, key by key, and what the tests read behind them."""

import re
import subprocess
from typing import Any

from paydesk.stack.embedded import environment
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal

HEALTHY = "✓ Kafka lag 0"


def opened(site: Site, role: str, *arguments: str, columns: int = 80, rows: int = 24, **env: str) -> Terminal:
    """Open a desk, and wait until it is at work or stands by."""
    desk = site.desk(role, *arguments, columns=columns, rows=rows, **env)
    desk.until(lambda: desk.line_with("✓ Kafka") and desk.line_with("✓ live"), expected="a desk at work")
    return desk


def fill(desk: Terminal, **fields: str) -> None:
    """Type into the fields of an open form; what stood in them is replaced."""
    names = ("amount", "currency", "description", "reference", "due_date", "document", "pay_to")
    for name in names:
        if name in fields:
            desk.press("end", "^u", *fields[name], pause_s=0.01)
        desk.press("tab", pause_s=0.02)


def ask(desk: Terminal, amount: str, currency: str, description: str, **fields: str) -> str:
    """Ask for a payment with the form; returns the number it got."""
    desk.press("n")
    desk.see("You ask for")
    fill(desk, amount=amount, currency=currency, description=description, **fields)
    desk.press("^s")
    number = desk.see("asks for").split()[0]
    if not number.startswith("PR-"):
        # Asked before this side's first check was done: the number comes a moment later.
        number = next(word for word in desk.see("PR-", description[:12]).split() if word.startswith("PR-"))
    return number


def own_row(desk: Terminal, number: str, signs: str = "[ ┃][ ▸]") -> int | None:
    """Return the line of the screen with a request's own row, or None: others may name it too, if they look alike."""
    own = re.compile(rf"{signs} {re.escape(number)}\b")
    return next((place for place, line in enumerate(desk.lines) if own.match(line)), None)


def cursor_on(desk: Terminal, number: str) -> bool:
    """Whether the cursor is on this request."""
    return own_row(desk, number, "[ ┃]▸") is not None


def see_cursor_on(desk: Terminal, number: str) -> None:
    """Wait until the cursor is on this request."""
    desk.until(lambda: cursor_on(desk, number), expected=f"the cursor on {number}")


def put_cursor_on(desk: Terminal, number: str) -> None:
    """Move the cursor to a request; a second click on its row would open it."""
    desk.until(lambda: own_row(desk, number), expected=number)
    desk.still()  # The counts above the list may still take a line from it.
    if not cursor_on(desk, number):
        desk.click(own_row(desk, number) or 0, 10)
    see_cursor_on(desk, number)


def registers(site: Site, role: str, request_id: str) -> dict[str, Any]:
    """Return both registers of a request as a side's schema holds them."""
    columns = (
        "request_version, revision, withdrawal_asked, terms_hash, decision_version, outcome, rejected_upto,"
        " decided_revision, decided_terms_hash, decided_by, cause_code, cause_note, status"
    )
    rows = site.look(role).sql(f"SELECT {columns} FROM payment_request WHERE id = %s", [request_id])
    return dict(zip(columns.split(", "), rows[0], strict=True)) if rows else {}


def kafka_login(site: Site, role: str) -> dict[str, Any]:
    """Return the librdkafka settings of a role's login."""
    env = environment(site.home, role)
    return {
        "bootstrap.servers": env["KAFKA_BOOTSTRAP_SERVERS"],
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": env["KAFKA_USERNAME"],
        "sasl.password": env["KAFKA_PASSWORD"],
    }


def messages_on(site: Site, role: str, topic: str) -> list[tuple[str, dict[str, bytes], bytes]]:
    """Return key, headers and value of every message on a topic, read with a role's login."""
    from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

    own = {"group.id": f"paydesk.{role}", "enable.auto.commit": False}
    consumer = Consumer(kafka_login(site, role) | own)
    try:
        end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=20)[1]
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        messages: list[tuple[str, dict[str, bytes], bytes]] = []
        while consumer.position([TopicPartition(topic, 0)])[0].offset < end:
            message = consumer.poll(1)
            if message is not None and message.error() is None:
                key, headers = message.key() or b"", dict(message.headers() or [])
                messages.append((key.decode(errors="replace"), headers, message.value() or b""))
        return messages
    finally:
        consumer.close()


def published_on(site: Site, role: str, topic: str) -> list[tuple[str, str]]:
    """Return key and type of every message on a topic, read with a role's login."""
    return [(key, headers.get("ce_type", b"").decode()) for key, headers, _ in messages_on(site, role, topic)]


def failed(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Hold a command line to its exit code and to the words of its error."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    for word in words:
        assert word in done.stderr, done.stderr
