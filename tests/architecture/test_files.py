"""Every file keeps the rules of the site, and every rule has been seen to fail."""

import ast
from pathlib import Path

import pytest

from paydesk.role_names import ROLES
from tests.architecture import rules
from tests.architecture.files import CHECKOUT, SOURCE, all_python, modules_of, name, sources, tree

EVERYWHERE = (rules.short_file, rules.short_functions, rules.module_docstring, rules.no_leftovers)
FROZEN = "infra/migrations/versions"
"""Statements as the database was given them: never changed, so held to nothing but the length of a file."""
SCREENS = ("tui", "contractor", "manager")
PORTS = ("infra/core/ports.py", "infra/core/storage.py", "infra/core/transaction.py", "tui/port.py", "tui/keys/port.py")
PORTS += ("contractor/port.py", "manager/port.py")
STARTED_BY_NAME = {"paydesk.__main__", "paydesk.stack.supervisor", "paydesk.stack.userns"}
STARTED_BY_NAME |= {f"paydesk.{role}.{part}" for role in ROLES for part in ("app", "role", "service")}
STARTED_BY_NAME |= {"paydesk.infra.migrations.env"} | {
    f"paydesk.infra.migrations.versions.{file.stem}" for file in (CHECKOUT / "src" / "paydesk" / FROZEN).glob("*.py")
}
"""What is run, or loaded by Alembic or by the name of a command or a role, and so imported by nobody."""

BAD_SAMPLES: list[tuple[rules.Rule, str]] = [
    (rules.short_file, "\n" * 501),
    (rules.short_functions, "def f():\n" + "    pass\n" * 50),
    (rules.few_parameters, "def f(self, a, b, c, d, *, e, f, g):\n    pass"),
    (rules.small_ports, "class A(B, Protocol[C]):\n" + "".join(f"    def f{n}(self): ...\n" for n in range(13))),
    (rules.no_hooks, "def f(self):\n    raise NotImplementedError"),
    (rules.no_hooks, "def f(self):\n    raise NotImplementedError('below')"),
    (rules.module_docstring, "x = 1"),
    (rules.public_docstrings, 'class A:\n    """A."""\n    def f(self):\n        return 1'),
    (
        rules.documented_parameters,
        'def f(a, b, c, d):\n    """Do it.\n\n    Args:\n        a: A.\n        b: B.\n    """',
    ),
    (
        rules.documented_parameters,
        'class A:\n    """Meets ``paydesk.a``."""\n    def __init__(self, a, b, c, *, d): ...',
    ),
    (rules.documented_results, 'class A(Protocol):\n    def f(self) -> int:\n        """Try it."""'),
    (rules.no_leftovers, "# TO" + "DO later"),
    (rules.pure, "import psycopg"),
    (rules.pure, "from datetime import datetime\nx = datetime.now()"),
    (rules.cleaned_text, "Static(f'{copy.id}')"),
    (rules.cleaned_text, "Static(Content(copy.terms.description))"),
    (rules.cleaned_text, "app.notify(error.message, markup=False)"),
]


def broken(rule: rules.Rule, files: tuple[Path, ...]) -> list[str]:
    """Return what breaks a rule in these files."""
    return [f"{name(file)}: {wrong}" for file in files for wrong in rule(tree(file), file.read_text())]


def screens() -> tuple[Path, ...]:
    """Return the files that paint."""
    return tuple(file for file in sources() if file.relative_to(SOURCE).parts[0] in SCREENS)


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_every_file_keeps(rule: rules.Rule) -> None:
    assert not broken(rule, all_python())


@pytest.mark.parametrize(
    "rule",
    [rules.few_parameters, rules.small_ports, rules.no_hooks, rules.documented_parameters],
    ids=lambda rule: rule.__name__,
)
def test_every_file_of_the_program_keeps(rule: rules.Rule) -> None:
    assert not broken(rule, sources())


def test_no_class_stands_on_more_than_two_own_ones() -> None:
    assert not list(rules.long_chains(map(tree, sources())))


def test_a_chain_of_four_own_classes_is_found() -> None:
    sample = "class A: pass\nclass B(A): pass\nclass C(B[int]): pass\nclass D(C): pass"
    assert list(rules.long_chains([ast.parse(sample)])) == ["D < C < B < A"]


def test_every_public_thing_says_what_it_does() -> None:
    assert not broken(rules.public_docstrings, tuple(file for file in sources() if FROZEN not in file.as_posix()))


def test_every_method_of_a_port_says_what_it_returns() -> None:
    assert not broken(rules.documented_results, tuple(SOURCE / port for port in PORTS))


@pytest.mark.parametrize(
    "sample",
    [
        '@click.command()\ndef approve(a, b, c, d):\n    """Approve."""',
        'class A:\n    """Meets ``paydesk.b.B``."""\n    def f(self, a, b, c, d):\n        """Do it."""',
        "def _inner(a, b, c, d): ...",
    ],
)
def test_what_is_described_elsewhere_or_is_private_needs_no_parameters_in_its_docstring(sample: str) -> None:
    assert not list(rules.documented_parameters(ast.parse(sample), sample))


def test_the_domain_is_pure() -> None:
    files = tuple(file for file in sources() if file.is_relative_to(SOURCE / "domain"))
    assert len(files) > 5 and not broken(rules.pure, files)


def test_screens_clean_what_people_typed() -> None:
    assert not broken(rules.cleaned_text, screens())


@pytest.mark.parametrize(("rule", "sample"), BAD_SAMPLES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_bad_sample_breaks(rule: rules.Rule, sample: str) -> None:
    assert list(rule(ast.parse(sample), sample))


def test_no_module_is_dead() -> None:
    imported = set(STARTED_BY_NAME)
    for file in sources():
        imported |= set(modules_of(file))
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("paydesk."):
                imported.add(node.value)  # Commands and migrations are loaded by their name.
    modules = {".".join(file.relative_to(CHECKOUT / "src").with_suffix("").parts) for file in sources()}
    assert not {module for module in modules if not module.endswith("__init__")} - imported
