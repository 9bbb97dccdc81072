"""Commands with one effect, on both schemas of a real PostgreSQL, carried across as the worker would."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from paydesk.contractor import commands as asks
from paydesk.domain.commands import Approve, AskWithdrawal, Reject, RequestPayment, RevisePayment, SendHeld, Undo
from paydesk.domain.decision import Cause, CauseCode, DecisionRegister, checked_cause
from paydesk.domain.errors import AlreadyDecided, KeyReused, NotAllowed, Stale, TooLate, UnknownRequest
from paydesk.domain.filter_text import parse_filter
from paydesk.domain.payment_request import RequestRegister, changed_terms, checked_terms
from paydesk.domain.standing import standing_terms, status
from paydesk.domain.status import WAITING, Outcome
from paydesk.infra.core.codec import decode
from paydesk.infra.core.errors import SchemaTooNew, ServerDown
from paydesk.infra.core.query import PageQuery
from paydesk.infra.core.records import Applied, ReceivedEvent, Verified
from paydesk.infra.core.role import Role
from paydesk.infra.migrations import HEAD, current_revision, migrate
from paydesk.infra.postgres.columns import decision_columns, request_columns
from paydesk.infra.postgres.connection import connect, engine
from paydesk.infra.postgres.filter_sql import bare, standing
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.infra.postgres.read import queries, request_list
from paydesk.infra.postgres.read.timeline import detail
from paydesk.infra.postgres.schema import PaymentRequestRow
from paydesk.infra.postgres.storage import Store
from paydesk.manager import commands as decides
from tests.conftest import Sides

TERMS = checked_terms("1200", "EUR", "Logo [v2]", due_date="2026-12-31")


class Both:
    """Both stores, and a hand that carries what one said to the other."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        self.contractor = Store(sides.url(sides.contractor), sides.contractor)
        self.manager = Store(sides.url(sides.manager), sides.manager)
        self.lease = PostgresLease(sides.url(sides.contractor), "contractor")
        assert self.lease.take()
        with self.contractor.transaction() as transaction:
            # As after a worker's first check: before it, no number is given.
            transaction.topic.set_verified(0, Verified("a topic"))
            transaction.schema.note_checked(self.lease.identity)

    def carry(self, writer: Role, reader: Store) -> Applied:
        with connect(self.sides.url(writer), writer.name) as connection:
            rows = connection.execute(
                "SELECT key, headers, value, content_hash FROM outbox WHERE hold_until IS NULL ORDER BY position"
            ).fetchall()
        batch = []
        for key, headers, value, content_hash in rows:
            event = decode(reader.role, writer.writes, key, [(n, v.encode()) for n, v in headers], value)
            batch.append(ReceivedEvent(event, content_hash, datetime.now(UTC)))
        with reader.transaction() as transaction:
            return reader.role.load_apply()(transaction, reader.role, batch, datetime.now(UTC))

    def there(self) -> Applied:
        return self.carry(self.sides.contractor, self.manager)

    def back(self) -> Applied:
        return self.carry(self.sides.manager, self.contractor)

    def ask(self) -> UUID:
        request_id = uuid4()
        asks.execute(self.contractor, uuid4(), RequestPayment(request_id, "ada", TERMS))
        return request_id

    def seen(self, role: Role, request_id: UUID) -> str:
        with connect(self.sides.url(role), role.name) as connection:
            return queries.get(connection, request_id).status.value

    def both(self, request_id: UUID) -> tuple[str, str]:
        return self.seen(self.sides.contractor, request_id), self.seen(self.sides.manager, request_id)


@pytest.fixture
def both(sides: Sides) -> Iterator[Both]:
    both = Both(sides)
    yield both
    both.lease.close()


def test_the_schema_is_the_models(sides: Sides) -> None:
    with engine(sides.url(sides.contractor), "contractor").connect() as connection:
        changes = compare_metadata(MigrationContext.configure(connection), PaymentRequestRow.metadata)
        # Alembic takes an expression for another where PostgreSQL writes it in its own words.
        differ = Counter(change[1].name for change in changes)
        assert {name for name, times in differ.items() if times == 1} == {"migration_lock"}
    with connect(sides.url(sides.contractor), "contractor", autocommit=True) as raw:
        assert current_revision(raw) == HEAD
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew):
        migrate(sides.url(sides.contractor), "contractor")


