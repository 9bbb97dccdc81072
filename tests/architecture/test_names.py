"""Things are named by the field's words: no module, class or function by a word that only this project understands."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.files import CHECKOUT, SOURCE, all_python, sources, tree

CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PRIVATE_WORDS = {
    "shift",
    "board",
    "errand",
    "live_side",
    "own_topic",
    "amiss",
    "heard",
    "card",
    "room",
    "flat",
    "floor",
}
PRIVATE_WORDS |= {"front_door", "house"}
"""Words that named things here once, and say something else to whoever reads them for the first time."""
SAY_NOTHING = {"found", "told", "said", "one", "each", "what", "here"}
"""Words that do not say what a value is, where they are the whole name."""
DEFINITIONS = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def misnamed(names: Iterable[str]) -> list[str]:
    """Return the names that hold a private word, or are nothing but a word that says nothing."""
    return [name for name in names if _words(name) in SAY_NOTHING or _holds_private_word(_words(name))]


def _words(name: str) -> str:
    """Return a name in small letters, its words divided by ``_``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def _holds_private_word(words: str) -> bool:
    return any(f"_{private}_" in f"_{words}_" for private in PRIVATE_WORDS)


def defined(module: ast.Module) -> Iterator[str]:
    """Yield the names of a module's classes and functions, methods and inner ones included."""
    return (node.name for node in ast.walk(module) if isinstance(node, DEFINITIONS))


def held(module: ast.Module) -> Iterator[str]:
    """Yield the names of a module's variables and parameters, and of the attributes that it sets."""
    for node in ast.walk(module):
        match node:
            case ast.Name(name, ast.Store()) | ast.Attribute(_, name, ast.Store()) | ast.arg(name):
                yield name


def test_no_module_class_or_function_is_named_by_a_private_word() -> None:
    for file in sources():
        names = [*file.relative_to(SOURCE).with_suffix("").parts, *defined(tree(file))]
        assert not misnamed(names), file


def test_no_value_is_named_by_a_word_that_does_not_say_what_it_is() -> None:
    for file in (*all_python(), *(CHECKOUT / "bench").glob("*.py")):
        names = set(held(tree(file)))
        wrong = names & (SAY_NOTHING if SOURCE in file.parents else {"found", "told", "said"})
        assert not wrong, f"{file}: {wrong}"


@pytest.mark.parametrize(
    "sample", ["found = 1", "for one in all: ...", "def f(told): ...", "self.said = []", "[each for each in all]"]
)
def test_a_value_without_a_telling_name_is_met(sample: str) -> None:
    assert SAY_NOTHING & set(held(ast.parse(sample)))


@pytest.mark.parametrize(
    "sample",
    ["class Shift: ...", "class NightShift: ...", "def _own_topic_of(): ...", "def found(): ...", "class Told: ..."],
)
def test_a_private_word_in_a_name_is_met(sample: str) -> None:
    assert misnamed(defined(ast.parse(sample)))


def test_a_name_that_only_contains_the_letters_is_taken() -> None:
    assert not misnamed(defined(ast.parse("def discard(): ...\ndef clipboard(): ...\nclass KeyboardPlan: ...")))


def glossary() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the terms of the glossary, each with the files and names that it says to look at."""
    section = CONTRIBUTING.partition("\n## Glossary\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    return [(row[0].strip(), re.findall(r"`([\w/]+\.py)` `(\w+)`", row[2])) for row in rows]


def test_every_term_of_the_glossary_stands_where_it_says() -> None:
    rows = glossary()
    assert len(rows) >= 20 and len(dict(rows)) == len(rows), "each term has one row"
    for term, places in rows:
        assert places, f"{term}: names no place"
        for file, name in places:
            assert name in set(defined(tree(SOURCE / file))), f"{term}: {file} defines no {name}"
