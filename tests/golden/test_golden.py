"""Every message that a released program wrote still decodes to the values that it had, and is still written so.

A file here is never changed, only added: `0.1.json` holds the messages of version 0.1 of every kind, with their exact
headers and bytes. Where `again` is false, another program than ours wrote it: with fields of its own, or without some.
"""

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.events import Event, EventType
from paydesk.infra.core.codec import decode, decode_own, encode
from paydesk.infra.core.control_messages import DIGEST, RESYNC, decode_control, digest_event, is_control, resync_event
from paydesk.infra.core.digest import Answer, Digest
from paydesk.infra.core.records import Record
from paydesk.infra.core.role import Role
from paydesk.manager.role import ROLE as MANAGER

Golden = dict[str, Any]
_WRITERS = {"contractor": CONTRACTOR, "manager": MANAGER}
_READERS = {"contractor": MANAGER, "manager": CONTRACTOR}
GOLDEN: list[Golden] = [
    message for file in sorted(Path(__file__).parent.glob("*.json")) for message in json.loads(file.read_text("utf-8"))
]
EVENTS = [message for message in GOLDEN if dict(message["headers"])["ce_type"] not in (DIGEST, RESYNC)]
CONTROLS = [message for message in GOLDEN if message not in EVENTS]


def record_of(message: Golden) -> Record:
    """Return a golden message as the log holds it."""
    headers = [(name, text.encode()) for name, text in message["headers"]]
    topic = _WRITERS[message["role"]].writes
    return Record(topic, 0, 0, message["key"].encode(), headers, message["value"].encode(), None)


def plain(event: Event) -> dict[str, Any]:
    """Return every value of an event as plain JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(event), default=_written))
    return plain


def plain_control(message: Digest | Answer) -> dict[str, Any]:
    """Return every value of a digest or an answer as plain JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(message), default=_written))
    return plain


def _written(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def event_of(message: Golden, role: Role, own: Role) -> tuple[Event, Event]:
    """Return the event of a message as its reader and as its writer decode it."""
    record = record_of(message)
    return (
        decode(role, record.topic, record.key, record.headers, record.value),
        decode_own(own, record.key, record.headers, record.value),
    )


def means(message: Golden) -> dict[str, Any]:
    """Return the values that a message decodes to."""
    record, reader = record_of(message), _READERS[message["role"]]
    if is_control(record):
        content = decode_control(reader, record)
        assert content is not None
        return plain_control(content)
    return plain(decode(reader, record.topic, record.key, record.headers, record.value))


def _named(message: Golden) -> str:
    name: str = message["name"]
    return name


def test_there_is_a_message_of_every_kind() -> None:
    kinds = {dict(message["headers"])["ce_type"] for message in GOLDEN}
    assert kinds == {*EventType, DIGEST, RESYNC}
    assert {message["role"] for message in CONTROLS} == {"contractor", "manager"}


@pytest.mark.parametrize("message", EVENTS, ids=_named)
def test_an_event_decodes_to_the_values_that_it_had_on_both_sides(message: Golden) -> None:
    event, own = event_of(message, _READERS[message["role"]], _WRITERS[message["role"]])
    assert plain(event) == message["means"]
    assert own == event


@pytest.mark.parametrize("message", [event for event in EVENTS if event["again"]], ids=_named)
def test_an_event_is_still_written_byte_by_byte_as_it_was(message: Golden) -> None:
    event, _ = event_of(message, _READERS[message["role"]], _WRITERS[message["role"]])
    headers, value = encode(event, _WRITERS[message["role"]].source)
    assert [list(header) for header in headers] == message["headers"]
    assert value.decode() == message["value"]
    assert isinstance(event.register, DecisionRegister) == (message["role"] == "manager")


@pytest.mark.parametrize("message", CONTROLS, ids=_named)
def test_a_digest_and_an_answer_decode_to_the_values_that_they_had(message: Golden) -> None:
    assert means(message).items() >= message["means"].items()


@pytest.mark.parametrize("message", [control for control in CONTROLS if control["again"]], ids=_named)
def test_a_digest_and_an_answer_are_still_written_byte_by_byte_as_they_were(message: Golden) -> None:
    record, role = record_of(message), _WRITERS[message["role"]]
    content, headers = decode_control(_READERS[message["role"]], record), dict(message["headers"])
    assert content is not None
    now = datetime.fromisoformat(headers["ce_time"])
    made = (
        digest_event(role, content, UUID(headers["ce_id"]), now)
        if isinstance(content, Digest)
        else resync_event(role, content, UUID(headers["ce_id"]), now)
    )
    assert ([list(header) for header in made.headers], made.value.decode()) == (message["headers"], message["value"])
