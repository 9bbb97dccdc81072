"""What is released is checked: its heading in the changelog, and that the source archive gives the same wheel."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from tools import release

_NEEDED = dict.fromkeys(release.NEEDED, "")


def _wheel(file: Path, files: dict[str, str], version: str = "1.2.3") -> Path:
    with ZipFile(file, "w") as archive:
        for name, text in {**files, "paydesk-1.dist-info/METADATA": f"Version: {version}\n"}.items():
            archive.writestr(name, text)
    return file


def test_a_good_wheel_has_no_faults(tmp_path: Path) -> None:
    first, again = (_wheel(tmp_path / name, _NEEDED) for name in ("first", "again"))
    assert release.faults_of_wheel(first, again, "1.2.3") == []


def test_a_wheel_that_lacks_a_file_or_differs_from_the_archives_is_named(tmp_path: Path) -> None:
    few = dict.fromkeys(release.NEEDED[1:], "")
    first, again = _wheel(tmp_path / "first", few), _wheel(tmp_path / "again", few | {release.NEEDED[1]: "other"})
    assert release.faults_of_wheel(first, again, "1.2.4") == [
        f"the source archive gives another {release.NEEDED[1]}",
        f"the wheel lacks {release.NEEDED[0]}",
        "the wheel is of version 1.2.3, not 1.2.4",
    ]


@pytest.mark.parametrize(
    ("changelog", "faults"),
    [
        ("## [Unreleased]\n\n## [1.2.3] - 2026-11-30\n### Added\n- x\n", 0),
        ("## [Unreleased]\n- x\n", 1),
        ("## [Unreleased]\n- new\n\n## [1.2.3] - 2026-11-30\n", 1),
        ("## [Unreleased]\n\n## [1.2.3]\n", 1),
        ("## [Unreleased]\n\n## [1.2.30] - 2026-11-30\n", 1),
    ],
)
def test_a_version_has_a_heading_with_its_date_and_nothing_above_it(changelog: str, faults: int) -> None:
    assert len(release.faults_of_version("1.2.3", changelog)) == faults


@pytest.mark.long
def test_this_checkout_can_be_released(tmp_path: Path) -> None:
    assert release.built_and_checked(tmp_path, release.version_here()) == []
