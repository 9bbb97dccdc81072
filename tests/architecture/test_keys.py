"""Every key is on the page about keys, and has a command that does the same unless it only concerns the screen."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding

import paydesk
from paydesk.cli.main import paydesk as program
from tests.architecture.files import CHECKOUT
from tests.architecture.test_docs import commands

PACKAGES = ("paydesk.tui", "paydesk.contractor", "paydesk.manager", "paydesk.cli.demo")
OF_THE_SCREEN = ("move", "open", "back", "mark", "filter", "sort", "peek", "help", "palette", "theme", "quit")
"""What a key may do that no command line needs."""
TWINS = {
    "table.down": "move",
    "table.up": "move",
    "table.first": "move",
    "table.last": "move",
    "table.page_down": "move",
    "table.page_up": "move",
    "table.open": "open",
    "desk.filter": "filter",
    "desk.sort": "sort",
    "filter.clear": "filter",
    "filter.complete": "filter",
    "filter.older": "filter",
    "filter.newer": "filter",
    "filter.leave": "back",
    "desk.reload": "paydesk ROLE list",
    "desk.copy": "paydesk ROLE show",
    "desk.help": "help",
    "desk.palette": "palette",
    "desk.insights": "paydesk ROLE insights",
    "desk.health": "paydesk doctor",
    "desk.quit": "quit",
    "contractor.new": "paydesk contractor request",
    "contractor.revise": "paydesk contractor revise",
    "contractor.withdraw": "paydesk contractor withdraw",
    "contractor.everyone": "filter",
    "contractor.no_filter": "back",
    "contractor.detail.revise": "paydesk contractor revise",
    "contractor.detail.withdraw": "paydesk contractor withdraw",
    "contractor.detail.new": "paydesk contractor request",
    "contractor.detail.document": "paydesk contractor show",
    "form.send": "paydesk contractor request",
    "form.back": "back",
    "form.next": "move",
    "form.previous": "move",
    "form.discard": "back",
    "form.help": "help",
    "manager.approve": "paydesk manager approve",
    "manager.reject": "paydesk manager reject",
    "manager.undo": "paydesk manager undo",
    "manager.send": "paydesk manager send",
    "manager.mark": "mark",
    "manager.range": "mark",
    "manager.all": "mark",
    "manager.unmark": "back",
    "manager.decided": "filter",
    "manager.peek": "peek",
    "manager.detail.approve": "paydesk manager approve",
    "manager.detail.reject": "paydesk manager reject",
    "manager.detail.undo": "paydesk manager undo",
    "manager.detail.send": "paydesk manager send",
    "manager.detail.document": "paydesk manager show",
    "cause.duplicate": "paydesk manager reject",
    "cause.wrong_amount": "paydesk manager reject",
    "cause.missing_document": "paydesk manager reject",
    "cause.not_agreed": "paydesk manager reject",
    "cause.wrong_payee": "paydesk manager reject",
    "cause.needs_info": "paydesk manager reject",
    "cause.other": "paydesk manager reject",
    "cause.back": "back",
    "cause.note": "paydesk manager reject",
    "bulk.yes": "paydesk manager approve",
    "bulk.no": "back",
    "bulk.undo": "paydesk manager undo",
    "confirm.yes": "open",
    "confirm.no": "back",
    "detail.copy": "paydesk ROLE show",
    "detail.reload": "paydesk ROLE show",
    "detail.down": "move",
    "detail.up": "move",
    "detail.first": "move",
    "detail.last": "move",
    "detail.page_down": "move",
    "detail.page_up": "move",
    "detail.palette": "palette",
    "detail.help": "help",
    "detail.back": "back",
    "insights.table": "paydesk ROLE insights",
    "insights.reload": "paydesk ROLE insights",
    "insights.health": "paydesk doctor",
    "insights.palette": "palette",
    "insights.down": "move",
    "insights.up": "move",
    "insights.help": "help",
    "insights.back": "back",
    "health.palette": "palette",
    "health.help": "help",
    "health.back": "back",
    "help.close": "back",
    "help.down": "move",
    "help.up": "move",
    "app.suspend": "quit",
    "app.how_to_quit": "quit",
    "app.quit": "quit",
    "demo.other": "move",
    "demo.pause": "paydesk demo",
}


def bindings() -> Iterator[tuple[type, Binding]]:
    """Yield every key of our own screens, with the class that has it."""
    for module in pkgutil.walk_packages(paydesk.__path__, "paydesk."):
        if not module.name.startswith(PACKAGES):
            continue
        for owner in vars(importlib.import_module(module.name)).values():
            if isinstance(owner, type) and owner.__module__ == module.name:
                yield from (
                    (owner, binding) for binding in vars(owner).get("BINDINGS", ()) if isinstance(binding, Binding)
                )


OURS = {binding.id: binding for owner, binding in bindings() if binding.id is not None}


def test_every_key_of_a_screen_has_a_name_by_which_it_can_be_remapped() -> None:
    unnamed = {
        (owner.__name__, binding.key)
        for owner, binding in bindings()
        if binding.id is None and owner.__name__ != "Field"
    }
    assert not unnamed, "fields keep the keys of Textual's own; all others are ours"


def test_every_key_has_a_twin_on_the_command_line_or_only_concerns_the_screen() -> None:
    assert set(TWINS) == set(OURS)
    known = {*commands(program), *OF_THE_SCREEN}
    known |= {name.replace("paydesk contractor", "paydesk ROLE") for name in known}
    assert not {name: twin for name, twin in TWINS.items() if twin not in known}


def rows() -> list[str]:
    """Return the rows of the page about keys, as the bindings have it."""
    lines = []
    for name, binding in OURS.items():
        twin = TWINS[name]
        command = f"`{twin}`" if twin.startswith("paydesk") else ""
        keys = " ".join(f"`{shown(key)}`" for key in binding.key.split(","))
        meaning = binding.tooltip or binding.description or name.rpartition(".")[2].replace("_", " ")
        lines.append(f"| `{name}` | {keys} | {meaning} | {command} |".replace("|  |", "| |"))
    return sorted(lines)


def shown(key: str) -> str:
    """Return a key as the page writes it."""
    written = {"question_mark": "?", "colon": ":", "asterisk": "*", "escape": "esc", "slash": "/", "enter": "enter"}
    return written.get(key, key.replace("ctrl+", "^"))


def test_the_page_about_keys_has_every_key_and_no_other() -> None:
    page = (CHECKOUT / "docs" / "keys.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("| `")] == rows(), "\n" + "\n".join(rows())


@pytest.mark.parametrize("name", ["desk.help", "desk.quit", "manager.approve", "manager.reject", "contractor.new"])
def test_the_readme_names_the_first_keys(name: str) -> None:
    assert f"`{shown(OURS[name].key.split(',')[0])}`" in (CHECKOUT / "README.md").read_text()
