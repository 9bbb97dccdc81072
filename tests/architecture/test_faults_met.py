"""A test that holds the right value where somebody met a fault says in a marker what holds, and where it was mended."""

import ast
import re

from tests.architecture.files import CHECKOUT, SOURCE, all_python, name, tree


def _markers() -> list[tuple[str, ast.Call]]:
    return [
        (name(file), node)
        for file in all_python()
        if file.is_relative_to(CHECKOUT / "tests")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault"
    ]


def test_each_marker_names_the_kind_and_a_file_that_exists() -> None:
    wrong = []
    for file, call in _markers():
        values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        if set(values) != {"kind", "mended"} or not any(
            (root / values["mended"]).is_file() for root in (SOURCE, CHECKOUT)
        ):
            wrong.append(f"{file}: {values}")
    assert not wrong


def test_each_kind_is_a_sentence_and_written_alike_wherever_it_stands() -> None:
    kinds = {
        ast.literal_eval(keyword.value) for _, call in _markers() for keyword in call.keywords if keyword.arg == "kind"
    }
    assert [kind for kind in kinds if kind[0].islower() or not kind.endswith(".") or "|" in kind or "\n" in kind] == []
    letters = [re.sub(r"\W+", " ", kind).casefold() for kind in kinds]
    assert len(set(letters)) == len(kinds)
