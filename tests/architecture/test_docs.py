"""The documents are true: every setting, command and file they name is there, and none is left out."""

import ast
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

from paydesk.cli.exits import EXIT_CODES
from paydesk.cli.main import paydesk
from paydesk.domain.filter_text import FIELDS, parse_filter
from paydesk.role_names import ROLES
from paydesk.settings import ASCII_KEY, CONFIG_KEY, KEYS_KEY, THEME_KEY
from paydesk.settings_file import PREFIX, SETTINGS
from tests.architecture.files import CHECKOUT, SOURCE
from tests.tui import scene

README = (CHECKOUT / "README.md").read_text()
PAPERS = [CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAPERS += sorted((CHECKOUT / "docs").rglob("*.md"))
ADRS = sorted(file for file in (CHECKOUT / "docs" / "adr").glob("[0-9]*.md"))
FOLDERS = ["src", "tests", "docs", "deploy", "bench", r"\.ci", r"\.github"]
FOLDERS += ["domain", "infra", "tui", "contractor", "manager", "stack", "cli"]
ADR_PARTS = ("Date: ", "Status: ", "## Context", "## Options", "## Decision", "## Consequences")


def described(model: str) -> list[tuple[str, str]]:
    """Return the fields of a class of settings, each with the sentence under it."""
    module = ast.parse((SOURCE / "settings_file.py").read_text())
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == model)
    return [
        (field.target.id, ast.literal_eval(text.value))
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(field.target, ast.Name)
    ]


def settings_rows() -> list[str]:
    """Return the table of settings as the README has to have it, from the fields and the sentences under them."""
    rows = [f"| `{CONFIG_KEY}` | | The TOML file of these same settings, names in small letters without the prefix. |"]
    rows.append(f"| `{ASCII_KEY}` | | `1`: the marks of the screens in ASCII. From the environment alone. |")
    looks = "The look of the screens: `dusk`, `paper` or `contrast`. From the environment alone."
    rows.append(f"| `{THEME_KEY}` | | {looks} |")
    keys = "Keys of one's own, `NAME=KEY` with blanks between; in the file a table `[keys]`"
    rows.append(f"| `{KEYS_KEY}` | | {keys} ([how](docs/keys.md)). |")
    own = described("RoleSettings")
    of_roles = [(f"{role}_{name}", sentence.format(role=role)) for role in ROLES for name, sentence in own]
    for name, sentence in (*of_roles, *described("Settings")):
        default = SETTINGS[name].default
        written = f"`{default}`" if isinstance(default, str | int) else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {written} | {sentence} |".replace("|  |", "| |"))
    return rows


def commands(group: click.Group, before: str = "paydesk") -> dict[str, click.Command]:
    """Return every command by the words with which it is called."""
    known: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        known[f"{before} {name}"] = command
        if isinstance(command, click.Group):
            known |= commands(command, f"{before} {name}")
    return known


def test_the_readme_has_every_setting_and_no_other() -> None:
    rows = settings_rows()
    assert len(rows) == 4 + len(SETTINGS)
    assert re.findall(r"^\| `PAYDESK_.*$", README, re.MULTILINE) == rows, "\n".join(rows)


def test_the_page_about_filters_has_every_field_and_no_other() -> None:
    page = (CHECKOUT / "docs" / "filter.md").read_text()
    assert re.findall(r"^\| `([a-z]+)` \| `(.+)` \| (.+) \|$", page, re.MULTILINE) == [
        (name, example, says) for name, (example, says) in FIELDS.items()
    ]
    for typed in re.findall(r"^    (.+)$", page, re.MULTILINE):
        assert parse_filter(typed).conditions


def test_every_setting_that_is_read_elsewhere_is_documented() -> None:
    read = {word for file in SOURCE.rglob("*.py") for word in re.findall(r"PAYDESK_[A-Z_]+[A-Z]", file.read_text())}
    assert not {word for word in read if word not in README}


