"""What is wrong with keys and looks of one's own is found by doctor too, in the sentence with which a desk ends."""

from pathlib import Path

import pytest

from paydesk.cli.desk import look_of
from paydesk.cli.keymap import keymap
from paydesk.cli.main import run
from paydesk.settings import SettingsError

REFUSED = pytest.mark.fault(
    kind="A malformed setting becomes a line of doctor in words, and every other check still runs.",
    mended="cli/doctor.py",
)


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Have no setting but the folder of a stack that does not run, and an empty settings file; returns that file."""
    path = tmp_path / "paydesk.toml"
    path.touch(mode=0o600)
    monkeypatch.setenv("PAYDESK_CONFIG", str(path))
    monkeypatch.setenv("PAYDESK_HOME", str(tmp_path / "stack"))
    return path


@REFUSED
@pytest.mark.parametrize(
    ("variables", "in_file", "sentence"),
    [
        ({"PAYDESK_KEYS": "manager.aprove=A"}, "", "PAYDESK_KEYS: nothing is called manager.aprove."),
        ({}, '[keys]\n"manager.aprove" = "A"\n', "[keys] in the settings file: nothing is called manager.aprove."),
        ({}, "keys = 3\n", "is not a table."),
        ({"PAYDESK_THEME": "sepia"}, "", "PAYDESK_THEME names a look that there is not: sepia."),
    ],
)
def test_doctor_says_of_keys_and_looks_what_a_desk_says(
    variables: dict[str, str],
    in_file: str,
    sentence: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    file.write_text(in_file)
    with pytest.raises(SettingsError) as refused:
        look_of(None)
        keymap()
    assert sentence in refused.value.message
    assert run(["doctor"]) == 7
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✗ ") and lines[0].endswith(f" {refused.value.message}")
    assert lines[1].endswith(f"→ {refused.value.hint}")
    assert [line for line in lines[2:] if line.startswith("✗")] == []
    assert any(line.startswith("✓ embedded stack") for line in lines[2:]), "the other checks run"


@REFUSED
def test_a_settings_file_that_nobody_can_look_for_is_one_line_of_doctor(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", closed)
    monkeypatch.setenv("PAYDESK_THEME", "paper")
    assert keymap() == {}
    file.unlink()
    assert run(["doctor"]) == 7
    assert len([line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]) == 1
