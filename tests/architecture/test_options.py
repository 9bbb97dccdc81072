"""What every command takes: a key where it writes, JSON where it prints, and the README names what does not."""

from collections.abc import Iterator

import click
import pytest

from paydesk.cli.groups import LazyGroup, Leaf
from paydesk.cli.main import paydesk
from tests.architecture.files import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
READS = frozenset({"list", "show", "insights", "wait", "worker", "quarantine list", "quarantine show"})
"""What a role's commands do without writing; whatever else there is, or comes, writes."""
NO_JSON = frozenset({"worker", "completion", "demo"})
"""What prints no result."""


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that is no group, with its path."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            leaf = command.get_command(context, name)
            assert leaf is not None
            yield from leaves(leaf, f"{path} {name}".strip())
    else:
        yield path, command


COMMANDS = dict(leaves(paydesk))


def lazy(group: click.Command) -> Iterator[tuple[str, Leaf]]:
    """Yield what each lazy group says of its commands."""
    if isinstance(group, LazyGroup):
        for name, leaf in group.leaves.items():
            yield name, leaf
            yield from lazy(leaf.load())


LAZY = list(lazy(paydesk))


@pytest.mark.parametrize(("name", "leaf"), LAZY, ids=[f"{leaf.module}-{name}" for name, leaf in LAZY])
def test_a_lazy_group_says_of_a_command_what_the_command_says_of_itself(name: str, leaf: Leaf) -> None:
    command = leaf.load()
    assert command.name == name
    for width in (20, 62, 1000):
        assert leaf.stub.get_short_help_str(width) == command.get_short_help_str(width)


def options(command: click.Command) -> set[str]:
    return {name for option in command.params if isinstance(option, click.Option) for name in option.opts}


@pytest.mark.fault(
    kind="Every command that writes takes --key, every one that prints takes --json, or the README says which do not.",
    mended="cli/options.py",
)
@pytest.mark.parametrize("path", COMMANDS)
def test_what_writes_takes_a_key_and_a_name_and_what_prints_takes_json(path: str) -> None:
    role, _, name = path.partition(" ")
    taken = options(COMMANDS[path])
    if role in ("contractor", "manager"):
        assert "--as" in taken and ("--key" in taken or name in READS)
    if (name or role) in NO_JSON:
        assert "--json" not in taken
        assert f"`{name or role}`" in README.partition("All that print take `--json`")[2].partition("\n\n")[0]
    else:
        assert "--json" in taken


@pytest.mark.fault(
    kind="What looks like another request says so, and is approved only by somebody who says that both are meant.",
    mended="README.md",
)
def test_every_pipe_into_approve_in_the_documents_leaves_out_what_looks_alike() -> None:
    papers = [*(CHECKOUT / "docs").glob("*.md"), CHECKOUT / "README.md"]
    pipes = [line for paper in papers for line in paper.read_text(encoding="utf-8").splitlines() if "jq -r" in line]
    assert len(pipes) >= 2 and all("select(.alike == [])" in line for line in pipes if "approve -" in line)
