"""The load: a desk without a screen whose person gives one command after the other, and writes down every answer."""

import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg

from paydesk.cli.servers import servers_of
from paydesk.contractor.service import ContractorService
from paydesk.domain.commands import (
    Approve,
    AskWithdrawal,
    ContractorCommand,
    Decide,
    Reject,
    RequestPayment,
    RevisePayment,
    Undo,
)
from paydesk.domain.decision import checked_cause
from paydesk.domain.errors import PaydeskError
from paydesk.domain.payment_request import checked_terms
from paydesk.infra.postgres.connection import connect
from paydesk.infra.service import DeskService
from paydesk.manager.service import ManagerService
from paydesk.settings_file import read_settings
from tests.faults.control import REST, Counts, Orders
from tests.faults.journal import AGAIN, ASKED, DONE, REFUSED, UNKNOWN, Journal, answered, unanswered

HOLD_S = 1
_LOOK_S = 0.01
_AGAIN_S = 0.1
_AGAIN = 8
"""Commands of before that a desk gives again when it is opened."""
_CHECKED_WITHIN_S = 300.0
_CHECKED = (
    "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN meta m"
    " ON m.checked_by = l.pid || '/' || extract(epoch FROM a.backend_start)"
    " WHERE l.relation = 'lease_lock'::regclass AND l.mode = 'ExclusiveLock' AND l.granted"
)
_NEWEST = (
    "SELECT id FROM payment_request WHERE contractor = %s AND status = ANY(%s) ORDER BY requested_at DESC LIMIT 30"
)
_PENDING = (
    "SELECT id, revision, terms_hash FROM payment_request WHERE status = 'pending' AND NOT locked"
    " ORDER BY requested_at LIMIT 60"
)


class Person:
    """One person at one desk. A command without an answer is given again, with its key, until it has one."""

    def __init__(self, desk: DeskService, name: str, journal: Path) -> None:
        self.desk = desk
        self.name = name
        self.random = Random()
        self._unanswered = unanswered(journal)
        self._answered = self.random.sample(known := answered(journal), min(_AGAIN, len(known)))
        self._journal = Journal(journal)
        self._connection: psycopg.Connection[Any] | None = None
        self._regrets: list[tuple[float, dict[str, Any]]] = []
        """When what is to be taken back."""

    def open(self) -> None:
        """Open the desk, waiting for its servers; then give the command again that a killed predecessor left.

        And some that this one was answered: whoever forgot asks again, and nothing more may come of it. Not before
        this side's first check, as a schema that was lost knows of nothing until then.
        """
        while True:
            try:
                self.desk.open()
                break
            except PaydeskError:
                time.sleep(_AGAIN_S)
        self.desk.start(lambda _: None)
        end = time.monotonic() + _CHECKED_WITHIN_S
        while not self.rows(_CHECKED) and time.monotonic() < end:
            time.sleep(_LOOK_S)
        if self._unanswered is not None:
            self._insist(self._unanswered, AGAIN)
        for command in self._answered:
            self._insist(command, AGAIN)

    def act(self) -> None:
        """Give one command; one in thirty is given twice, as who heard nothing would."""
        if self._regrets and self._regrets[0][0] < time.monotonic():
            self._insist(self._regrets.pop(0)[1], ASKED)
        command = self.choose()
        if command is None:
            time.sleep(_LOOK_S)
            return
        command["key"] = str(uuid4())
        done = self._insist(command, ASKED)
        if done and self.random.random() < 1 / 30:
            self._insist(command, AGAIN)
        if done and command.get("hold_s") and self.random.random() < 0.4:
            regret = {"word": "undo", "id": command["id"], "of": command["key"], "key": str(uuid4())}
            self._regrets.append((time.monotonic() + HOLD_S / 2, regret))

    def choose(self) -> dict[str, Any] | None:
        """Return the next command; None when there is nothing to do."""
        raise NotImplementedError

    def perform(self, command: dict[str, Any]) -> bool:
        """Give a command; returns whether it changed anything."""
        raise NotImplementedError

    def _insist(self, command: dict[str, Any], fact: str) -> bool:
        """Give a command until it is answered; returns whether it was done."""
        key, known = command["key"], {**command}
        for name in ("fact", "at", "key"):
            known.pop(name, None)
        while True:
            self._journal.note(key, fact, **known)
            try:
                changed = self.perform(command)
            except PaydeskError as error:
                if error.code not in ("server_down", "outcome_unknown"):
                    self._journal.note(key, REFUSED, code=error.code)
                    return False
                self._journal.note(key, UNKNOWN, code=error.code)
            else:
                self._journal.note(key, DONE, changed=changed)
                return True
            fact = AGAIN
            time.sleep(_AGAIN_S)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the own schema; nothing when the database is away."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self.desk.servers.endpoints(self.desk.role).database_url, self.desk.role)
                self._connection.autocommit = True
            return self._connection.execute(query, values).fetchall()
        except (psycopg.Error, PaydeskError):
            self._connection = None
            return []


