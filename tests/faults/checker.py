"""The judge: reads both schemas by plain SQL and both topics by a plain consumer, and knows nothing of the program.

It is told what people were answered, and says what became of it. Not a line of the product is imported here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.evidence import Message, answers, events

TOPICS = {"contractor": "paydesk.contractor.requests.v1", "manager": "paydesk.manager.decisions.v1"}
OTHER = {"contractor": "manager", "manager": "contractor"}
_COPY = """
SELECT id, request_version, number, contractor, requested_at, revision, amount_minor, currency, exponent, description,
reference, due_date, document, pay_to, terms_hash, withdrawal_asked, request_hash, decision_version, outcome,
rejected_upto, cause_code, cause_note, decided_revision, decided_amount_minor, decided_terms_hash, decided_by,
decided_at, decision_hash, status, standing_amount_minor,
locked OR peer_locked_at IS NOT NULL AS locked FROM {0}.payment_request
"""
_DIFFERS = "SELECT id FROM (({0} EXCEPT {1}) UNION ({1} EXCEPT {0})) AS differing GROUP BY id"
_SHOWN = 5


@dataclass
class Verdict:
    """What was found; the lists hold a sentence each."""

    accepted: int = 0
    refused: int = 0
    undone: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    absorbed: int = 0
    """Messages that lie on a topic again, or that a reader had before the topic was made anew; commands given again."""

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return not (self.lost or self.doubled or self.diverged)

    def summary(self) -> str:
        """Return what is wrong, shortened."""
        lines = [f"{len(wrong)} {kind}: {'; '.join(wrong[:_SHOWN])}" for kind, wrong in self._wrong() if wrong]
        return "\n".join(lines) or "all well"

    def _wrong(self) -> Iterable[tuple[str, list[str]]]:
        return (("lost", self.lost), ("doubled", self.doubled), ("diverged", self.diverged))


@dataclass
class Checker:
    """Judges one pair of schemas, by an administrator's connection, and one pair of topics."""

    database: psycopg.Connection[Any]
    kafka: Mapping[str, str]

    def judge(self, journals: Mapping[str, Iterable[Path]], excused: frozenset[str] = frozenset()) -> Verdict:
        """Return what became of everything that people were told; ``excused`` commands went with a lost schema."""
        verdict, published = Verdict(), {role: events(self.kafka, TOPICS[role]) for role in journals}
        for role, files in journals.items():
            answered = answers(files)
            messages = published[role]
            self._commands(verdict, role, answered, excused)
            self._events(verdict, role, messages)
            self._finals(verdict, messages)
            verdict.absorbed += self._again(role, answered, messages)
        self._copies(verdict, published)
        return verdict

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a query."""
        return self.database.execute(query, values).fetchall()

    def _commands(
        self, verdict: Verdict, role: str, answered: Mapping[str, dict[str, Any]], excused: frozenset[str]
    ) -> None:
        """What was answered done is said once; what was refused, undone or changed nothing is not said."""
        published: defaultdict[str, list[str]] = defaultdict(list)
        for command, event in self.rows(f"SELECT command_id, id::text FROM {role}.outbox WHERE NOT beaten"):
            published[command].append(event)
        undone = {line["of"] for line in answered.values() if line["word"] == "undo" and line["fact"] == "done"}
        for key, line in answered.items():
            effects, word = published.get(key, []), f"{role} {line['word']} {key}"
            if line["fact"] == "refused" and effects:
                verdict.doubled.append(f"{word} was refused ({line['code']}) and has an effect")
            if line["fact"] == "refused":
                verdict.refused += 1
            if line["fact"] == "contradicted" and key not in excused:
                verdict.doubled.append(f"{word} was {line['was']}, and not so when it was given again")
            if line["fact"] not in ("done", "refused", "contradicted"):
                verdict.lost.append(f"{word} never had an answer")
            if line["fact"] != "done" or key in excused:
                continue
            verdict.accepted += 1
            if line["word"] == "undo" or key in undone or not line["changed"]:
                verdict.undone += key in undone
                if effects:
                    verdict.doubled.append(f"{word} was undone or changed nothing, and is said")
            elif not effects:
                verdict.lost.append(f"{word} was answered done and is not there")
            elif len(effects) > 1:
                verdict.doubled.append(f"{word} has {len(effects)} events")

    def _events(self, verdict: Verdict, role: str, messages: list[Message]) -> None:
        """Every event is acknowledged, lies where it is said to, and was recorded on the other side; none is twice."""
        places = {message.offset: message.id for message in messages}
        query = f"SELECT event_id FROM {OTHER[role]}.inbox WHERE source = %s AND became IN ('applied', 'stale')"
        heard = {event for (event,) in self.rows(query, f"/paydesk/{role}")}
        outbox = f"SELECT id::text, kafka_offset, published_at IS NOT NULL FROM {role}.outbox WHERE NOT beaten"
        for event, offset, sent in self.rows(outbox):
            if not sent:
                verdict.lost.append(f"{role} event {event} is not acknowledged")
            elif places.get(offset) != event:
                verdict.lost.append(f"{role} event {event} is marked as sent at {offset}, and is not there")
            elif event not in heard:
                verdict.lost.append(f"{role} event {event} was not recorded on the other side")
        twice = f"SELECT request_id, version FROM {role}.outbox WHERE NOT beaten GROUP BY 1, 2 HAVING count(*) > 1"
        verdict.doubled += [
            f"{role} said version {version} of {request} twice" for request, version in self.rows(twice)
        ]
        if role == "contractor":
            numbers = (
                "SELECT number FROM contractor.payment_request GROUP BY 1 HAVING count(*) > 1 AND number IS NOT NULL"
            )
            verdict.doubled += [f"number {number} was given twice" for (number,) in self.rows(numbers)]
            missing = "SELECT id FROM contractor.payment_request WHERE number IS NULL"
            verdict.lost += [f"request {request} has no number" for (request,) in self.rows(missing)]

    def _finals(self, verdict: Verdict, messages: list[Message]) -> None:
        """No final outcome that was published is followed by another."""
        first: dict[str, str] = {}
        for message in messages:
            final = message.outcome in ("accepted", "withdrawn")
            if final and first.setdefault(message.request, message.outcome) != message.outcome:
                verdict.diverged.append(f"the published outcome of {message.request} flipped")

    def _copies(self, verdict: Verdict, published: Mapping[str, list[Message]]) -> None:
        """Both copies are equal, and what the topics say last."""
        mine, theirs = (_COPY.format(role) for role in TOPICS)
        verdict.diverged += [f"{request} differs" for (request,) in self.rows(_DIFFERS.format(mine, theirs))]
        locked = "SELECT id FROM contractor.payment_request WHERE locked OR peer_locked_at IS NOT NULL"
        verdict.diverged += [f"{request} is locked" for (request,) in self.rows(locked)]
        for role, column in (("contractor", "request_version"), ("manager", "decision_version")):
            own = set(self.rows(f"SELECT id::text, kafka_offset FROM {role}.outbox"))
            newest: Counter[str] = Counter()
            for message in (message for message in published[role] if (message.id, message.offset) in own):
                newest[message.request] = max(newest[message.request], message.version)
            for reader in TOPICS:
                held = self.rows(f"SELECT id::text, coalesce({column}, 0) FROM {reader}.payment_request")
                for request, version in held:
                    if version != newest[request]:
                        verdict.diverged.append(
                            f"{reader} holds version {version} of {request}, {role} said {newest[request]}"
                        )

    def _again(self, role: str, answered: Mapping[str, dict[str, Any]], messages: list[Message]) -> int:
        """Return how many messages and commands came again, and had no second effect."""
        topic = self.rows(f"SELECT topic_id FROM {role}.meta LIMIT 1")
        ids = {message.id for message in messages}
        query = f"SELECT event_id FROM {OTHER[role]}.inbox WHERE source = %s AND topic_id <> %s"
        before = {event for (event,) in self.rows(query, f"/paydesk/{role}", topic[0][0] if topic else "")}
        again = sum(int(line["again"]) for line in answered.values() if line["fact"] == "done")
        return len(messages) - len(ids) + len(ids & before) + again
