"""Keys of one's own: ``PAYDESK_KEYS``, or ``[keys]`` in the settings file; refused in words where they cannot work."""

import contextlib
import difflib
import importlib
import os
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from textual.keys import REPLACED_KEYS, Keys
from textual.screen import Screen

from paydesk.role_names import ROLES
from paydesk.settings import KEYS_KEY, KEYS_TABLE, SettingsError, config_path
from paydesk.tui.app import DeskApp
from paydesk.tui.desk.pane import RequestListPane
from paydesk.tui.table.request_table import RequestTable
from paydesk.tui.textual_private import key_of

_SCREENS = (
    "paydesk.tui.app",
    "paydesk.tui.desk.filter_line",
    "paydesk.tui.screens.detail",
    "paydesk.tui.screens.dialogs",
    "paydesk.tui.screens.health",
    "paydesk.tui.screens.insights",
    "paydesk.tui.table.request_table",
    "paydesk.cli.demo.app",
)
"""Where keys are declared that are of no role; a test holds it to every module there is."""
_WRITTEN = {"esc": "escape"}
_WHERE_ONE_TYPES = ("form.", "filter.")


def keymap(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the keys that are to be others, by the name of what they do. Raises ``SettingsError``."""
    variables = os.environ if environment is None else environment
    typed = variables.get(KEYS_KEY)
    chosen = dict(_pairs(typed)) if typed is not None else dict(_of_file(variables))
    if not chosen:
        return {}
    where = KEYS_KEY if typed is not None else "[keys] in the settings file"
    keys = {name: ",".join(_key(key, where) for key in given.split(",")) for name, given in chosen.items()}
    screens = list(_contexts())
    usual = {name: keys_of_it for screen in screens for name, keys_of_it in screen.items()}
    for name, given in keys.items():
        # What esc does it always does: words everywhere say so.
        if "escape" in usual.get(name, "").split(",") and "escape" not in given.split(","):
            keys[name] = f"{given},escape"
    _check(keys, screens, where)
    return keys


def _pairs(typed: str) -> Iterator[tuple[str, str]]:
    for pair in typed.split():
        name, _, keys = pair.partition("=")
        if not keys:
            _refuse(
                f"{KEYS_KEY} has {pair}.", "Write NAME=KEY, such as manager.approve=A; several with blanks between."
            )
        yield name, keys


def _of_file(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the keys of the settings file; what else is wrong with the file is told by who reads the rest of it."""
    path = config_path(variables)
    try:
        if not path.is_file():
            return
        given = tomllib.loads(path.read_text(encoding="utf-8-sig")).get(KEYS_TABLE, {})
    except (OSError, ValueError):
        return
    if not isinstance(given, dict):
        _refuse(f"keys in {path} is not a table.", 'Write [keys], and under it lines such as "manager.approve" = "A".')
    for name, keys in given.items():
        several = keys if isinstance(keys, list) else [keys]
        if not all(isinstance(key, str) for key in several):
            _refuse(f"[keys] in {path}: {name} is no key.", 'Write it as "A", or several as ["A", "f5"].')
        yield name, ",".join(several)


def _key(typed: str, where: str) -> str:
    """Return a key as Textual calls it: ``A``, ``?``, ``^x``, ``f5``, ``esc`` or ``question_mark``."""
    key = _WRITTEN.get(typed.strip(), typed.strip())
    if len(key) == 2 and key.startswith("^"):
        key = f"ctrl+{key[1].lower()}"
    if len(key) == 1:
        return key_of(key)
    named = {known.value for known in Keys if not known.value.startswith("<")} | set(REPLACED_KEYS)
    with contextlib.suppress(KeyError):
        named.add(key_of(unicodedata.lookup(key.replace("_", " "))))
    if key not in named:
        _refuse(f"{where}: there is no key {typed!r}.", "Write a character, ^x, f5, esc, enter, tab or such as comma.")
    return key


def _is_character(key: str) -> bool:
    return len(key) == 1 or (key not in {known.value for known in Keys}) or key == "space"


def _check(keys: Mapping[str, str], screens: Sequence[Mapping[str, str]], where: str) -> None:
    """Refuse what is no key of ours, and one key for two things on one screen."""
    names = {name for screen in screens for name in screen}
    for name in keys:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            _refuse(f"{where}: nothing is called {name}.", f"Did you mean {near[0]}?" if near else "See docs/keys.md.")
        typed = [key for key in keys[name].split(",") if _is_character(key)]
        if typed and name.startswith(_WHERE_ONE_TYPES):
            _refuse(f"{where}: {typed[0]} would be {name}, where it is typed.", "Give it a key such as ^s or f5.")
    for screen in screens:
        by_key: defaultdict[str, list[str]] = defaultdict(list)
        for name, usual in screen.items():
            for key in dict.fromkeys(keys.get(name, usual).split(",")):
                by_key[key].append(name)
        for key, names_of_it in by_key.items():
            if len(names_of_it) > 1 and any(name in keys for name in names_of_it):
                both = " and ".join(sorted(names_of_it)[:2])
                _refuse(f"{where}: {key} would be {both} on one screen.", "Give one of them another key.")


def _contexts() -> Iterator[dict[str, str]]:
    """Yield, for every screen, the keys that work on it together, by name."""
    always = _declared(DeskApp)
    for owner in _classes():
        if issubclass(owner, Screen):
            yield always | _declared(owner)
        elif issubclass(owner, RequestListPane):
            yield always | _declared(RequestTable) | _declared(owner)
        else:
            yield _declared(owner)


def _classes() -> Iterator[type[Any]]:
    of_roles = [name for role in ROLES for name in importlib.import_module(f"paydesk.{role}.app").SCREENS]
    for name in (*_SCREENS, *of_roles):
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and value.__module__ == name and "BINDINGS" in vars(value):
                yield value


def _declared(owner: type[Any]) -> dict[str, str]:
    """Return the keys that a class declares, by name; what it shares with others is declared by it anew."""
    return {key.id: key.key for key in vars(owner)["BINDINGS"] if getattr(key, "id", None)}


def _refuse(message: str, hint: str) -> NoReturn:
    raise SettingsError(message, hint)
