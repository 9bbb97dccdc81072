"""The parts of the contractor's desk, each without an application."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from paydesk.contractor.actions import Following, RequestActions
from paydesk.contractor.form import RequestForm
from paydesk.domain.copy import RequestCopy
from paydesk.infra.core.query import PageQuery
from paydesk.tui.drafts import DraftStore
from paydesk.tui.screens.dialogs import Confirm
from tests.fakes import FakeContractorDesk, World
from tests.tui.list_pane import FakeListPane


@dataclass
class Pushing:
    """Notes which screens are asked for, as an application would show them."""

    screen: object = None
    pushed: list[tuple[Any, Any]] = field(default_factory=list)

    def push_screen(self, screen: object, answered: object) -> None:
        self.pushed.append((screen, answered))


class AskingPane(FakeListPane[FakeContractorDesk]):
    """Meets ``paydesk.contractor.port.AskingPane`` as far as the actions ask."""

    person = "ada"

    def __init__(self, desk: FakeContractorDesk, rows: list[RequestCopy], now: datetime) -> None:
        super().__init__(desk, rows, lambda: now)
        self.app = Pushing()
        self.followed: list[str] = []

    def summed_up(self) -> None:
        pass

    def locked_text(self, copy: RequestCopy) -> str:
        return f"{copy.number} is locked."

    def follow(self, copy: RequestCopy, did: str, more: str = "") -> None:
        self.followed.append(f"{copy.number} {did}{more}")


@pytest.fixture
def rows(world: World) -> list[RequestCopy]:
    return list(FakeContractorDesk(world).page(PageQuery()).rows)


@pytest.fixture
def pane(rows: list[RequestCopy], world: World) -> AskingPane:
    return AskingPane(FakeContractorDesk(world), rows, world.now)


def of(rows: list[RequestCopy], number: str) -> RequestCopy:
    return next(row for row in rows if row.number == number)


def test_what_was_done_is_gone_to_once_and_only_among_rows_that_were_read_after_it(rows: list[RequestCopy]) -> None:
    following, row = Following(lambda _: True, lambda: 10.0), rows[0]
    assert following.follow(row, "is revised", ": 5 EUR", "m") == f"{row.number} is revised: 5 EUR."
    assert following.due(9.0) is None and following.due(10.0) == row and following.due(11.0) is None


def test_what_the_filter_hides_is_followed_until_it_is_shown_or_a_hand_moves_on(rows: list[RequestCopy]) -> None:
    shown = [False]
    following = Following(lambda _: shown[0], lambda: 10.0)
    assert "the filter hides it, m shows it." in following.follow(rows[0], "is revised", ": 5 EUR", "m")
    assert following.due(11.0) is None
    shown[0] = True
    assert following.due(11.0) == rows[0]
    following.follow(rows[0], "is revised", "", "m")
    following.let_go()
    assert following.due(11.0) is None


def test_a_request_is_withdrawn_after_yes_and_followed(pane: AskingPane) -> None:
    actions, row = RequestActions(pane, DraftStore()), of(pane.rows, "PR-1003")  # type: ignore[arg-type]
    actions.withdraw(row)
    ((question, answered),) = pane.app.pushed
    assert isinstance(question, Confirm)
    answered(False)
    assert not pane.waiting
    answered(True)
    pane.work()
    assert pane.followed == ["PR-1003 is withdrawn: the manager's side has to confirm it"]


def test_what_may_not_change_any_more_is_said_before_anything_is_asked(pane: AskingPane) -> None:
    actions, accepted = RequestActions(pane, DraftStore()), of(pane.rows, "PR-1001")  # type: ignore[arg-type]
    for act in (actions.revise, actions.withdraw):
        act(accepted)
    assert not pane.app.pushed and len(pane.notices) == 2
    assert not actions.may("revise", accepted) and actions.may("revise", of(pane.rows, "PR-1003"))
    assert not actions.may("revise", None)


def test_the_form_of_a_new_request_opens_with_the_draft_and_of_an_old_one_with_its_terms(pane: AskingPane) -> None:
    actions = RequestActions(pane, DraftStore())  # type: ignore[arg-type]
    actions.new()
    actions.revise(of(pane.rows, "PR-1003"))
    (new, _), (old, _) = pane.app.pushed
    assert isinstance(new, RequestForm) and new.where() == "  new request"
    assert isinstance(old, RequestForm) and old.where() == "  revise PR-1003"
