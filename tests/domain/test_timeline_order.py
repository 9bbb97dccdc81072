"""Steps stand in the order in which they can have happened, whatever the clocks say that they bear."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from paydesk.domain.copy import Delivery, RequestCopy, RequestDetail, Step, in_order
from paydesk.domain.payment_request import RequestRegister, checked_terms

ORDER = pytest.mark.fault(
    kind="Steps of one writer stand in the order of their versions, whatever its clock said.",
    mended="domain/copy.py",
)
NOON = datetime(2026, 8, 28, 12, tzinfo=UTC)


def step(kind: str, minutes: float, version: int | None = None, revision: int | None = None) -> Step:
    return Step(NOON + timedelta(minutes=minutes), kind, "ada", revision, "", version=version)


@ORDER
@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([("revised", -60, 2, 2), ("requested", 0, 1, 1)], ["requested", "revised"]),
        (
            [("revised", -60, 2, 2), ("requested", 0, 1, 1), ("withdrawal_requested", -90, 3, 2)],
            ["requested", "revised", "withdrawal_requested"],
        ),
        ([("accepted", -10, 1, 1), ("requested", 0, 1, 1)], ["requested", "accepted"]),
        (
            [("rejected", -10, 1, 1), ("requested", 0, 1, 1), ("revised", 5, 2, 2), ("accepted", 2, 2, 2)],
            ["requested", "rejected", "revised", "accepted"],
        ),
        (
            [("requested", 0, 1, 1), ("rejected", 30, 1, 1), ("held", 20, 2, 1)],
            ["requested", "rejected", "held"],
        ),
        ([("withdrawn", 0, 1, 1), ("withdrawal_requested", 0, 2, 1), ("requested", -5, 1, 1)],
         ["requested", "withdrawal_requested", "withdrawn"]),
        ([("locked", 3, None, None), ("requested", 5, 1, 1), ("settled", 9, None, None)],
         ["locked", "requested", "settled"]),
    ],
)  # fmt: skip
def test_steps_of_one_writer_stand_in_the_order_of_their_versions(
    steps: list[tuple[str, float, int | None, int | None]], kinds: list[str]
) -> None:
    ordered = in_order(step(*facts) for facts in steps)
    assert [placed.kind for placed in ordered] == kinds
    places = [placed.place for placed in ordered]
    assert places == sorted(places)  # type: ignore[type-var]
    assert {placed.at for placed in ordered} == {NOON + timedelta(minutes=facts[1]) for facts in steps}, "moments stay"


@ORDER
def test_what_a_revision_changed_is_told_though_the_clock_went_back() -> None:
    first, second = (checked_terms(amount, "EUR", "Logo") for amount in ("70", "71"))
    asked = replace(step("requested", 0, 1, 1), terms=first)
    revised = replace(step("revised", -60, 2, 2), terms=second)
    register = RequestRegister(UUID(int=7), 2, "PR-1001", "ada", NOON, 2, second)
    copy = RequestCopy(UUID(int=7), register, None, Delivery.SENT)
    (_, nothing), (_, changed) = RequestDetail(copy, in_order([revised, asked])).changes()
    assert not nothing and "70.00" in changed[0] and "71.00" in changed[0]