class Contractor(Person):
    """Asks, revises what was rejected, and sometimes wants a request back."""

    desk: ContractorService

    def choose(self) -> dict[str, Any] | None:
        """Return the next command."""
        chance, amount = self.random.random(), f"{self.random.randint(1, 10**6)}.{self.random.randint(10, 99)}"
        word, statuses = ("revise", ["rejected"]) if chance < 0.2 else ("withdraw", ["pending", "rejected"])
        if chance < 0.3:
            requests = self.rows(_NEWEST, self.name, statuses)
            if requests:
                return {"word": word, "id": str(self.random.choice(requests)[0]), "amount": amount}
        return {"word": "request", "id": str(uuid4()), "amount": amount}

    def perform(self, command: dict[str, Any]) -> bool:
        """Give a command; returns whether it changed anything."""
        key, request = UUID(command["key"]), UUID(command["id"])
        if command["word"] == "withdraw":
            return self.desk.execute(key, AskWithdrawal(request, self.desk.person)).changed
        terms = checked_terms(command["amount"], "EUR", f"work of {self.name}")
        asked: ContractorCommand = RequestPayment(request, self.desk.person, terms)
        if command["word"] == "revise":
            asked = RevisePayment.to(request, self.desk.person, terms)
        return self.desk.execute(key, asked).changed


class Manager(Person):
    """Approves and rejects the oldest that wait; holds some, and takes some of these back."""

    desk: ManagerService

    def choose(self) -> dict[str, Any] | None:
        """Return the next command."""
        requests = self.rows(_PENDING)
        if not requests:
            return None
        request, revision, terms_hash = self.random.choice(requests)
        seen = {"id": str(request), "revision": revision, "terms_hash": terms_hash}
        word = "approve" if self.random.random() < 0.6 else "reject"
        return {"word": word, "hold_s": HOLD_S if self.random.random() < 0.25 else 0, **seen}

    def perform(self, command: dict[str, Any]) -> bool:
        """Give a command; returns whether it changed anything."""
        key, request = UUID(command["key"]), UUID(command["id"])
        if command["word"] == "undo":
            return self.desk.execute(key, Undo(request, self.name)).changed
        seen = (request, self.desk.person, command["revision"], command["terms_hash"])
        decision: Decide = Reject(*seen, checked_cause("duplicate", None))
        if command["word"] == "approve":
            decision = Approve(*seen)
        return self.desk.execute(key, decision, command["hold_s"]).changed


def sit(role: str, name: str, journal: Path, orders: Orders, counts: Counts) -> int:
    """Be a person at a desk for ever, at the pace that the orders say."""
    servers = servers_of(read_settings())
    person: Person
    if role == "contractor":
        person = Contractor(ContractorService(servers, name), name, journal)
    else:
        person = Manager(ManagerService(servers, name, 0), name, journal)
    person.open()
    while True:
        pace_us = orders.pace_us
        counts.rest(pace_us == REST)
        if pace_us == REST:
            time.sleep(_LOOK_S)
            continue
        person.act()
        time.sleep(pace_us / 1e6)
