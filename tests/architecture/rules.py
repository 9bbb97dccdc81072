"""The rules for every file, each a function from a parsed file to what breaks it, so that bad samples can be tried."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator

from tools.structure import chains, parameters

MOST_FILE_LINES = 500
MOST_FUNCTION_LINES = 50
MOST_PARAMETERS = 6
MOST_CLASSES = 3
MOST_METHODS = 12
MOST_UNNAMED = 3
"""A public function with more parameters says what each of them is."""

PLAIN = {"abc", "collections", "dataclasses", "datetime", "difflib", "enum", "hashlib", "itertools", "json", "re"}
PLAIN |= {"bisect"}
PLAIN |= {"typing", "unicodedata", "urllib", "uuid", "iso4217", "paydesk", "decimal", "functools", "types", "math"}
"""All that the domain may import."""
IMPURE = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "open", "print", "input"}

TYPED_BY_PEOPLE = {"description", "reference", "document", "pay_to", "contractor", "note", "decided_by", "actor"}
TYPED_BY_PEOPLE |= {"number", "message", "hint"}
WIDGETS = {"Static", "Label", "notify"}

Rule = Callable[[ast.Module, str], Iterator[str]]


def short_file(_: ast.Module, text: str) -> Iterator[str]:
    """A file that can be read in one sitting."""
    lines = len(text.splitlines())
    if lines > MOST_FILE_LINES:
        yield f"{lines} lines, {MOST_FILE_LINES} are the most"


def short_functions(tree: ast.Module, _: str) -> Iterator[str]:
    """A function that can be seen at once."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                yield f"{node.name} has {lines} lines, {MOST_FUNCTION_LINES} are the most"


def few_parameters(tree: ast.Module, _: str) -> Iterator[str]:
    """A call that can be read without counting; more than six values are one value of their own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = parameters(node)
            if count > MOST_PARAMETERS:
                yield f"{node.name} has {count} parameters, {MOST_PARAMETERS} are the most"


def small_ports(tree: ast.Module, _: str) -> Iterator[str]:
    """A protocol that an adapter, or a fake, can meet at a glance; its parts, which are properties, do not count."""
    for node in ast.walk(tree):
        bases = [ast.unparse(base) for base in node.bases] if isinstance(node, ast.ClassDef) else []
        if isinstance(node, ast.ClassDef) and any(base.startswith("Protocol") for base in bases):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
            count = sum("property" not in map(ast.unparse, method.decorator_list) for method in methods)
            if count > MOST_METHODS:
                yield f"{node.name} has {count} methods, {MOST_METHODS} are the most"


def no_hooks(tree: ast.Module, _: str) -> Iterator[str]:
    """A part takes what it needs as an argument; it does not leave a method open for a class below it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(raised, ast.Name) and raised.id == "NotImplementedError":
                yield f"line {node.lineno} leaves a method open for a class below"


def long_chains(trees: Iterable[ast.Module]) -> Iterator[str]:
    """Yield each class that stands on more own classes than ``MOST_CLASSES``, itself included."""
    for chain in chains(trees):
        if len(chain) > MOST_CLASSES:
            yield " < ".join(chain)


def module_docstring(tree: ast.Module, _: str) -> Iterator[str]:
    """What a file is for, in its first line."""
    if not ast.get_docstring(tree):
        yield "says nowhere what it is for"


def public_docstrings(tree: ast.Module, _: str) -> Iterator[str]:
    """What each public thing does; what is inside a function is nobody else's."""
    places: list[ast.Module | ast.ClassDef] = [tree]
    while places:
        place = places.pop()
        for node in place.body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if isinstance(node, ast.ClassDef):
                places.append(node)
            body = node.body[0]
            promise = isinstance(body, ast.Expr) and isinstance(body.value, ast.Constant) and body.value.value is ...
            if not node.name.startswith("_") and not ast.get_docstring(node) and not promise:
                yield f"{node.name} has no docstring"


