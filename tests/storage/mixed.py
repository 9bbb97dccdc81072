"""Messages of every sort, the same for a seed: what a side says, again, late and forked, and what anybody may write."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.decision import Cause, CauseCode, DecisionRegister, Outcome
from paydesk.domain.events import Event, event_type_of
from paydesk.domain.money import Money
from paydesk.domain.payment_request import RequestRegister, Terms
from paydesk.infra.core.codec import encode
from paydesk.infra.core.records import UNREADABLE, Record
from paydesk.manager.role import ROLE as MANAGER
from tests.storage import mixed_values as values

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POISON = "poison"
"""The description of what the handler of the test refuses."""
Register = RequestRegister | DecisionRegister


@dataclass
class Draft:
    """A message before it stands on the log; ``content`` is its value as long as that is an object."""

    key: bytes | None
    headers: list[tuple[str, bytes | None]]
    value: bytes | None
    unreadable: str = ""

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.value or b"")
        return content

    def state(self, content: Mapping[str, Any]) -> None:
        """Take another content, whose key and subject fit it."""
        self.value = written(content)
        self.address(str(content.get("id")))

    def address(self, request_id: str) -> None:
        """Take another key and subject."""
        self.key = request_id.encode()
        self.set_header("ce_subject", self.key)

    def set_header(self, name: str, raw: bytes | None) -> None:
        self.headers = [(known, raw if known == name else old) for known, old in self.headers]


def written(content: Mapping[str, Any]) -> bytes:
    """Return JSON as another program may write it: compact, in UTF-8, with what JSON does not know, such as NaN."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace(f'"{values.BIG}"', "7" * 5000).replace(f'"{values.DEEP}"', "[" * 150 + "]" * 150).encode()


