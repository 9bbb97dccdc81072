"""A request that others decide or change while the form that revises it is open: that is said before it is sent."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from textual.pilot import Pilot

from paydesk.contractor.form import RequestForm
from paydesk.domain.commands import Reject, RevisePayment, decide
from paydesk.domain.copy import RequestDetail
from paydesk.domain.decision import Cause, CauseCode
from paydesk.domain.payment_request import checked_terms
from tests.fakes import FakeContractorDesk, FakeManagerDesk, World
from tests.tui.conftest import contractor, manager, opened, seen, shown
from tests.tui.test_manager_desk import accepted_by_zoe, of

CAUSE = Cause(CauseCode.NEEDS_INFO, "Which photographer was it?")
SIZES = [(80, 24), (120, 36)]


def rejected(world: World) -> None:
    request = world.requests[of(world, "PR-1007")]
    command = Reject(request.id, "zoe", 1, request.terms.hash, CAUSE)
    world.decisions[request.id] = decide(command, request, None, world.now, world.now)  # type: ignore[assignment]
    world.tell(request.id)


async def revising(pilot: Pilot[None]) -> None:
    """Open the form and change the amount."""
    await opened(pilot)
    await pilot.press("e")
    await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm) and "It becomes" in shown(pilot))
    await pilot.press("home", "1")  # 12,400.00


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_rejection_is_seen_with_its_cause_and_asked_about_before_new_terms_are_sent(
    world: World, size: tuple[int, int]
) -> None:
    async with contractor(world).run_test(size=size) as pilot:
        await revising(pilot)
        rejected(world)
        await seen(pilot, lambda: "⚠ It was rejected meanwhile: More" in shown(pilot))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Change it all the same?" in shown(pilot) and "photographer" in shown(pilot))
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        assert world.requests[of(world, "PR-1007")].revision == 1
        await pilot.press("ctrl+s", "y")
        await seen(pilot, lambda: world.requests[of(world, "PR-1007")].revision == 2)


async def test_what_was_accepted_is_not_sent_and_the_form_says_so(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await revising(pilot)
        world.tell(accepted_by_zoe(world, "PR-1007"))
        await seen(pilot, lambda: "⚠ PR-1007 is accepted and cannot be revised." in shown(pilot))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: shown(pilot).count("PR-1007 is accepted and cannot be revised.") == 2)
        assert isinstance(pilot.app.screen, RequestForm)
        assert world.requests[of(world, "PR-1007")].revision == 1


async def test_a_revision_from_elsewhere_is_said(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await revising(pilot)
        revised(world, "7")
        await seen(pilot, lambda: "⚠ It was revised meanwhile, not here: amount 2,400.00 EUR →" in shown(pilot))


ASKED_ANEW = pytest.mark.fault(
    kind="A question about a request that changed meanwhile is asked anew when it changes again before the answer.",
    mended="contractor/form.py",
)


def revised(world: World, amount: str) -> None:
    request = world.requests[of(world, "PR-1007")]
    terms = checked_terms(amount, "EUR", request.terms.description, reference=request.terms.reference or "")
    world.put(replace(request, version=request.version + 1, revision=request.revision + 1, terms=terms))


@ASKED_ANEW
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_second_revision_while_the_question_is_open_is_asked_about_before_it_is_overwritten(
    world: World, size: tuple[int, int]
) -> None:
    async with contractor(world).run_test(size=size) as pilot:
        await revising(pilot)
        form = pilot.app.screen
        assert isinstance(form, RequestForm)
        revised(world, "98")
        await seen(pilot, lambda: "⚠ It was revised meanwhile" in shown(pilot))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Change it all the same?" in shown(pilot) and "98.00" in shown(pilot))
        revised(world, "250")
        await seen(pilot, lambda: "250.00" in form._checks.meanwhile)
        await pilot.press("y")
        await seen(pilot, lambda: "Change it all the same?" in shown(pilot) and "250.00" in shown(pilot), 10)
        assert world.requests[of(world, "PR-1007")].revision == 3
        await pilot.press("y")
        await seen(pilot, lambda: world.requests[of(world, "PR-1007")].revision == 4)
        assert str(world.requests[of(world, "PR-1007")].terms.money) == "12,400.00 EUR"


@ASKED_ANEW
async def test_what_is_accepted_while_the_question_is_open_is_not_sent(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await revising(pilot)
        form = pilot.app.screen
        assert isinstance(form, RequestForm)
        revised(world, "98")
        await seen(pilot, lambda: "⚠ It was revised meanwhile" in shown(pilot))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Change it all the same?" in shown(pilot))
        world.tell(accepted_by_zoe(world, "PR-1007"))
        await seen(pilot, lambda: form._checks.closed)
        await pilot.press("y")
        await seen(pilot, lambda: shown(pilot).count("PR-1007 is accepted and cannot be revised.") == 2, 10)
        assert pilot.app.screen is form


@pytest.mark.fault(
    kind="The form that revises a request compares with what the request says now.", mended="contractor/form.py"
)
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_beside_the_new_amount_stands_the_one_that_the_request_has_now(
    world: World, size: tuple[int, int]
) -> None:
    async with contractor(world).run_test(size=size) as pilot:
        await revising(pilot)
        revised(world, "98")
        await seen(pilot, lambda: "⚠ It was revised meanwhile" in shown(pilot))
        table = shown(pilot).partition("It becomes")[2]
        assert "98.00 EUR" in table and " 2,400.00 EUR" not in table


async def test_another_request_changes_nothing_in_the_form(world: World) -> None:
    async with contractor(world).run_test(size=(80, 24)) as pilot:
        await revising(pilot)
        world.tell(accepted_by_zoe(world, "PR-1003"))
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "PR-1007 is revised" in shown(pilot))


REVISED = pytest.mark.fault(
    kind="Who revises or decides what was rejected before sees why it was.", mended="tui/text/request.py"
)


@REVISED
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_form_that_revises_a_rejected_request_shows_the_cause_and_asks_before_it_is_sent_unchanged(
    world: World, size: tuple[int, int]
) -> None:
    rejected(world)
    async with contractor(world).run_test(size=size) as pilot:
        await opened(pilot)
        await pilot.press("e")
        await seen(pilot, lambda: "✗ Rejected by zoe" in shown(pilot) and "photographer" in shown(pilot), 10)
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "Send it unchanged?" in shown(pilot))
        await pilot.press("n")
        await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))
        assert world.requests[of(world, "PR-1007")].revision == 1
        await pilot.press("home", "1", "ctrl+s")
        await seen(pilot, lambda: world.requests[of(world, "PR-1007")].revision == 2)


class Remembering(FakeManagerDesk):
    """Knows the terms that PR-1007 was requested with."""

    def detail(self, request_id: UUID) -> RequestDetail:
        detail = super().detail(request_id)
        before = replace(detail.timeline[0], terms=checked_terms("2400", "EUR", "Photo set for brochure"))
        revised = replace(detail.timeline[0], kind="revised", revision=2)
        return replace(detail, timeline=(before, revised, *detail.timeline[1:]))


@REVISED
@pytest.mark.parametrize("keys", [("p",), ("enter",)], ids=str)
async def test_the_manager_sees_that_it_was_rejected_before_why_and_what_changed(
    world: World, keys: tuple[str, ...]
) -> None:
    rejected(world)
    desk = FakeContractorDesk(world)
    request_id = of(world, "PR-1007")
    desk.execute(
        uuid4(), RevisePayment.to(request_id, desk.person, checked_terms("2100", "EUR", "Photo set for brochure"))
    )
    async with manager(world, desk=Remembering(world)).run_test(size=(120, 36)) as pilot:
        table = await opened(pilot)
        table.go_to(request_id)
        await pilot.press(*keys)
        await seen(pilot, lambda: "Rejected" in shown(pilot) and "by zoe" in shown(pilot), 10)
        await seen(pilot, lambda: "photographer" in shown(pilot) and "Changed since:" in shown(pilot), 10)
        await seen(pilot, lambda: "2,100.00" in shown(pilot).partition("Changed since:")[2], 10)
