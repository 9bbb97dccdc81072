"""A decision that names only the number of a revision is about the one kind of terms that it was ever sent with."""

from dataclasses import replace
from uuid import uuid4

import pytest

from paydesk.domain.commands import Approve, Named, Reject
from paydesk.domain.errors import Stale
from paydesk.domain.payment_request import RequestRegister, checked_terms
from paydesk.manager.commands import execute
from paydesk.manager.role import ROLE as MANAGER
from tests.contract.conftest import Open
from tests.contract.storages import CAUSE, Side, at, message, received, request

OTHERS = checked_terms("9999", "EUR", "Logo [v2]", due_date="2026-12-31")


def _arrive(side: Side, *versions: RequestRegister) -> None:
    with side.store.transaction() as t:
        t.inbox.record([message(side.role, register, register.version) for register in versions])
        for register in versions:
            t.requests.replace([received(register, f"version {register.version}")], "request", at(4))


@pytest.mark.fault(
    kind="Whoever names a revision decides about the terms that it was first sent with, or is told that they changed.",
    mended="manager/held.py",
)
def test_a_revision_whose_terms_were_replaced_under_its_number_is_not_decided_by_that_number(side_of: Open) -> None:
    side, first = side_of(MANAGER), request()
    second = replace(first, version=2, terms=OTHERS)
    _arrive(side, first, second)
    for command in (
        Approve(first.id, "bo", 1, OTHERS.hash, Named.REVISION),
        Reject(first.id, "bo", 1, OTHERS.hash, CAUSE, Named.REVISION),
    ):
        with pytest.raises(Stale) as refused:
            execute(side.store, uuid4(), command)
        assert "PR-1001 changed" in refused.value.message
        assert (
            "1,200.00 EUR → 9,999.00 EUR" in refused.value.message
            and "PR-1001 without a revision" in refused.value.hint
        )
    with side.store.transaction() as t:
        assert t.requests.get(first.id).decision is None, "nothing was decided"


@pytest.mark.fault(
    kind="Whoever names a revision decides about the terms that it was first sent with, or is told that they changed.",
    mended="manager/held.py",
)
@pytest.mark.parametrize("named", [Named.REQUEST, Named.TERMS])
def test_who_names_no_revision_or_the_terms_themselves_decides_what_is_here(side_of: Open, named: Named) -> None:
    side, first = side_of(MANAGER), request()
    _arrive(side, first, replace(first, version=2, terms=OTHERS))
    execute(side.store, uuid4(), Approve(first.id, "bo", 1, OTHERS.hash, named))
    with side.store.transaction() as t:
        decided = t.requests.get(first.id).decision
    assert decided is not None and decided.terms == OTHERS


@pytest.mark.fault(
    kind="Whoever names a revision decides about the terms that it was first sent with, or is told that they changed.",
    mended="manager/held.py",
)
def test_a_revision_with_the_same_terms_in_several_versions_is_decided_by_its_number(side_of: Open) -> None:
    side, first = side_of(MANAGER), request()
    revised = replace(first, version=2, revision=2, terms=OTHERS)
    _arrive(side, first, revised, replace(revised, version=3))
    assert execute(side.store, uuid4(), Approve(first.id, "bo", 2, OTHERS.hash, Named.REVISION)).changed