def test_a_wrong_password_is_told_in_words(sides: Sides) -> None:
    wrong = sides.url(sides.contractor).replace("contractor:", "contractor:x")
    with pytest.raises(ServerDown, match="refused the password"):
        connect(wrong, "contractor")


def test_the_way_of_one_request(both: Both) -> None:
    request_id = both.ask()
    assert both.there().changed == {request_id}
    assert both.there().newer == frozenset()
    cause = checked_cause("needs_info", "which logo?")
    decides.execute(both.manager, uuid4(), Reject(request_id, "bo", 1, TERMS.hash, cause))
    both.back()
    assert both.both(request_id) == ("rejected", "rejected")
    asks.execute(both.contractor, uuid4(), RevisePayment(request_id, "ada", {"amount": "1250"}))
    both.there()
    with pytest.raises(Stale):
        decides.execute(both.manager, uuid4(), Approve(request_id, "bo", 1, TERMS.hash))
    decides.execute(both.manager, uuid4(), Approve(request_id, "bo", 2, changed_terms(TERMS, amount="1250").hash))
    with pytest.raises(AlreadyDecided, match="by bo at"):
        decides.execute(both.manager, uuid4(), Reject(request_id, "cy", 2, TERMS.hash, cause))
    both.back()
    assert both.both(request_id) == ("accepted", "accepted")
    with connect(both.sides.url(both.sides.manager), "manager") as connection:
        assert [step.kind for step in detail(connection, request_id).timeline] == ["rejected", "accepted"]


def test_a_key_has_one_effect(both: Both) -> None:
    key, request_id = uuid4(), uuid4()
    first = asks.execute(both.contractor, key, RequestPayment(request_id, "ada", TERMS))
    assert asks.execute(both.contractor, key, RequestPayment(request_id, "ada", TERMS)) == first
    with pytest.raises(KeyReused):
        asks.execute(both.contractor, key, RequestPayment(request_id, "ada", changed_terms(TERMS, amount="9")))
    with connect(both.sides.url(both.sides.contractor), "contractor") as connection:
        assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (1,)


def test_undo_leaves_no_trace_and_confirms_a_withdrawal(both: Both) -> None:
    request_id = both.ask()
    both.there()
    decides.execute(both.manager, uuid4(), Approve(request_id, "bo", 1, TERMS.hash), hold_s=60)
    assert both.back().newer == frozenset()
    asks.execute(both.contractor, uuid4(), AskWithdrawal(request_id, "ada"))
    both.there()
    assert both.both(request_id) == ("withdrawing", "accepted")
    decides.execute(both.manager, uuid4(), Undo(request_id, "bo"))
    both.back()
    assert both.both(request_id) == ("withdrawn", "withdrawn")
    with connect(both.sides.url(both.sides.manager), "manager") as connection:
        events = connection.execute("SELECT type, version FROM outbox").fetchall()
        assert events == [("paydesk.payment_withdrawn.v1", 1)]


def test_a_released_decision_stands_and_a_late_withdrawal_lapses(both: Both) -> None:
    request_id = both.ask()
    both.there()
    decides.execute(both.manager, uuid4(), Approve(request_id, "bo", 1, TERMS.hash), hold_s=60)
    asks.execute(both.contractor, uuid4(), AskWithdrawal(request_id, "ada"))
    both.there()
    assert decides.send_now(both.manager, None, "bo") == 1
    with pytest.raises(TooLate):
        decides.execute(both.manager, uuid4(), Undo(request_id, "bo"))
    both.back()
    assert both.both(request_id) == ("accepted", "accepted")


def test_a_held_decision_is_sent_by_a_command_of_whoever_decided(both: Both) -> None:
    request_id = both.ask()
    both.there()
    decides.execute(both.manager, uuid4(), Approve(request_id, "bo", 1, TERMS.hash), hold_s=60)
    with pytest.raises(NotAllowed, match="Only bo"):
        decides.execute(both.manager, uuid4(), SendHeld(request_id, "zoe"))
    with connect(both.sides.url(both.sides.manager), "manager") as connection:
        for person, seen in (("Bo", [request_id]), ("zoe", [])):
            page = request_list.page(connection, PageQuery(person=person, statuses=WAITING, held=True))
            assert (list(page.rows), [row.id for row in page.also]) == ([], seen)
    assert both.back().newer == frozenset()
    assert decides.execute(both.manager, uuid4(), SendHeld(request_id, "Bo")).changed
    assert not decides.execute(both.manager, uuid4(), SendHeld(request_id, "bo")).changed, "it has left already"
    both.back()
    assert both.both(request_id) == ("accepted", "accepted")


