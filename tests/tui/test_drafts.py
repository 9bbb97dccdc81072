"""Drafts: each form has its own, on one desk or on two, and what is sent has ids of its own."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from paydesk.contractor.app import ContractorApp
from paydesk.contractor.form import RequestForm
from paydesk.tui.drafts import Draft, DraftStore
from paydesk.tui.state import KeptFiles
from tests.fakes import FakeContractorDesk, World
from tests.tui.conftest import contractor, opened, seen, shown

OWN = pytest.mark.fault(
    kind="Every form has a draft of its own, and what is sent has ids of its own.", mended="tui/drafts.py"
)
pytestmark = OWN


def desk_of(world: World, desk: FakeContractorDesk, drafts: Path) -> ContractorApp:
    return ContractorApp(lambda: desk, now=world.clock, files=KeptFiles(draft=drafts))


async def form(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await seen(pilot, lambda: isinstance(pilot.app.screen, RequestForm))


async def test_a_draft_that_another_desk_changed_and_sent_is_sent_all_the_same(world: World, tmp_path: Path) -> None:
    desk, drafts = FakeContractorDesk(world), tmp_path / "draft.json"
    store = DraftStore(drafts)
    kept = Draft({"amount": "10", "currency": "EUR", "description": "taxi"})
    store.save(kept)
    async with desk_of(world, desk, drafts).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await form(pilot, "n")
        await pilot.press("end", "0", "ctrl+s")
        await seen(pilot, lambda: "asks for 100.00 EUR" in shown(pilot))
    store.save(kept)  # As a desk does whose form was open meanwhile.
    async with desk_of(world, desk, drafts).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await form(pilot, "n")
        await pilot.press("ctrl+s")
        await seen(pilot, lambda: "asks for 10.00 EUR" in shown(pilot))
    assert len(world.requests) == 10 and not list(tmp_path.iterdir())


def test_the_same_draft_sent_by_two_desks_unchanged_is_one_request() -> None:
    terms_hash = "abc"
    first, other = Draft({"amount": "1"}), Draft()
    other.key, other.request_id = first.key, first.request_id
    assert first.ids_for(terms_hash) == other.ids_for(terms_hash) != first.ids_for("abd")
    assert first.ids_for(terms_hash)[1].version == 7


@pytest.mark.parametrize("path", ["draft.json", None])
def test_drafts_of_two_forms_never_touch_each_other(path: str | None, tmp_path: Path) -> None:
    store = DraftStore(tmp_path / path if path else None)
    first, second = Draft({"amount": "1"}), Draft({"amount": "2"})
    store.save(first)
    store.save(second)
    assert [draft.fields["amount"] for draft in store.kept()] == ["2", "1"]
    store.discard(second)
    assert [draft.fields["amount"] for draft in store.kept()] == ["1"]


def test_a_draft_that_a_form_has_open_is_not_resumed_by_another_desk(tmp_path: Path) -> None:
    mine, theirs = DraftStore(tmp_path / "d.json"), DraftStore(tmp_path / "d.json")
    draft = Draft({"amount": "1"})
    mine.save(draft)
    mine.take(draft)
    assert theirs.load() is None and mine.load() is None
    mine.let_go(draft)
    assert theirs.load() == draft == mine.load()


def test_the_draft_of_the_version_before_is_resumed_and_discarded(tmp_path: Path) -> None:
    store, draft = DraftStore(tmp_path / "d.json"), Draft({"amount": "1"})
    (tmp_path / "d.json").write_text(
        f'{{"fields": {{"amount": "1"}}, "key": "{draft.key}", "request_id": "{draft.request_id}"}}'
    )
    assert store.load() == draft
    store.discard(draft)
    assert store.load() is None


def test_a_person_whose_name_begins_another_ones_has_drafts_of_her_own(tmp_path: Path) -> None:
    DraftStore(tmp_path / "draft-ada.json").save(Draft({"amount": "1"}))
    assert DraftStore(tmp_path / "draft-a.json").load() is None
    assert DraftStore(tmp_path / "draft-ad*.json").load() is None


def test_a_disk_that_is_full_keeps_drafts_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = DraftStore(tmp_path / "file" / "draft.json")
    store.save(Draft({"amount": "1"}))
    assert store.load() is not None


async def test_new_like_this_with_a_kept_draft_keeps_both(world: World) -> None:
    async with contractor(world).run_test(size=(100, 30)) as pilot:
        await opened(pilot)
        await form(pilot, "n")
        await pilot.press("7", "escape")
        await seen(pilot, lambda: "draft kept, n resumes it" in shown(pilot))
        await form(pilot, "enter", "n")
        await pilot.press("end", "9", "escape", "q")
        await seen(pilot, lambda: "2 drafts kept, n resumes the last" in shown(pilot))
        await form(pilot, "n")
        assert pilot.app.screen.query_one("#amount", Input).value == "2400.009"
        await pilot.press("ctrl+x", "y")
        await seen(pilot, lambda: "draft kept, n resumes it" in shown(pilot))
        await form(pilot, "n")
        assert pilot.app.screen.query_one("#amount", Input).value == "7"