def hash_of(terms: Mapping[str, Any]) -> str:
    """Return the hash of terms as they stand on the wire."""
    names = ("amount_minor", "currency", "exponent", "description", "reference", "due_date", "document", "pay_to")
    facts = {name: terms.get(name) for name in names}
    if isinstance(facts["due_date"], str):
        facts["due_date"] = facts["due_date"][:10]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Mixed:
    """Makes the messages of one writer.

    Args:
        random: Decides everything.
        contractor: Whether the writer is the contractor's side.
        asked: The requests, which a manager's side decides.
    """

    random: Random
    contractor: bool
    asked: list[RequestRegister] = field(default_factory=list)
    registers: dict[UUID, Register] = field(default_factory=dict)
    sent: list[Draft] = field(default_factory=list)

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def moment(self) -> datetime:
        return START + timedelta(
            seconds=self.random.randrange(10**6), microseconds=self.random.choice((0, 500000, 123456))
        )

    def terms(self) -> Terms:
        pick = self.random.choice
        maybe = self.random.random
        return Terms(
            Money(*pick(values.MONEYS)),
            pick(values.TEXTS),
            pick(("INV-2026/7", "Ø 12", "r" * 35)) if maybe() < 0.5 else None,
            date.fromisoformat(pick(values.DAYS)) if maybe() < 0.5 else None,
            pick(values.LINKS) if maybe() < 0.4 else None,
            pick(values.NAMES) if maybe() < 0.4 else None,
        )

    def event(self, register: Register, **changes: Any) -> Draft:
        """Return the message of a register as its side says it."""
        command = self.random.choice((str(self.uuid()), ""))
        command_hash = f"{self.random.getrandbits(256):064x}" if command else ""
        actor = self.random.choice(values.NAMES)
        event = Event(self.uuid(), event_type_of(register), self.moment(), actor, command, command_hash, register)
        headers, value = encode(replace(event, **changes), (CONTRACTOR if self.contractor else MANAGER).source)
        return Draft(str(register.id).encode(), [(name, text.encode()) for name, text in headers], value)

    def honest(self) -> Draft:
        """Return the next thing that the side says."""
        register = self._request() if self.contractor else self._decision()
        self.registers.pop(register.id, None)
        self.registers[register.id] = register  # The newest is the last.
        draft = self.event(register)
        self.sent.append(draft)
        return draft

    def _request(self) -> RequestRegister:
        known, pick = list(self.registers.values()), self.random.random()
        before = self.random.choice(known) if known and pick < 0.4 else None
        if not isinstance(before, RequestRegister) or before.withdrawal_asked:
            number = self.random.choice((*values.NUMBERS, f"PR-{len(known) + 2000}"))
            contractor = self.random.choice(values.NAMES)
            return RequestRegister(self.uuid(), 1, number, contractor, self.moment(), 1, self.terms())
        if pick < 0.08:
            return replace(before, version=before.version + 1, withdrawal_asked=True)
        step = self.random.choice((1, 1, 1, 2, 5))
        return replace(before, version=before.version + step, revision=before.revision + 1, terms=self.terms())

    def _decision(self) -> DecisionRegister:
        asked, pick = self.random.choice(self.asked), self.random.random()
        known = self.registers.get(asked.id)
        before = known if isinstance(known, DecisionRegister) else DecisionRegister(asked.id, 0)
        decided = replace(
            before,
            version=before.version + 1,
            revision=asked.revision,
            terms=asked.terms,
            terms_hash=asked.terms.hash,
            decided_by=self.random.choice(values.NAMES),
            decided_at=self.moment(),
            received_at=self.moment() if pick < 0.9 else None,
        )
        if asked.withdrawal_asked and pick < 0.6:
            withdrawn = replace(before, version=before.version + 1, outcome=Outcome.WITHDRAWN, decided_at=self.moment())
            return replace(withdrawn, received_at=decided.received_at)
        if pick < 0.5:
            return replace(decided, outcome=Outcome.ACCEPTED, cause=None)
        code, note = self.random.choice(values.CAUSES[:9])
        return replace(decided, outcome=Outcome.NONE, rejected_upto=asked.revision, cause=Cause(CauseCode(code), note))

    def message(self) -> Draft:
        """Return the next message, whoever wrote it."""
        pick = self.random.random()
        if pick < 0.42 or len(self.sent) < 20:
            return self.honest()
        if pick < 0.55:
            return self._again()
        draft = self._base()
        if pick < 0.80:
            self._field(draft)
        elif pick < 0.90:
            draft.value = self._raw(draft.value or b"")
        elif pick < 0.96:
            self._header(draft)
        else:
            self._record(draft)
        return draft

    def _again(self) -> Draft:
        """Return something that was said before: again, as another event, or as another content of its version."""
        draft, pick = self.random.choice(self.sent[-400:]), self.random.random()
        draft = replace(draft, headers=list(draft.headers))
        if pick < 0.4:
            return draft
        if pick < 0.6:
            draft.set_header("ce_id", str(self.uuid()).encode())
            return draft
        if pick > 0.85:
            draft.value = written(draft.content | {"actor": "eve"})  # The same id, and another content.
            return draft
        draft.set_header("ce_id", str(self.uuid()).encode())
        draft.value = written(
            draft.content | {"actor": "eve", "version": max(1, draft.content["version"] - (pick > 0.75))}
        )
        return draft

    def _base(self) -> Draft:
        """Return what is to be spoilt: of a request that is known, in its next version, or of none."""
        if self.contractor and self.random.random() < 0.6:
            register: Register = RequestRegister(self.uuid(), 1, None, "ada", self.moment(), 1, self.terms())
        else:
            register = self.random.choice(list(self.registers.values()))
            register = replace(register, version=register.version + 1)
        return self.event(register)

    def _field(self, draft: Draft) -> None:
        """Put something into a field that may not belong there; the hash fits nearly always."""
        random, content = self.random, draft.content
        terms = content["terms"] if isinstance(content.get("terms"), dict) else {}
        kind = random.randrange(16)
        if kind < 8 and terms:
            self._term(terms)
            if random.random() < 0.93:
                content["terms_hash"] = hash_of(terms)
        elif kind < 8:
            content["terms"] = {"amount_minor": 1, "currency": "EUR", "exponent": 2, "description": "x"}
        elif kind == 8:
            into = random.choice((content, terms or content))
            del into[random.choice(sorted(into))]
        elif kind == 9:
            into = random.choice((content, terms or content))
            name = random.choice(sorted(set(into) - {"exponent", "terms"}))
            into[name] = random.choice((*values.ODD, values.BIG, values.DEEP))
        elif kind == 10:
            content["actor"] = random.choice(values.BAD_NAMES + values.BAD_TEXTS + values.TEXTS)
        elif kind == 11:
            content["command_id"] = random.choice(values.COMMANDS)
            content["command_hash"] = random.choice(values.HASHES)
        elif kind == 12:
            content["version"] = random.choice((0, -1, 2**31 - 1, 2**31, 2**63, 1.0, True, "3", None))
        elif kind == 13:
            content["terms_hash"] = random.choice(("", "0" * 64, str(content.get("terms_hash")).upper(), None, 5))
        elif self.contractor:
            self._request_field(content)
        else:
            self._decision_field(content)
        draft.state(content)

    def _term(self, terms: dict[str, Any]) -> None:
        pick, kind = self.random.choice, self.random.randrange(9)
        if kind == 0:
            terms["description"] = POISON if self.random.random() < 0.05 else pick(values.TEXTS + values.BAD_TEXTS)
        elif kind == 1:
            terms["description"] = pick(values.BAD_TEXTS)
        elif kind == 2:
            terms["reference"] = pick((*values.BAD_TEXTS, "r" * 36, "é" * 35, None))
        elif kind == 3:
            terms["pay_to"] = pick((*values.BAD_NAMES, *values.BAD_TEXTS, *values.NAMES, None))
        elif kind == 4:
            terms["document"] = pick(values.BAD_LINKS + values.LINKS + values.BAD_TEXTS)
        elif kind == 5:
            terms["due_date"] = pick(values.BAD_DAYS + values.DAYS)
        elif kind == 6:
            terms["amount_minor"], terms["currency"], terms["exponent"] = pick(values.BAD_MONEYS + values.MONEYS)
        elif kind == 7:
            terms["exponent"] = pick(values.EXPONENTS)
        else:
            terms[pick(("colour", "amount", "Amount_minor", "paid"))] = pick(values.ODD)

    def _request_field(self, content: dict[str, Any]) -> None:
        pick, kind = self.random.choice, self.random.randrange(6)
        if kind == 0:
            content["number"] = pick(values.BAD_NUMBERS + values.NUMBERS)
        elif kind == 1:
            content["contractor"] = pick(values.BAD_NAMES + values.NAMES)
        elif kind == 2:
            content["requested_at"] = pick(values.ODD_TIMES + values.TIMES)
        elif kind == 3:
            content["revision"] = pick(values.ODD)
        elif kind == 4:
            content["withdrawal_asked"] = pick((True, False, None, 0, 1, "true"))
        else:
            content["id"] = pick(
                (content["id"].upper(), content["id"].replace("-", ""), "{" + content["id"] + "}", "x", "", None)
            )

    def _decision_field(self, content: dict[str, Any]) -> None:
        pick, kind = self.random.choice, self.random.randrange(9)
        if kind < 2:
            content["cause_code"], content["cause_note"] = pick(values.BAD_CAUSES + values.CAUSES)
        elif kind == 2:
            content[pick(("decided_at", "received_at"))] = pick(values.ODD_TIMES + values.TIMES)
        elif kind == 3:
            content["decided_by"] = pick(values.BAD_NAMES + values.NAMES)
        elif kind == 4:
            content["rejected_upto"] = pick(values.ODD)
        elif kind == 5:
            content["revision"] = pick(values.ODD)
        elif kind == 6:
            content["outcome"] = pick(("none", "accepted", "withdrawn", "paid", "Accepted", None, 1))
        elif kind == 7:
            content["id"] = str(self.uuid())
        else:
            content |= {"outcome": "withdrawn", "revision": None, "terms": None, "terms_hash": None, "rejected_upto": 0}

    def _raw(self, value: bytes) -> bytes:
        spoilt = self.random.choice(values.RAW)(value, self.random)
        further = self.random.choice(values.RAW) if self.random.random() < 0.1 and _is_flat_object(spoilt) else None
        return further(spoilt, self.random) if further is not None else spoilt

    def _header(self, draft: Draft) -> None:
        pick, kind = self.random.choice, self.random.randrange(8)
        if kind < 2:
            name, raw = pick(values.HEADERS)
            draft.set_header(name, raw)
            if name not in dict(draft.headers):
                draft.headers.insert(self.random.randrange(len(draft.headers)), (name, raw))
        elif kind < 4:
            moments = [moment for moment in values.ODD_TIMES + values.TIMES if "T24:" not in str(moment)]
            draft.set_header("ce_time", str(pick(moments)).encode())  # Python 3.14 reads T24:00.
        elif kind == 4:
            draft.set_header("ce_type", pick(values.TYPES))
        elif kind == 5:
            draft.headers.pop(self.random.randrange(len(draft.headers)))
        elif kind == 6:
            draft.headers.insert(
                self.random.randrange(2) * len(draft.headers), pick([*draft.headers, ("ce_id", b"twice")])
            )
        else:
            shown = str(self.uuid())
            draft.set_header(
                "ce_id",
                pick(
                    (shown.upper(), shown.replace("-", ""), "{" + shown + "}", f"urn:uuid:{shown}", f" {shown}")
                ).encode(),
            )

    def _record(self, draft: Draft) -> None:
        kind = self.random.randrange(7)
        if kind == 0:
            draft.key = self.random.choice((None, b"", b"\xff", (draft.key or b"").upper(), b"x"))
        elif kind == 1:
            draft.value = self.random.choice((None, b""))
        elif kind == 2:
            draft.unreadable = f"{UNREADABLE} its timestamp: ValueError: year 292277026596 is out of range"
        elif kind == 3:
            draft.headers = self.random.choice(([], draft.headers[:1], draft.headers[::-1]))
        elif kind == 4:
            draft.set_header("ce_type", b"paydesk.digest.v1")
            draft.value = self.random.choice(
                (b'{"buckets":["0123456789abcdef"]}', b'{"buckets":["x"]}', b"[]", b'{"buckets":[]}')
            )
        elif kind == 5:
            draft.set_header("ce_type", b"paydesk.resync_requested.v1")
            draft.value = b'{"total":1,"buckets":[0],"ids":[],"versions":[],"hashes":[],"refused":[]}'
        else:
            content = draft.content
            draft.state(content | {"id": str(self.uuid())})  # Another request's, as nobody asked for.


def _is_flat_object(value: bytes) -> bool:
    # How deep Python reads depends on its version, and what is made here must not.
    try:
        return value.count(b"[") + value.count(b"{") < 50 and isinstance(json.loads(value), dict) and len(value) > 2
    except ValueError:
        return False


def record_of(draft: Draft, topic: str, offset: int) -> Record:
    """Return a message as the log holds it."""
    at = START + timedelta(seconds=offset) if offset % 50 else None
    return Record(topic, 0, offset, draft.key, tuple(draft.headers), draft.value, at, draft.unreadable)