@pytest.mark.parametrize("words", sorted(commands(paydesk)))
def test_the_docs_name_every_command(words: str) -> None:
    both = words.replace("paydesk contractor", "paydesk ROLE").replace("paydesk manager", "paydesk ROLE")
    text = "\n".join(file.read_text() for file in PAPERS)
    assert words in text or both in text


def test_commands_in_the_docs_are_there() -> None:
    known = commands(paydesk)
    for file in PAPERS:
        for words in re.findall(r"\bpaydesk (?:contractor|manager|stack|doctor|demo)(?: [a-z-]+)?", file.read_text()):
            group = " ".join(words.split()[:2])
            later = " ".join(words.split()[:3])
            if isinstance(known[group], click.Group) and later != group:
                assert later in known, f"{file.name}: {words}"


def test_targets_of_make_in_the_docs_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = {word for file in PAPERS for word in re.findall(r"(?:^ +|`)make ([a-z-]+)", file.read_text(), re.MULTILINE)}
    assert len(named) > 8 and named <= targets


def test_the_readme_has_every_exit_code() -> None:
    named = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert named >= set(EXIT_CODES.values()) | {0}


@pytest.mark.parametrize("file", PAPERS, ids=lambda file: file.relative_to(CHECKOUT).as_posix())
def test_what_a_paper_links_to_is_there(file: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text()):
        assert (file.parent / target).exists(), target


@pytest.mark.parametrize("file", PAPERS, ids=lambda file: file.relative_to(CHECKOUT).as_posix())
def test_files_that_a_paper_names_are_there(file: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[^`* ]*)`", file.read_text())
    for name in named:
        assert (CHECKOUT / name).exists() or (SOURCE / name).exists(), name


@pytest.mark.parametrize("file", ADRS, ids=lambda file: file.stem)
def test_a_decision_is_a_page_with_all_its_parts(file: Path) -> None:
    text = file.read_text()
    assert [part for part in ADR_PARTS if part not in text] == []
    assert len(text.splitlines()) <= 60
    assert f"({file.name})" in (file.parent / "README.md").read_text()


def test_the_picture_shows_both_desks_and_fetches_nothing() -> None:
    text = (CHECKOUT / "docs" / "desks.svg").read_text()
    words = " ".join("".join(ElementTree.fromstring(text).itertext()).replace("\xa0", " ").split())
    assert "docs/desks.svg" in README
    assert all(word in words for word in ("paydesk contractor", "paydesk manager", "✗ rejected", "u undo"))
    assert "url(" not in text.replace("url(#", "") and "@import" not in text and "<script" not in text


@pytest.mark.fault(kind="Pictures in the documents need no font that a reader may not have.", mended="docs/desks.svg")
def test_pictures_in_the_documents_are_of_letters_that_all_fonts_have(monkeypatch: pytest.MonkeyPatch) -> None:
    first_of_other_scripts = "\u2e80"
    text = (CHECKOUT / "docs" / "desks.svg").read_text()
    painted = "".join(ElementTree.fromstring(text).itertext())
    assert max(painted) < first_of_other_scripts
    monkeypatch.setattr(scene, "ASKS", list(scene.ASKS))
    assert max("".join(text for *_, text in scene.ASKS)) > first_of_other_scripts, "the screens' tests have others too"
    scene.for_documents()
    assert max("".join(text for *_, text in scene.ASKS)) < first_of_other_scripts


def test_nothing_in_the_project_names_a_machine() -> None:
    kept = [file for file in CHECKOUT.iterdir() if file.is_file() and file.name not in (".git", ".env", ".coverage")]
    for folder in ("src", "tests", "tools", "docs", "deploy", "bench", ".ci", ".github"):
        kept += [file for file in (CHECKOUT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert len(kept) > 200
    for file in kept:
        if file.suffix not in (".svg", ".html"):
            text = file.read_text(errors="replace")
            assert not re.search(r"(?<![\w.$}])/(?:work|root|home)/\w", text), file