def test_find_names_the_nearest_or_where_no_number_was_typed_the_newest(both: Both) -> None:
    request_id = both.ask()
    with connect(both.sides.url(both.sides.contractor), "contractor") as connection:
        for typed in ("PR-1001", "pr-1001", str(request_id), str(request_id)[:8], "1001"):
            assert queries.find(connection, typed).id == request_id
        with pytest.raises(UnknownRequest) as unknown:
            queries.find(connection, "PR-1009")
        assert unknown.value.hint == "The nearest are PR-1001."
        with pytest.raises(UnknownRequest) as unknown:
            queries.find(connection, "logo")
        assert unknown.value.hint == "The newest are PR-1001."
        page = request_list.totals(connection, PageQuery(parse_filter("from:ADA [v2]")))
        assert (page[0].count, str(page[0].sums[0])) == (1, "1,200.00 EUR")
        assert [copy.delivery for copy in request_list.stream(connection, PageQuery())] == ["queued"]


@pytest.mark.fault(
    kind="A list of the requests that a name may mean says where there are more.",
    mended="infra/postgres/read/queries.py",
)
@pytest.mark.parametrize(("count", "ends"), [(2, "PR-1002."), (5, "PR-1005."), (6, " and more."), (7, " and more.")])
def test_find_names_five_of_those_that_fit_and_says_that_there_are_more(both: Both, count: int, ends: str) -> None:
    for _ in range(count):
        both.ask()
    with connect(both.sides.url(both.sides.contractor), "contractor") as connection:
        with pytest.raises(UnknownRequest, match="More than one") as unknown:
            queries.find(connection, "PR-10")
        assert unknown.value.message.endswith(ends) and unknown.value.message.count("PR-") == min(count, 5)


def test_status_and_terms_in_sql_are_the_domains(sides: Sides) -> None:
    other = changed_terms(TERMS, amount="7", pay_to="ada")
    now = datetime.now(UTC)
    requests: list[RequestRegister | None] = [None]
    for revision, asked, terms in product((1, 2, 3), (False, True), (TERMS, other)):
        requests.append(RequestRegister(UUID(int=0), 1, None, "ada", now, revision, terms, asked))
    decisions: list[DecisionRegister | None] = [None]
    for outcome, upto, terms in product(Outcome, (0, 1, 2), (TERMS, other)):
        cause = Cause(CauseCode.DUPLICATE) if upto else None
        decided = terms if upto or outcome is Outcome.ACCEPTED else None
        revision_decided = upto or (1 if decided else None)
        hash_decided = decided.hash if decided else None
        decisions.append(
            DecisionRegister(UUID(int=0), 1, outcome, upto, cause, revision_decided, decided, hash_decided)
        )
    compared = 0
    with psycopg.connect(sides.url(sides.manager), options="-c search_path=manager") as connection:
        for request, decision in product(requests, decisions):
            row = {"id": uuid4()} | (request_columns(request) if request else {})
            row |= decision_columns(decision) if decision else {}
            names = ", ".join(row)
            places = ", ".join(f"%({name})s" for name in row)
            stored = connection.execute(
                f"INSERT INTO payment_request ({names}) VALUES ({places}) RETURNING status, standing_amount_minor,"
                f" {bare(standing('description'))}, standing_due_date, {bare(standing('pay_to'))}",
                row,
            ).fetchone()
            terms = standing_terms(request, decision)
            expected: tuple[int | str | date | None, ...] = (None,) * 4
            if terms:
                expected = (terms.money.amount_minor, terms.description, terms.due_date, terms.pay_to)
            assert stored == (status(request, decision).value, *expected), (request, decision)
            compared += 1
        connection.rollback()
    assert compared == len(requests) * len(decisions) > 200
