"""Keys of one's own: where they are read, and what is refused in words."""

from pathlib import Path

import pytest

from paydesk.cli import keymap as keys
from paydesk.cli.keymap import keymap
from paydesk.cli.main import run
from paydesk.settings_file import SettingsError, read_settings
from tests.architecture.test_keys import OURS


def of_file(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "paydesk.toml"
    file.write_text(text)
    return {"PAYDESK_CONFIG": str(file)}


def test_without_a_word_every_key_is_as_it_was(tmp_path: Path) -> None:
    assert keymap({}) == keymap({"PAYDESK_KEYS": ""}) == keymap(of_file(tmp_path, "hold_seconds = 3")) == {}


def test_keys_come_from_the_environment_or_the_file_as_they_are_written(tmp_path: Path) -> None:
    named = {"desk.quit": "slash,minus", "desk.filter": "f,comma", "desk.copy": "at"}
    assert keymap({"PAYDESK_KEYS": " ".join(f"{name}={key}" for name, key in named.items())}) == named
    wanted = {
        "manager.approve": "A,f5",
        "desk.help": "exclamation_mark",
        "form.send": "ctrl+j",
        "detail.back": "escape",
    }
    typed = "manager.approve=A,f5 desk.help=! form.send=^j detail.back=esc"
    assert keymap({"PAYDESK_KEYS": typed}) == wanted
    file = of_file(
        tmp_path,
        'person = "bo"\n[keys]\n"manager.approve" = ["A", "f5"]\n"desk.help" = "!"\n"form.send" = "^j"\n'
        '"detail.back" = "esc"\n',
    )
    assert keymap(file) == wanted
    assert keymap({**file, "PAYDESK_KEYS": "desk.quit=Q"}) == {"desk.quit": "Q"}
    assert read_settings({**file, "PAYDESK_KEYS": "desk.quit=Q"}).person == "bo"


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("manager.aprove=A", "nothing is called manager.aprove.", "Did you mean manager.approve?"),
        ("zzz=A", "nothing is called zzz.", "docs/keys.md"),
        ("manager.approve", "PAYDESK_KEYS has manager.approve.", "NAME=KEY"),
        ("manager.approve=hyper+z", "there is no key 'hyper+z'.", "a character"),
        ("manager.approve=x", "x would be manager.approve and manager.reject on one screen.", "another key"),
        ("manager.approve=j", "j would be manager.approve and table.down on one screen.", "another key"),
        ("manager.approve=A manager.undo=A", "A would be manager.approve and manager.undo", "another key"),
        ("insights.table=q", "q would be insights.back and insights.table on one screen.", "another key"),
        ("form.send=a", "a would be form.send, where it is typed.", "^s or f5"),
        ("filter.complete=space", "space would be filter.complete, where it is typed.", "^s or f5"),
    ],
)
def test_what_cannot_work_is_refused_in_words_that_name_the_place(typed: str, message: str, hint: str) -> None:
    with pytest.raises(SettingsError) as refused:
        keymap({"PAYDESK_KEYS": typed})
    assert "PAYDESK_KEYS" in refused.value.message and message in refused.value.message
    assert hint in refused.value.hint


def test_a_file_that_cannot_be_meant_is_refused_too(tmp_path: Path) -> None:
    for text in ("keys = 3", '[keys]\n"desk.quit" = 3'):
        with pytest.raises(SettingsError):
            keymap(of_file(tmp_path, text))
    with pytest.raises(SettingsError) as refused:
        keymap(of_file(tmp_path, '[keys]\n"desk.quid" = "Q"'))
    assert refused.value.message.startswith("[keys] in the settings file")


def test_two_keys_may_change_places_and_one_key_may_be_on_two_screens() -> None:
    assert keymap({"PAYDESK_KEYS": "manager.approve=x manager.reject=a insights.table=T"}) == {
        "manager.approve": "x",
        "manager.reject": "a",
        "insights.table": "T",
    }


def test_esc_goes_back_whatever_else_does() -> None:
    assert keymap({"PAYDESK_KEYS": "manager.unmark=b insights.back=Q"}) == {
        "manager.unmark": "b,escape",
        "insights.back": "Q,escape",
    }


def test_every_key_there_is_can_be_another() -> None:
    known = {name for screen in keys._contexts() for name in screen}
    assert known == set(OURS), "the list of screens is whole"


@pytest.mark.parametrize("role", ["contractor", "manager"])
def test_a_desk_does_not_start_with_a_key_that_cannot_work(
    role: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAYDESK_KEYS", "manager.aprove=A")
    assert run([role]) == 2
    printed = capsys.readouterr().err
    assert printed == "PAYDESK_KEYS: nothing is called manager.aprove. Did you mean manager.approve?\n"
