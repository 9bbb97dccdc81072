"""One payment request all the way through both real desks, traced: the story is told by the files that the docs name.

What runs besides is listed there too, is mechanics, and takes no decision of the business.
"""

import ast
import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from textual.events import Key
from textual.pilot import Pilot

import paydesk.infra.postgres.schema  # noqa: F401  # imported before the trace: making tables is no part of the walk
from paydesk.contractor.app import ContractorApp
from paydesk.contractor.service import ContractorService
from paydesk.manager.app import ManagerApp
from paydesk.manager.inbox import ManagerInbox
from paydesk.manager.service import ManagerService
from paydesk.tui.state import KeptFiles
from tests.architecture.files import CHECKOUT, SOURCE, functions, sources, tree
from tests.conftest import Sides
from tests.tui.conftest import seen, shown

DOCS = (CHECKOUT / "docs" / "architecture.md").read_text()
MOST_STORY_LINES = 900
WITHIN_S = 60
REFUSALS = {"Conflict", "Stale", "AlreadyDecided", "TooLate", "NotAllowed"}
MECHANICS = {"infra", "tui", "stack", "settings.py", "settings_file.py", "libpq.py", "secrecy.py", "addresses.py"}
MECHANICS |= {"role_names.py"}


def section(title: str) -> str:
    """Return a section of docs/architecture.md."""
    match = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert match, f"docs/architecture.md has no section {title!r}"
    return match[1]


def named(text: str) -> list[str]:
    """Return the modules that a table or list names at the beginning of a line."""
    return re.findall(r"^(?:\| *\d+ *\| *|- )`([a-z_/0-9]+\.py)`", text, re.MULTILINE)


STORY = named(section("The story"))
BESIDES = named(section("What else runs"))


def shows(pilot: Pilot[None], words: str) -> Callable[[], bool]:
    """Return what looks whether the screen on top shows these words, however far apart."""
    return lambda: words in re.sub(" +", " ", shown(pilot))


def press(pilot: Pilot[None], *keys: str) -> None:
    """Hand keys to the desk, which takes them one after the other; the pilot would wait for all threads to rest."""
    for key in keys:
        pilot.app.post_message(Key(key, key if len(key) == 1 else None))


async def ask(pilot: Pilot[None]) -> None:
    """Be the contractor: ask, read why it is rejected, revise, and wait for the acceptance."""
    await seen(pilot, shows(pilot, "Press n to ask"), WITHIN_S)
    press(pilot, "n", *"1200.00", "tab", *"EUR", "tab", *"August retainer", "ctrl+s")
    await seen(pilot, shows(pilot, "✗ rejected"), WITHIN_S)
    press(pilot, "enter")
    await seen(pilot, shows(pilot, "Which invoice is it?"), WITHIN_S)
    press(pilot, "escape", "e")
    await seen(pilot, shows(pilot, "revise PR-"), WITHIN_S)
    press(pilot, "end", *["backspace"] * 7, *"120.00", "ctrl+s")
    await seen(pilot, shows(pilot, "✓ accepted"), WITHIN_S)


async def decide(pilot: Pilot[None]) -> None:
    """Be the manager: reject with a cause what arrives, then approve the revision."""
    await seen(pilot, shows(pilot, "ada 1,200.00 EUR"), WITHIN_S)
    press(pilot, "x")  # Not all at once: keys faster than anyone types decide nothing.
    await seen(pilot, shows(pilot, "1-7 rejects"), WITHIN_S)
    press(pilot, "6")
    await seen(pilot, shows(pilot, "enter rejects"), WITHIN_S)
    press(pilot, *"Which invoice is it?", "enter")
    await seen(pilot, shows(pilot, "S send now"), WITHIN_S)
    press(pilot, "S")
    await seen(pilot, shows(pilot, "ada 120.00 EUR"), WITHIN_S)
    (inbox,) = pilot.app.query(ManagerInbox)
    under = inbox.table.current
    await seen(pilot, lambda: under and not inbox.decisions.changes.changed(under.id, time.monotonic()), WITHIN_S)
    press(pilot, "a")
    await seen(pilot, shows(pilot, "S send now"), WITHIN_S)
    press(pilot, "S")
    await seen(pilot, shows(pilot, "Sent: PR-"), WITHIN_S)