def documented_parameters(tree: ast.Module, _: str) -> Iterator[str]:
    """A call can be written without reading the function: where it has many parameters, ``Args`` names each.

    The help of a command of the command line is for persons, and what meets a port is described there.
    """
    places: list[ast.Module | ast.ClassDef] = [tree]
    while places:
        place = places.pop()
        for node in place.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.append(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and parameters(node) > MOST_UNNAMED:
                documented = place if node.name == "__init__" else node
                if documented is node and (node.name.startswith("_") or _is_command(node) or _meets_a_port(place)):
                    continue
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                names = {argument.arg for argument in arguments if argument.arg.strip("_")} - {"self", "cls"}
                if missing := names - _named_arguments(documented):
                    yield f"{node.name} does not say what {', '.join(sorted(missing))} is"


def _named_arguments(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the names in the section ``Args`` of a docstring."""
    section = re.search(r"^Args:\n((?: +.*\n?)+)", ast.get_docstring(node) or "", re.MULTILINE)
    return set(re.findall(r"^ {4}(\w+): \S", section[1], re.MULTILINE)) if section else set()


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(re.match(r"(\w+\.)?command\(", ast.unparse(decorator)) for decorator in node.decorator_list)


def _meets_a_port(place: ast.Module | ast.ClassDef) -> bool:
    return isinstance(place, ast.ClassDef) and (ast.get_docstring(place) or "").startswith("Meets ``paydesk.")


def documented_results(tree: ast.Module, _: str) -> Iterator[str]:
    """For ports: a method with a result begins with ``Return`` or ``Yield``, or has a section that says what it is."""
    for node in ast.walk(tree):
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or method.name == "__init__":
                continue
            results = method.returns is not None and ast.unparse(method.returns) != "None"
            is_property = "property" in map(ast.unparse, method.decorator_list)
            stated = re.search(
                r"\A(Return|Yield)\b|^(Returns|Yields):\n +\S", ast.get_docstring(method) or "", re.MULTILINE
            )
            if results and not is_property and not stated:
                yield f"{node.name}.{method.name} does not say what it returns"


def no_leftovers(_: ast.Module, text: str) -> Iterator[str]:
    """Nothing is put off, and nothing that was removed is told of."""
    for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"):
        if word in text:
            yield f"holds {word}"


def pure(tree: ast.Module, _: str) -> Iterator[str]:
    """For the domain: standard library that computes, the currency table, and nothing that looks at the world."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.partition(".")[0] not in PLAIN:
                yield f"imports {name}"
        called = node.func if isinstance(node, ast.Call) else None
        word = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
        if word in IMPURE:
            yield f"calls {word}()"


def cleaned_text(tree: ast.Module, _: str) -> Iterator[str]:
    """For screens: a widget gets a literal or ``Content``, and what people typed goes through ``clean`` before it."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = _called(call)
        if name in WIDGETS and call.args and not _is_literal_or_content(call.args[0]):
            yield f"line {call.lineno}: {name} gets {ast.unparse(call.args[0])}"
        if name in WIDGETS or name == "Content" or name.startswith("Content."):
            for argument in call.args:
                for raw in _uncleaned(argument):
                    yield f"line {call.lineno}: {raw} is not cleaned"


def _called(call: ast.Call) -> str:
    func = call.func
    if isinstance(func, ast.Attribute):
        owner = func.value.id if isinstance(func.value, ast.Name) else ""
        return f"{owner}.{func.attr}" if owner == "Content" else func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _is_literal_or_content(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        node = node.func.value  # Such as ``Content("\n").join(lines)``.
    return isinstance(node, ast.Call) and _called(node).partition(".")[0] == "Content"


def _uncleaned(node: ast.AST) -> Iterator[str]:
    """Yield the attributes that hold what people typed, outside of any call to ``clean``."""
    if isinstance(node, ast.Call) and _called(node) in ("clean", "shown_name", "Content", "state_text"):
        return
    if isinstance(node, ast.Attribute) and node.attr in TYPED_BY_PEOPLE:
        yield ast.unparse(node)
        return
    for child in ast.iter_child_nodes(node):
        yield from _uncleaned(child)
