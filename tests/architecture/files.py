"""What the rules look at: every file of the project, parsed once."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SOURCE = CHECKOUT / "src" / "paydesk"


@cache
def sources() -> tuple[Path, ...]:
    """Return every file of the program."""
    return tuple(sorted(SOURCE.rglob("*.py")))


@cache
def all_python() -> tuple[Path, ...]:
    """Return every Python file of the project, tests and tools included."""
    files = [file for folder in ("src", "tests", "tools", "docs") for file in (CHECKOUT / folder).rglob("*.py")]
    return tuple(sorted(files))


def name(file: Path) -> str:
    """Return a file's path within the project."""
    return file.relative_to(CHECKOUT).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    """Return a file, parsed."""
    return ast.parse(file.read_text(), name(file))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a file."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def modules_of(file: Path) -> Iterator[str]:
    """Yield the modules a file imports, wherever it does."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
