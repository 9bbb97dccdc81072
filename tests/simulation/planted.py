"""Bugs that the simulation must find: each replaces a few lines in a copy of the program, never in the program."""

import shutil
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"


@dataclass(frozen=True, slots=True)
class Bug:
    """One planted bug: in ``file`` below ``paydesk``, ``right`` becomes ``wrong``."""

    name: str
    file: str
    right: str
    wrong: str
    losses: bool = False
    """It is found in runs in which a store is lost."""
    seed: int = 1
    """From which run on it is looked for: one from which its story is short."""


BUGS = (
    Bug(
        "a schema that is not the topic's sends",
        "infra/engine/relay.py",
        "            self._refuse_copy()\n",
        "",
    ),
    Bug(
        "a command on a schema that is not the topic's",
        "infra/core/execute.py",
        "        refuse_copy(transaction.schema, store.role.name)\n",
        "",
    ),
    Bug(
        "position moved before the apply",
        "infra/engine/inbox.py",
        "            applied = take_in(transaction, self.role, self.apply, batch, now)\n",
        "            for place, position in ((r.record.place, Position(self.places[r.record.place].topic_id,"
        " r.record.offset + 1)) for r in batch):\n"
        "                transaction.inbox.move(place, self.places[place].known, position)\n"
        "                self.places[place].known = position\n"
        "        reach('C2')\n"
        "        with self.store.transaction() as transaction:\n"
        "            applied = take_in(transaction, self.role, self.apply, batch, now)\n",
    ),
    Bug(
        "marked as sent before the acknowledgement",
        "infra/engine/relay.py",
        "        acks = self.writer.append(events, self._keep)\n",
        "        from paydesk.infra.core.records import Ack\n"
        "        with self.store.transaction() as transaction:\n"
        "            transaction.outbox.mark_sent(topic_id, [Ack(event.id, 0, 0, None) for event in events])\n"
        "        acks = self.writer.append(events, self._keep)\n",
    ),
    Bug(
        "a repeated command not recognised",
        "infra/core/execute.py",
        "        return self.known is None\n",
        "        return True\n",
    ),
    Bug(
        "withdrawal confirmed outside of the apply",
        "infra/engine/inbox.py",
        "            applied = take_in(transaction, self.role, self.apply, batch, now)\n",
        "            from paydesk.infra.core.apply import apply_registers\n"
        "            alone = lambda transaction, _, batch, now: apply_registers(transaction, batch, now)\n"
        "            applied = take_in(transaction, self.role, alone, batch, now)\n",
    ),
    Bug(
        "withdrawal forgotten by an undo",
        "manager/commands.py",
        "    confirm_withdrawals(transaction, store.role, [command.id], store.now())\n",
        "",
        seed=700,
    ),
    Bug(
        "undo after the release",
        "manager/commands.py",
        "    if not transaction.holds.take_back(command.id, decision.version):\n",
        "    from dataclasses import replace\n"
        "    held = next((s for s in transaction.tables.outbox.values() if s.event.request_id == command.id"
        " and s.event.previous is not None), None)\n"
        "    if held is not None and held.event.hold_until is None:\n"
        "        transaction.tables.own('outbox')[held.event.id] = replace(held,"
        " event=replace(held.event, hold_until=transaction.now()))\n"
        "    if not transaction.holds.take_back(command.id, decision.version):\n",
    ),
    Bug(
        "a hold cleared without a commit",
        "infra/engine/relay.py",
        "            events = transaction.outbox.unsent(MOST_EVENTS, list(self._large))\n",
        "            before = dict(transaction.tables.outbox)\n"
        "            transaction.holds.release(None)\n"
        "            events = transaction.outbox.unsent(MOST_EVENTS, list(self._large))\n"
        "            transaction.tables.own('outbox').update(before)\n",
        seed=440,
    ),
    Bug(
        "reading goes on after a message too many",
        "infra/engine/inbox.py",
        "position.next_offset if position and position.topic_id == topic_id else None",
        "position.next_offset + 1 if position and position.topic_id == topic_id else None",
    ),
    Bug(
        "an event of the other side decided again",
        "infra/core/apply.py",
        "            newest[request_id] = received\n",
        "            if head.outcome in FINAL:\n                continue\n            newest[request_id] = received\n",
    ),
    Bug(
        "what is not on the screen decided",
        "domain/commands.py",
        "    if (command.revision, command.terms_hash) != (request.revision, request.terms.hash):\n",
        "    if command.revision > request.revision:\n",
        seed=150,
    ),
    Bug(
        "a refused command leaves its event",
        "contractor/commands.py",
        "    if register is None:\n        return False\n    _write(",
        "    if register is None:\n        register = row.request\n    _write(",
    ),
    Bug(
        "relay before the first check",
        "infra/engine/relay.py",
        "            known = self._check(identity)\n",
        "            self._checked = True\n",
        losses=True,
    ),
    Bug(
        "own events of a lost schema not imported",
        "infra/recovery/topic_check.py",
        "    imported = import_unknown(store, role, topic_id, unknown, beat)\n",
        "    imported = 0\n",
        losses=True,
    ),
    Bug(
        "what was acknowledged on an older topic not sent again",
        "infra/recovery/topic_check.py",
        "        transaction.topic.forget_others(topic_id)\n",
        "        pass\n",
        losses=True,
    ),
    Bug(
        "what is gone from the topic not sent again",
        "infra/recovery/topic_check.py",
        "        return transaction.topic.unsend_missing(topic_id, partition, after, seen)\n",
        "        return 0\n",
        losses=True,
        seed=70,
    ),
    Bug(
        "no answer to a digest",
        "infra/engine/inbox.py",
        "                changed |= self._converse(self.entropy, record)\n",
        "",
        losses=True,
    ),
    Bug(
        "a number before the first check",
        "contractor/commands.py",
        "transaction.numbers.next()",
        "transaction.numbers.next() or f'PR-{1001 + len(transaction.tables.copy)}'",
        losses=True,
        seed=1165,
    ),
    Bug(
        "an outbox read by a cursor",
        "infra/engine/relay.py",
        "        self.more = len(events) == MOST_EVENTS\n",
        "        said = list(transaction.tables.outbox)\n"
        "        events = [event for event in events if said.index(event.id) > getattr(self, 'cursor', -1)]\n"
        "        self.cursor = max((said.index(event.id) for event in events), default=getattr(self, 'cursor', -1))\n"
        "        self.more = len(events) == MOST_EVENTS\n",
    ),
    Bug(
        "the same version taken for a newer one",
        "domain/events.py",
        "incoming_version > known_version",
        "incoming_version >= known_version",
    ),
    Bug(
        "withdrawal forgotten by an import",
        "infra/recovery/reimport.py",
        "            role.load_owed()(transaction, role, some, store.now())\n",
        "",
        losses=True,
        seed=1165,
    ),
    Bug(
        "a published outcome replaced by a newer version",
        "infra/core/apply.py",
        "            if head.outcome in FINAL and outcome != head.outcome and not (fault and fault.certain):\n",
        "            if False:\n",
        losses=True,
        seed=120,
    ),
    Bug(
        "the own topic verified past a gap",
        "infra/engine/relay.py",
        "    following = list(takewhile(lambda pair: pair[0] == pair[1].offset, enumerate(acks, after + 1)))\n",
        "    following = list(enumerate(acks, after + 1))\n",
        seed=4000,
    ),
    Bug(
        "a digest that makes rows",
        "infra/recovery/anti_entropy.py",
        "            asked = self._not_too_often(differ, mine, digest.buckets)\n",
        "            transaction.locks.lock(dict.fromkeys(digest.locked, ''), self.store.now())\n"
        "            asked = self._not_too_often(differ, mine, digest.buckets)\n",
    ),
    Bug(
        "an unknown hash that locks",
        "infra/recovery/anti_entropy.py",
        "            transaction.digests.note_unknown(strange)\n",
        "            transaction.locks.lock({line.id: '' for line in strange}, self.store.now())\n",
    ),
    Bug(
        "decided terms not compared",
        "contractor/handlers.py",
        "        if answered is Answers.REQUESTED:\n",
        "        if answered:\n",
    ),
    Bug(
        "a record whose reading raises",
        "infra/core/intake.py",
        '    if record.unreadable:\n        return Judged(record, became="quarantined", reason=record.unreadable)\n',
        "    if record.unreadable:\n        raise ValueError(record.unreadable)\n",
    ),
)


def plant(bug: Bug, folder: Path) -> Path:
    """Copy the program into ``folder`` with the bug in it; returns the folder to import it from."""
    copied = folder / "src"
    shutil.copytree(SOURCE, copied, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    file = copied / "paydesk" / bug.file
    text = file.read_text()
    assert text.count(bug.right) == 1, f"{bug.name}: {bug.file} has {text.count(bug.right)} such places"
    file.write_text(text.replace(bug.right, bug.wrong))
    return copied
