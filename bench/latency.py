"""``python bench/latency.py``: a decision until the other side's desk hears of it and has painted it.

A manager's side and a contractor's desk in a pseudo-terminal, both with their workers, on real servers.
Each round measures, one after the other and with a rest between them:

- the bare pipeline in two processes: commit, produce and flush; consume, insert and commit, PUBLISH; and a subscriber
  sees it;
- an approval of paydesk, from its commit to the hint on the contractor's channel, and from that to the end of the frame
  that shows it in its row;
- an empty Textual application that hears a message through Redis and paints one line, from what a subscriber beside it
  hears to the end of the frame.
"""

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import redis
from commands import approvals
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from pipeline import TABLES
from ratios import Goal, Ratio, arguments, percentile, report
from sites import LOG, PATIENCE_S, Site, site, until
from terminals import Terminal, desk

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import Approve
from paydesk.manager.role import ROLE as MANAGER

HERE = Path(__file__).parent
TOPIC, CHANNEL, DESK_CHANNEL = "floor", "floor", "floor-desk"
BODY = "x" * 900
BATCH = 20
"""So many requests are asked for at a time: all of them stand on the screen of the desk."""
REST_S = (0.12, 0.3)
"""A desk is at rest that painted nothing for so long; the length differs, so that no turn of a clock is always met."""
_LISTENING_S = 0.01
PIPELINE, LINE = "the bare pipeline", "an empty application that paints one line"


@dataclass
class Times:
    """What was measured in turn, in milliseconds."""

    pipeline: list[float] = field(default_factory=list)
    hint: list[float] = field(default_factory=list)
    line: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)


