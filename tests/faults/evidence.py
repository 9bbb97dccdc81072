"""What the judge goes by besides the tables: what lies on the topics, and what people were told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, TopicPartition

from tests.faults.journal import lines

PLUMBING = ("paydesk.digest.v1", "paydesk.resync_requested.v1")


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it lies on a topic."""

    offset: int
    id: str
    type: str
    request: str
    command: str
    version: int
    outcome: str


def events(kafka: Mapping[str, str], topic: str) -> list[Message]:
    """Return every event on a topic; what is none is left out."""
    messages = []
    for offset, headers, value in raw(kafka, topic):
        kind = headers.get("ce_type", b"").decode(errors="replace")
        if kind in PLUMBING:
            continue
        try:
            fields = json.loads(value or b"")
            values = (fields["id"], fields["command_id"], fields["version"], fields.get("outcome", ""))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        messages.append(Message(offset, headers.get("ce_id", b"").decode(errors="replace"), kind, *values))
    return messages


def raw(kafka: Mapping[str, str], topic: str) -> Iterator[tuple[int, dict[str, bytes], bytes | None]]:
    """Yield offset, headers and value of everything on a topic, in order."""
    conf = {**kafka, "group.id": "paydesk.checker", "enable.auto.commit": False, "enable.partition.eof": True}
    client = Consumer({**conf, "auto.offset.reset": "earliest", "fetch.wait.max.ms": 10, "log_level": 0})
    try:
        client.list_topics(topic, timeout=20)
        client.assign([TopicPartition(topic, 0, 0)])
        while True:
            first = client.poll(10)
            if first is None:
                raise RuntimeError(f"{topic} cannot be read")
            for message in (first, *client.consume(1000, 0)):
                error = message.error()
                if error is None:
                    pairs = cast("list[tuple[str, bytes | None]]", message.headers() or [])
                    headers = {name: value or b"" for name, value in pairs}
                    yield message.offset() or 0, headers, message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                else:
                    raise RuntimeError(error.str())
    finally:
        client.close()


def answers(files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Return what was asked, by the command's key: its last answer, and how often it came again after it was done."""
    known: dict[str, dict[str, Any]] = {}
    for file in files:
        for line in lines(file):
            answer = known.setdefault(line["key"], {"again": 0, "fact": "asked"})
            if line["fact"] == "again" and answer["fact"] == "done":
                answer["again"] += 1
            if line["fact"] in ("again", "unknown") and answer["fact"] in ("done", "refused", "contradicted"):
                continue
            if answer["fact"] in ("done", "refused") and line["fact"] != answer["fact"]:
                line = {**line, "fact": "contradicted", "was": answer["fact"]}
            answer.update(line)
    return known
