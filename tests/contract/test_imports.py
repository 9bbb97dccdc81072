"""Own events come back from the topic, many requests at a time, each settled as if it were alone; on both storages."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.domain.commands import confirm_withdrawal
from paydesk.domain.decision import DecisionRegister
from paydesk.domain.payment_request import RequestRegister
from paydesk.infra.core.codec import decode_own
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.core.records import Claim, OwnRow, Record, Verified
from paydesk.infra.core.role import Role
from paydesk.infra.recovery import reimport
from paydesk.infra.recovery.reimport import Unknown, import_unknown
from paydesk.manager.role import ROLE as MANAGER
from tests.conftest import Sides
from tests.contract.conftest import Open
from tests.contract.storages import TOPIC_ID, Side, accepted, at, on_postgres, outgoing, rejected, request, statements


def unknown_event(
    role: Role, register: RequestRegister | DecisionRegister, offset: int, command_id: str | None = None
) -> Unknown:
    """Return the event of a register as it stands on the own topic."""
    event = outgoing(role, register, command_id=str(uuid4()) if command_id is None else command_id)
    headers = [(name, text.encode()) for name, text in event.headers]
    record = Record(role.writes, 0, offset, event.key, headers, event.value, at(offset))
    return Unknown(record, decode_own(role, record.key, record.headers, record.value))


def bring_back(side: Side, *unknown: Unknown) -> None:
    """Import events into a schema whose own topic is looked at."""
    with side.store.transaction() as t:
        t.topic.set_verified(0, Verified(TOPIC_ID))
    assert import_unknown(side.store, side.role, TOPIC_ID, unknown, lambda: None) == len({e.event.id for e in unknown})


def own(side: Side, request_id: UUID) -> list[OwnRow]:
    with side.store.transaction() as t:
        return t.outbox.standing([request_id])


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_no_number_comes_back_twice_in_whatever_chunk_it_comes(
    side_of: Open, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reimport, "_CHUNK", chunk)
    side = side_of(CONTRACTOR)
    first, second, third = sorted((request("PR-7000") for _ in range(3)), key=lambda asked: asked.id)
    third = replace(third, number="PR-7001")
    with side.store.transaction() as t:
        # The first one's number was another before it is read anew, so that is free for the third.
        t.requests.write(replace(first, number="PR-7001"), "a hash", at(0))
    events = [unknown_event(side.role, asked, offset) for offset, asked in enumerate((second, first, third))]
    bring_back(side, *events, events[0])
    with side.store.transaction() as t:
        assert [
            row.number for row in (t.requests.get(asked.id).request for asked in (first, second, third)) if row
        ] == [
            "PR-7000",
            None,
            "PR-7001",
        ]
        assert t.numbers.holders(["PR-7000", "PR-7001"]) == {first.id: "PR-7000", third.id: "PR-7001"}
        t.schema.note_checked(side.holder)
        assert t.numbers.next() == "PR-7002"
    assert [(row.version, row.ever_acked) for row in own(side, second.id)] == [(1, True), (2, False)], "said again"
    assert [row.version for row in own(side, first.id)] == [row.version for row in own(side, third.id)] == [1]


def test_each_of_many_requests_is_settled_by_itself(side_of: Open) -> None:
    side = side_of(MANAGER)
    lost, beaten, twice, torn = (request(f"PR-{number}") for number in range(1, 5))
    free, done = str(uuid4()), str(uuid4())
    mine = outgoing(side.role, accepted(beaten), command_id=free)
    with side.store.transaction() as t:
        t.commands.claim(UUID(free), "a", beaten.id)
        t.requests.write(accepted(beaten), mine.content_hash, at(0))
        t.outbox.add(mine)
    withdrawn = confirm_withdrawal(replace(torn, withdrawal_asked=True), None, at(3), at(0))
    events = [
        unknown_event(side.role, accepted(lost), 0, done),
        unknown_event(side.role, rejected(beaten), 1),
        unknown_event(side.role, rejected(twice), 2),
        unknown_event(side.role, accepted(twice), 3),
        unknown_event(side.role, accepted(torn), 4),
        unknown_event(side.role, replace(withdrawn, version=2), 5),
    ]
    bring_back(side, *events)
    with side.store.transaction() as t:
        assert t.commands.claim(UUID(done), "x", uuid4()) == Claim("a hash", lost.id, True, "bo"), "known as done"
        assert t.commands.claim(UUID(free), "x", beaten.id) is None, "free again"
        assert [t.requests.get(register.id).decision for register in (lost, beaten, twice, torn)] == [
            accepted(lost),
            rejected(beaten),
            accepted(twice, 2),
            accepted(torn),
        ]
        assert [(event.request_id, event.version) for event in t.outbox.unsent(9)] == [(twice.id, 2)], "said again"
        assert t.locks.ids() == [torn.id]
        assert t.requests.get(lost.id).decision_hash == events[0].content_hash
    assert [row.id for row in own(side, beaten.id)] == [events[1].event.id]
    assert [row.id for row in own(side, torn.id)] == [entry.event.id for entry in events[4:]]


def test_nothing_of_a_topic_that_was_made_anew_comes_back(side_of: Open) -> None:
    side, asked = side_of(CONTRACTOR), request()
    with side.store.transaction() as t:
        t.topic.set_verified(0, Verified("another topic"))
    with pytest.raises(BrokerTrouble):
        import_unknown(side.store, side.role, TOPIC_ID, [unknown_event(side.role, asked, 0)], lambda: None)
    assert own(side, asked.id) == []


def test_many_requests_cost_as_many_statements_as_one(sides: Sides) -> None:
    with on_postgres(sides, CONTRACTOR) as side:
        costs = []
        side.store.now()  # The database's clock is asked once in a while, whatever is imported.
        for number, many in ((2000, 1), (3000, 80)):
            asked = [request(f"PR-{number + place}") for place in range(many)]
            taken = replace(asked[-1], id=uuid4())
            events = [unknown_event(side.role, register, place) for place, register in enumerate([*asked, taken])]
            with statements() as ran:
                bring_back(side, *events)
            assert sorted(len(own(side, register.id)) for register in (asked[-1], taken)) == [1, 2], (
                "one lost its number"
            )
            costs.append(len(ran))
    assert costs[0] == costs[1] < 20, costs