class Subscriber:
    """Hears a channel of Redis."""

    def __init__(self, url: str, channel: str) -> None:
        self._channel = redis.Redis.from_url(url).pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._channel.subscribe(channel)
        self.drain()

    def drain(self) -> None:
        """Forget what came so far."""
        while self._channel.get_message(timeout=0.05) is not None:
            pass

    def until(self, wanted: Callable[[str], bool]) -> float:
        """Wait for a message that is wanted; returns when it came, as ``time.perf_counter``."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            message = self._channel.get_message(timeout=1)
            if message is not None and wanted(message["data"].decode()):
                return time.perf_counter()
        raise AssertionError("the message did not come")


class Pipeline:
    """The bare way to the other side; its far half is a process of its own."""

    def __init__(self, place: Site) -> None:
        self._kafka: dict[str, Any] = {**place.kafka.conf("stack")}
        quiet = {**self._kafka, "logger": LOG}
        self._database = psycopg.connect(place.postgres.url("stack"))
        self._database.execute(TABLES)
        self._database.commit()
        client = AdminClient(quiet)
        if TOPIC not in client.list_topics(timeout=PATIENCE_S).topics:
            client.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(PATIENCE_S)
        self._producer = Producer({**quiet, "acks": "all", "enable.idempotence": True, "linger.ms": 0})
        self._subscriber = Subscriber(place.valkey.url("stack"), CHANNEL)
        self._far = subprocess.Popen(
            [sys.executable, HERE / "pipeline.py", TOPIC, CHANNEL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        address = {"database": place.postgres.url("stack"), "redis": place.valkey.url("stack"), "kafka": self._kafka}
        assert self._far.stdin is not None and self._far.stdout is not None
        self._far.stdin.write(json.dumps(address))
        self._far.stdin.close()
        assert self._far.stdout.readline() == "ready\n"

    def once(self) -> float:
        """Return the milliseconds from a commit until a subscriber hears of it."""
        key = str(uuid4())
        with self._database.transaction():
            self._database.execute("INSERT INTO floor_own VALUES (%s, %s)", [key, BODY])
            self._database.execute("INSERT INTO floor_outbox VALUES (%s, %s)", [key, BODY])
        committed = time.perf_counter()
        self._producer.produce(TOPIC, BODY.encode(), key.encode())
        self._producer.flush()
        at = self._subscriber.until(lambda heard: heard == key)
        with self._database.transaction():
            self._database.execute("UPDATE floor_outbox SET published_at = now() WHERE id = %s", [key])
        return (at - committed) * 1000

    def close(self) -> None:
        """End the far half."""
        self._far.terminate()
        self._far.wait()
        self._database.close()


class Line:
    """An empty application that paints what comes through Redis."""

    def __init__(self, place: Site, terminal: Terminal) -> None:
        self._terminal = terminal
        self._client = redis.Redis.from_url(place.valkey.url("stack"))
        self._subscriber = Subscriber(place.valkey.url("stack"), DESK_CHANNEL)

    def once(self) -> float:
        """Return the milliseconds from a message until its frame."""
        text = f"message {uuid4()}"
        self._terminal.forget()
        # As a hint comes: from elsewhere, while the subscriber waits for it.
        threading.Timer(_LISTENING_S, self._client.publish, [DESK_CHANNEL, text]).start()
        at = self._subscriber.until(lambda heard: heard == text)
        return (self._terminal.frame_with(text) - at) * 1000


class Decisions:
    """The manager's side, and the contractor's desk that shows what becomes of its requests."""

    def __init__(self, place: Site, manager: "subprocess.Popen[str]", terminal: Terminal) -> None:
        self._place, self._manager, self._terminal = place, manager, terminal
        self._hints = Subscriber(place.valkey.url("stack"), CONTRACTOR.channel)

    def ready(self, count: int) -> list[tuple[Approve, str]]:
        """Return so many approvals with the numbers of their requests, which are on the screen."""
        commands = approvals(self._place, count)
        numbers = self._numbers([command.id for command in commands])
        newest = max(numbers.values(), key=lambda number: int(number.removeprefix("PR-")))
        self._terminal.press("g")
        self._terminal.until_painted(newest)
        return [(command, numbers[command.id]) for command in commands]

    def _numbers(self, ids: list[UUID]) -> dict[UUID, str]:
        wanted = "SELECT id, number FROM manager.payment_request WHERE id = ANY(%s) AND number IS NOT NULL"
        with self._place.admin() as admin:
            until(lambda: len(admin.execute(wanted, [ids]).fetchall()) == len(ids))
            return dict(admin.execute(wanted, [ids]).fetchall())

    def once(self, command: Approve, number: str) -> tuple[float, float]:
        """Approve; returns the milliseconds from the commit to the hint, and from the hint to the frame."""
        self._hints.drain()
        self._terminal.forget()
        decision = {"id": str(command.id), "revision": command.revision, "terms_hash": command.terms_hash}
        print(json.dumps(decision), file=self._manager.stdin, flush=True)
        at = self._hints.until(lambda heard: _tells_of(heard, command.id))
        assert self._manager.stdout is not None
        committed = float(self._manager.stdout.readline())
        painted = self._terminal.frame_with(number, "accepted")
        return (at - committed) * 1000, (painted - at) * 1000


def _tells_of(hint: str, request_id: UUID) -> bool:
    ids = json.loads(hint)["ids"]
    return ids is None or str(request_id) in ids


@contextmanager
def deciding(place: Site) -> Iterator["subprocess.Popen[str]"]:
    """Start the manager's side, at work; it ends with its input."""
    program = [sys.executable, str(HERE / "deciding.py"), str(place.home)]
    with subprocess.Popen(program, env=place.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "working\n"
        yield process
        process.stdin.close()


@contextmanager
def parts(place: Site) -> Iterator[tuple[Pipeline, Decisions, Line]]:
    """Start all that is measured."""
    with ExitStack() as ends:
        for role in (CONTRACTOR, MANAGER):
            place.migrate(role)
        manager = ends.enter_context(deciding(place))
        contractor = ends.enter_context(Terminal(desk("contractor", "--as", "ada"), place.env))
        contractor.until_painted("Kafka lag 0")
        url = {"FLOOR_URL": place.valkey.url("stack")}
        program = [sys.executable, str(HERE / "empty_desk.py"), DESK_CHANNEL]
        empty = ends.enter_context(Terminal(program, place.env | url))
        empty.until_painted("listening")
        pipeline = ends.enter_context(closing(Pipeline(place)))
        yield pipeline, Decisions(place, manager, contractor), Line(place, empty)


def measure(turns: int, rounds: int) -> Iterator[Ratio]:
    """Measure in turns, each of so many rounds."""
    chance = random.Random(36)
    all_times = [Times() for _ in range(turns)]
    with site() as place, parts(place) as (pipeline, decisions, line):
        pipeline.once(), line.once()  # The first of each connects.
        decisions.once(*decisions.ready(1)[0])
        for times in all_times:
            for begin in range(0, rounds, BATCH):
                for command, number in decisions.ready(min(BATCH, rounds - begin)):
                    times.pipeline.append(pipeline.once())
                    time.sleep(chance.uniform(*REST_S))
                    hint, painted = decisions.once(command, number)
                    times.hint.append(hint)
                    times.painted.append(painted)
                    time.sleep(chance.uniform(*REST_S))
                    times.line.append(line.once())
                    time.sleep(chance.uniform(*REST_S))
    goals = {50: (Goal(2, 1.5), Goal(2, 1.5)), 99: (Goal(4, 3), Goal(3, 2))}
    for percent, (hint_goal, painted_goal) in goals.items():
        hints = [(percentile(times.pipeline, percent), percentile(times.hint, percent)) for times in all_times]
        yield Ratio.of(f"commit to hint, p{percent}", "ms", PIPELINE, hints, hint_goal)
        frames = [(percentile(times.line, percent), percentile(times.painted, percent)) for times in all_times]
        yield Ratio.of(f"hint to painted, p{percent}", "ms", LINE, frames, painted_goal)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=80, help="of each turn")
    given = parser.parse_args()
    if given.quick:
        given.turns, given.rounds = 1, 3
    report(measure(given.turns, given.rounds), given.json)


if __name__ == "__main__":
    main()
