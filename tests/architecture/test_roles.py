"""The roles fit each other: nobody shares a schema or a topic, and what one receives exactly one other publishes.

Each has every part of a role: settings, login, user of Valkey, topic, group of commands, service and desk.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest

from paydesk.cli.groups import LazyGroup
from paydesk.cli.main import paydesk
from paydesk.domain.events import EventType
from paydesk.infra.core.role import Role
from paydesk.infra.service import DeskService
from paydesk.role_names import OWN_TOPIC, ROLES
from paydesk.settings_file import SETTINGS, RoleSettings
from paydesk.stack.home import Folder
from paydesk.stack.provision import valkey_users
from paydesk.tui.app import DeskApp
from tests.architecture.files import SOURCE

KNOWN: list[Role] = [
    import_module(f"paydesk.{file.parent.name}.role").ROLE
    for file in sorted(SOURCE.glob("*/role.py"))
    if file.parent.name != "infra"
]
CONTRACTOR, MANAGER = sorted(KNOWN, key=lambda role: role.name)[:2]
AUDITOR = Role(
    name="auditor",  # type: ignore[arg-type]  # No such role is there.
    source="/paydesk/auditor",
    writes="paydesk.auditor.answers.v1",
    reads=(MANAGER.writes,),
    publishes=frozenset(),
    receives=MANAGER.publishes,
    receives_from=MANAGER.source,
    load_apply=CONTRACTOR.load_apply,
)


def misfits(roles: Sequence[Role]) -> Iterator[str]:
    """Yield what does not fit between these roles."""
    for field in ("name", "source", "channel", "group"):
        values = [getattr(role, field) for role in roles]
        if len(set(values)) < len(values):
            yield f"two roles share a {field}"
    written = [role.writes for role in roles]
    if len(set(written)) < len(written):
        yield "two roles write one topic"
    for role in roles:
        for kind in role.receives:
            writers = [other for other in roles if other is not role and kind in other.publishes]
            if len(writers) != 1:
                yield f"{role.name} receives {kind}, which {len(writers)} others publish"
            elif (writers[0].source, writers[0].writes) != (role.receives_from, *role.reads):
                where = f"from {role.receives_from} on {role.reads}"
                yield f"{role.name} receives {kind} {where}, where nobody publishes it"
    for kind in EventType:
        if sum(kind in role.publishes for role in roles) != 1:
            yield f"{kind} is not published by exactly one role"


def test_the_roles_fit() -> None:
    assert sorted(role.name for role in KNOWN) == sorted(ROLES)
    assert not list(misfits(KNOWN))


def test_a_role_that_only_reads_is_one_more() -> None:
    assert not list(misfits([*KNOWN, AUDITOR]))


@pytest.mark.parametrize(
    "bad",
    [
        replace(MANAGER, name="contractor"),
        replace(MANAGER, writes=CONTRACTOR.writes),
        replace(MANAGER, publishes=MANAGER.publishes | CONTRACTOR.publishes),
        replace(MANAGER, publishes=frozenset(list(MANAGER.publishes)[1:])),
        replace(MANAGER, source="/elsewhere"),
        replace(MANAGER, reads=("some.other.topic",)),
    ],
    ids=["schema", "topic", "published by both", "published by nobody", "source", "received where nobody publishes"],
)
def test_a_bad_role_is_seen(bad: Role) -> None:
    assert list(misfits([CONTRACTOR, bad]))


def part(role: str, module: str, name: str) -> object:
    """Return what a module of a role has to define; None where it does not."""
    try:
        return getattr(import_module(f"paydesk.{role}.{module}"), name, None)
    except ModuleNotFoundError:
        return None


def has_settings(role: str) -> bool:
    return {f"{role}_{own.name}" for own in fields(RoleSettings)} <= SETTINGS.keys()


def has_login(role: str) -> bool:
    with TemporaryDirectory() as folder:
        return role in Folder(Path(folder) / "stack").secrets()


def has_user_of_valkey(role: str) -> bool:
    users = [line.split() for line in valkey_users({"stack": "x", role: "y"}).splitlines()]
    return any(user[:2] == ["user", role] and {">y", f"&paydesk:{role}:*", "-@all"} <= set(user) for user in users)


def has_own_topic(role: str) -> bool:
    known = part(role, "role", "ROLE")
    return isinstance(known, Role) and (known.name, known.writes) == (role, OWN_TOPIC.get(role))


def has_group(role: str) -> bool:
    group = paydesk.get_command(click.Context(paydesk), role)
    return isinstance(group, LazyGroup) and {"list", "show", "worker"} <= group.leaves.keys()


def has_service(role: str) -> bool:
    made = part(role, "service", "open_service")
    service = inspect.signature(made).return_annotation if callable(made) else None
    return isinstance(service, type) and issubclass(service, DeskService)


def has_desk(role: str) -> bool:
    app = part(role, "app", "APP")
    options = inspect.signature(app).parameters if isinstance(app, type) and issubclass(app, DeskApp) else {}
    return {"look", "files", "keys"} <= options.keys() and isinstance(part(role, "app", "SCREENS"), tuple)


PARTS: Mapping[str, Callable[[str], bool]] = {
    "settings": has_settings,
    "login": has_login,
    "user of Valkey": has_user_of_valkey,
    "own topic": has_own_topic,
    "group of commands": has_group,
    "service": has_service,
    "desk": has_desk,
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", PARTS)
def test_every_role_has_each_part(name: str, role: str) -> None:
    assert PARTS[name](role), f"{role} has no {name}"


def test_a_role_without_its_parts_is_seen() -> None:
    assert [name for name, has in PARTS.items() if not has("auditor")] == list(PARTS)
