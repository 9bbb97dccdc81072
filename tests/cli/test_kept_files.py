"""The files of what stays between starts: each person has their own, and who names nobody has the first ones."""

import pytest

from paydesk.cli.desk import draft_file, filters_file, view_file
from paydesk.tui.state import KeptView


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("platformdirs.user_state_dir", lambda _: str(tmp_path))
    monkeypatch.delenv("PAYDESK_PERSON", raising=False)


def test_a_person_does_not_get_the_view_of_another() -> None:
    KeptView(view_file("contractor", "ada")).keep("embedded", filter="from:ada", sort="oldest first")
    assert KeptView(view_file("contractor", "ada")).of("embedded") == {"filter": "from:ada", "sort": "oldest first"}
    for other in (view_file("contractor", "grace"), view_file("contractor", None), view_file("manager", "ada")):
        assert KeptView(other).of("embedded") == {}
    assert filters_file("manager", "ada") != filters_file("manager", "grace")


def test_files_of_before_are_those_of_who_names_nobody() -> None:
    assert view_file("manager", None).name == "view-manager.json"
    assert filters_file("manager", None).name == "filters-manager.json"
    assert draft_file("contractor", None).name == "draft-contractor-login.json"


def test_a_person_named_by_the_environment_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYDESK_PERSON", "ada")
    assert view_file("manager", None) == view_file("manager", "ada")
    assert draft_file("contractor", None) == draft_file("contractor", "ada")
    assert filters_file("manager", None) == filters_file("manager", "ada")


def test_no_two_persons_share_a_file_whatever_their_names() -> None:
    names = (
        "ada",
        "login",
        "a.b",
        "a_b",
        "a b",
        "a/b",
        "../a",
        "Ada",
        "Ødegård",
        "x" * 200,
        "x" * 199 + "y",
        "北" * 60,
    )
    assert len({draft_file("contractor", name) for name in names}) == len(names)
    assert all(len(draft_file("contractor", name).name.encode()) < 150 for name in names)
    assert {draft_file("contractor", name).parent for name in names} == {draft_file("contractor", None).parent}
