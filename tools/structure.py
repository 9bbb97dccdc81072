"""Prints how the program is built, in figures: ``python tools/structure.py [CHECKOUT]``, before and after a change.

Which functions have too many parameters is printed too.
"""

import ast
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

SHORT, RUN, PARAMETERS = 60, 6, 5
"""A module of fewer lines needs a reason; so many equal lines are a duplicate; more parameters are many."""


def modules(source: Path) -> dict[str, Path]:
    """Return every module of the program by its dotted name."""
    return {
        ".".join(file.relative_to(source.parent).with_suffix("").parts).removesuffix(".__init__"): file
        for file in sorted(source.rglob("*.py"))
        if "versions" not in file.parts
    }


def imported(tree: ast.Module, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """Yield each own module that a file imports, and how deep in functions."""

    def walk(node: ast.AST, depth: int) -> Iterator[tuple[str, int]]:
        for child in ast.iter_child_nodes(node):
            deeper = depth + isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(child, ast.ImportFrom) and child.module:
                for alias in child.names:
                    inner = f"{child.module}.{alias.name}"
                    yield (inner if inner in known else child.module), depth
            elif isinstance(child, ast.Import):
                for alias in child.names:
                    yield alias.name, depth
            yield from walk(child, deeper)

    yield from walk(tree, 0)


def chains(trees: Iterable[ast.Module]) -> Iterator[list[str]]:
    """Yield for each own class the longest chain of own classes that it begins, each the base of the one before it."""
    bases: dict[str, list[str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                names = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
                bases[node.name] = [base.id for base in names if isinstance(base, ast.Name)]

    def chain(name: str) -> list[str]:
        above = [chain(base) for base in bases[name] if base in bases and base != name]
        return [name, *max(above, key=len, default=[])]

    return map(chain, bases)


def duplicates(files: list[Path]) -> int:
    """Return how many runs of equal lines stand more than once, imports and blank lines left out."""
    seen: Counter[tuple[str, ...]] = Counter()
    for file in files:
        lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        lines = [line for line in lines if line and not line.startswith(("from ", "import ", "#"))]
        seen.update(tuple(lines[at : at + RUN]) for at in range(len(lines) - RUN + 1))
    return sum(times > 1 for times in seen.values())


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many parameters a function has, without ``self`` and ``cls``."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in arguments)


def print_long_signatures(trees: dict[str, ast.Module]) -> None:
    """Print each function with more than six parameters, and how many it has."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and parameters(node) > PARAMETERS + 1:
                sys.stdout.write(f"    {name}:{node.lineno} {node.name} {parameters(node)}\n")


def main() -> None:
    """Measure and print."""
    checkout = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    known = modules(checkout / "src" / "paydesk")
    trees = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in known.items()}
    lengths = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in known.items()}
    importers: dict[str, set[str]] = defaultdict(set)
    late = 0
    for name, tree in trees.items():
        for other, depth in imported(tree, known):
            late += depth > 0
            if other in known:
                importers[other].add(name)
    functions = [
        node
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    counted = [parameters(each) for each in functions]
    notes = [
        ast.unparse(part)
        for each in functions
        for part in [each.returns, *(a.annotation for a in each.args.args)]
        if part
    ]
    alone = [
        name
        for name in known
        if len(importers[name]) == 1 and lengths[name] < SHORT and not known[name].stem.startswith("__")
    ]
    ordered = sorted(lengths.values())
    chain = max(chains(trees.values()), key=len, default=[])
    for label, figure in (
        ("files", len(ordered)),
        ("lines, median", round(statistics.median(ordered))),
        ("lines, p90", ordered[int(len(ordered) * 0.9)]),
        ("lines, longest", ordered[-1]),
        ("own classes in the longest chain", f"{len(chain)}  {' < '.join(chain)}"),
        (f"modules under {SHORT} lines with one importer", len(alone)),
        ("imports within functions", late),
        (f"runs of {RUN} equal lines", duplicates(list(known.values()))),
        (f"functions over {PARAMETERS} parameters", sum(count > PARAMETERS for count in counted)),
        ("functions over six parameters", sum(count > PARAMETERS + 1 for count in counted)),
        ("signatures with Any", sum("Any" in note.replace("AnyStr", "") for note in notes)),
    ):
        sys.stdout.write(f"{label:<46} {figure}\n")
    print_long_signatures(trees)


if __name__ == "__main__":
    main()