def walk(sides: Sides, drafts: Path) -> None:
    """Walk through one request with both desks at work, each in a task of its own."""

    async def contractor() -> None:
        desk = ContractorService(sides, "ada", sides.contractor)
        app = ContractorApp(lambda: desk, files=KeptFiles(draft=drafts))
        try:
            async with app.run_test(size=(120, 36)) as pilot:
                await ask(pilot)
        finally:
            done.set()
            desk.close()

    async def manager() -> None:
        desk = ManagerService(sides, "bo", 30, sides.manager)
        app = ManagerApp(lambda: desk)
        try:
            async with app.run_test(size=(120, 36)) as pilot:
                await decide(pilot)
                await done.wait()
        finally:
            desk.close()

    async def both() -> None:
        await asyncio.gather(contractor(), manager())

    done = asyncio.Event()
    asyncio.run(both())


def executed(trace: Coverage) -> set[str]:
    """Return the modules of which a function ran; what only an import runs does not count."""
    data, files = trace.get_data(), set()
    for file in sources():
        ran = set(data.lines(str(file)) or ())
        inside = {
            line
            for function in functions(file)
            for line in range(function.body[0].lineno, (function.end_lineno or 0) + 1)
        }
        if ran & inside:
            files.add(file.relative_to(SOURCE).as_posix())
    return files


def refusals(file: Path) -> Iterator[str]:
    """Yield where a file refuses something for a reason of the business."""
    for node in ast.walk(tree(file)):
        if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
            continue
        made = node.exc.func
        if isinstance(made, ast.Name) and made.id in REFUSALS:
            yield f"{file.relative_to(SOURCE)}:{node.lineno} raises {made.id}"


def lines_read(text: str) -> int:
    """Return how many lines there are to read: without what a docstring lists of arguments, results and errors."""
    lists = re.findall(r"\n\n +(?:Args|Attributes|Returns|Raises):\n[^\"]*", text)
    return len(text.splitlines()) - sum(lines.count("\n") - 1 for lines in lists)


def test_lists_of_a_docstring_are_no_lines_to_read_and_all_else_is() -> None:
    function = (
        'def f(a):\n    """Do it.\n\n    Args:\n        a: This.\n\n    Raises:\n        B: That.\n    """\n    do(a)\n'
    )
    assert lines_read(function) == 4 and lines_read(function * 2) == 8 and lines_read("a = 1\n\nb = 2\n") == 3


def test_the_story_is_short_and_every_file_is_there() -> None:
    lines = {name: lines_read((SOURCE / name).read_text()) for name in STORY}
    assert len(lines) == 9 and sum(lines.values()) < MOST_STORY_LINES, lines


@pytest.mark.long
def test_what_runs_is_the_story_and_what_is_listed_besides(sides: Sides, tmp_path: Path) -> None:
    trace = Coverage(data_file=None, include=[f"{SOURCE}/*"])
    trace.start()
    try:
        walk(sides, tmp_path / "draft.json")
    finally:
        trace.stop()
    files = executed(trace)
    assert set(STORY) <= files
    assert files - set(STORY) <= set(BESIDES), "docs/architecture.md does not list these"
    assert set(BESIDES) <= files, "docs/architecture.md lists what did not run"


def test_no_rule_of_the_business_is_outside_the_story() -> None:
    elsewhere = [file for file in sources() if file.relative_to(SOURCE).as_posix() not in STORY]
    assert not [wrong for file in elsewhere for wrong in refusals(file)]
