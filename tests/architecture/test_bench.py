"""The page about performance is what its program makes of the results that are kept, and names every benchmark."""

import ast
import json
import re
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from tests.architecture.files import CHECKOUT

BENCH = CHECKOUT / "bench"


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCH)
    return import_module("suite")


@pytest.fixture
def results(suite: ModuleType) -> dict[str, Any]:
    return json.loads(suite.RESULTS.read_text())


def test_the_page_about_performance_is_made_of_the_results(suite: ModuleType, results: dict[str, Any]) -> None:
    assert suite.DOCUMENT.read_text() == suite.page(results), "make it anew: .venv/bin/python bench/page.py"


def test_a_row_tells_medians_the_ratio_of_the_turns_and_what_is_wanted(suite: ModuleType) -> None:
    ratios = import_module("ratios")
    turns = [(1, 2), (2, 8), (4, 12)]
    row = ratios.Ratio.of("a row", "ms", "a floor", turns, ratios.Goal(4, 2.5)).row
    assert row == "| a row | a floor | 2 ms | 8 ms | 2.00 | 3.00 | 4.00 | ≤ 4, better 2.5 |"
    more = ratios.Ratio.of("a rate", "rows/s", "a floor", [(31_300, 1_650)], ratios.Goal(0.2, 0.5)).row
    assert more == "| a rate | a floor | 31,300 rows/s | 1,650 rows/s | 0.053 | 0.053 | 0.053 | ≥ 0.2, better 0.5 |"


def test_percentiles_are_values_that_were_measured(suite: ModuleType) -> None:
    percentile = import_module("ratios").percentile
    assert [percentile(range(1, 101), percent) for percent in (50, 99)] == [50, 99]
    assert percentile([7.0], 99) == 7.0


def test_every_benchmark_is_run_measured_and_says_what_it_does(suite: ModuleType, results: dict[str, Any]) -> None:
    programs = {file.stem: ast.parse(file.read_text()) for file in BENCH.glob("*.py")}
    measuring = {name for name, tree in programs.items() if "report(measure(" in ast.unparse(tree)}
    assert measuring == {*suite.NAMES} == {*results}
    for name in suite.NAMES:
        docstring = ast.get_docstring(programs[name]) or ""
        assert docstring.startswith(f"``python bench/{name}.py``: ") and "\n\n" in docstring
    headings = re.findall(r"^## (\S+)$", suite.DOCUMENT.read_text(), re.MULTILINE)
    assert headings == [name for name in suite.NAMES if name in results]
