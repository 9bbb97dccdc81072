"""``paydesk contractor`` and ``paydesk manager``: each alone opens the desk; a command needs no screen."""

from collections.abc import Mapping

import click

from paydesk.cli.groups import LazyGroup, Leaf
from paydesk.cli.options import Caller, as_person, with_look
from paydesk.role_names import ROLES, RoleName

_OF_ALL = {
    "insights": Leaf(
        "paydesk.cli.insights",
        "insights",
        "Count requests per day, by age, by currency, and how long deciding takes.",
    ),
    "list": Leaf("paydesk.cli.list_show", "list_", "List requests, newest first."),
    "quarantine": Leaf(
        "paydesk.cli.quarantine",
        "quarantine",
        "Messages that could not be applied: quarantined, or parked until they are understood.",
    ),
    "settle": Leaf(
        "paydesk.cli.quarantine",
        "settle",
        "Note how a locked request was settled; it stays locked, and doctor names it no more.",
    ),
    "show": Leaf("paydesk.cli.list_show", "show", "Show one request with its decision and its timeline."),
    "wait": Leaf(
        "paydesk.cli.role_commands", "wait", "Wait until a request is rejected, or finally accepted or withdrawn."
    ),
    "worker": Leaf("paydesk.cli.role_commands", "worker", "Run the worker without a screen, until ^c or SIGTERM."),
}
_OF_CONTRACTOR = {
    "request": Leaf("paydesk.cli.contractor", "request", "Ask for a payment."),
    "revise": Leaf(
        "paydesk.cli.contractor",
        "revise",
        "Change a request that waits or was rejected; an empty value clears an optional field.",
    ),
    "withdraw": Leaf("paydesk.cli.contractor", "withdraw", "Ask for a request back; the manager's side confirms it."),
}
_OF_MANAGER = {
    "approve": Leaf(
        "paydesk.cli.manager",
        "approve",
        "Approve requests, each as this side has it now, or exactly the revision that is said; - reads them.",
    ),
    "reject": Leaf("paydesk.cli.manager", "reject", "Reject requests and say why; - reads them from standard input."),
    "send": Leaf("paydesk.cli.manager", "send", "Send decisions of yours now that a desk still holds."),
    "undo": Leaf("paydesk.cli.manager", "undo", "Take back a decision of yours while a desk holds it."),
}

_OWN: Mapping[RoleName, Mapping[str, Leaf]] = {"contractor": _OF_CONTRACTOR, "manager": _OF_MANAGER}
"""What only one role does; a role that only reads has nothing here."""


def _role_group(role: RoleName) -> click.Group:
    """Return the group of a role: its own commands and those of all; without a command it opens the desk."""

    @click.group(
        role,
        cls=LazyGroup,
        leaves=dict(sorted({**_OF_ALL, **_OWN.get(role, {})}.items())),
        invoke_without_command=True,
        help=f"The {role}'s desk; with a command, the same without a screen.",
    )
    @as_person
    @with_look
    @click.pass_context
    def group(ctx: click.Context, person: str | None, look: str | None) -> None:
        ctx.obj = Caller(role, person)
        if ctx.invoked_subcommand is None:
            _open_desk(role, person, look)

    return group


def _open_desk(role: RoleName, person: str | None, look: str | None) -> None:
    from paydesk.cli.desk import open_desk

    open_desk(role, person, look)


_GROUPS: Mapping[str, click.Group] = {role: _role_group(role) for role in ROLES}


def __getattr__(name: str) -> click.Group:
    """Return the group of a role; ``Leaf`` asks for it by the role's name."""
    if name not in _GROUPS:
        raise AttributeError(name)
    return _GROUPS[name]
