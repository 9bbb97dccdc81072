"""What a contractor does: request, revise, ask to withdraw; each in one transaction with its event."""

from typing import assert_never

from paydesk.domain import commands
from paydesk.domain.commands import AskWithdrawal, ContractorCommand, RequestPayment, RevisePayment
from paydesk.domain.errors import UnknownRequest
from paydesk.domain.payment_request import RequestRegister
from paydesk.domain.refusals import refuse_locked
from paydesk.infra.core.command_key import CommandResult, Key
from paydesk.infra.core.execute import Execution, executing, publish
from paydesk.infra.core.storage import Storage


def execute(store: Storage, key: Key, command: ContractorCommand) -> CommandResult:
    """Execute a command of a contractor once, whole or not at all.

    Args:
        store: The contractor's own schema.
        key: The id of the command; the same one again gives the same answer.
        command: The command.

    Returns:
        The request, and whether the command changed something.

    Raises:
        PaydeskError: A rule refuses it, such as ``Conflict``, ``NotAllowed`` or ``Stale``.
        UnknownRequest: There is no such request here, or what was asked for is lost.
        KeyReused: The key was used with other content.
        CopiedSchema: The schema is a copy, and only reads.
        ServerDown: The database is away; nothing was written.
        OutcomeUnknown: Only the answer to the commit was lost.
    """
    with executing(store, key, command) as execution:
        if execution.is_new:
            match command:
                case RequestPayment():
                    execution.changed = _request(execution, command)
                case RevisePayment() | AskWithdrawal():
                    execution.changed = _change(execution, command)
                case _:
                    assert_never(command)
    return execution.result


def _request(execution: Execution, command: RequestPayment) -> bool:
    """Ask for a payment; returns whether it was not asked for before."""
    known = execution.transaction.requests.heads([command.id], "request").get(command.id)
    if known is not None and known.version is not None:
        # Asked before, and only the topic remembers: a later version came back from there, its beginning did not.
        return False
    number = execution.transaction.numbers.next()
    _write(execution, commands.request_payment(command, number, execution.store.now()))
    return True


def _change(execution: Execution, command: RevisePayment | AskWithdrawal) -> bool:
    """Change the terms, or ask for the request back; returns whether that changed anything."""
    row = execution.transaction.requests.get(command.id)
    if row.request is None:
        # Said once, lost since with schema and topic: a reader still holds it, and it will be locked for that.
        refuse_locked(row.locked, "This request")
        raise UnknownRequest(
            "What was asked here is lost: only a decision about it is known.",
            "The two sides are comparing what they hold; `paydesk doctor` lists what a person has to settle.",
        )
    if isinstance(command, RevisePayment):
        register = commands.revise_payment(command, row.request, row.decision, locked=row.locked)
    else:
        register = commands.ask_withdrawal(command, row.request, row.decision, locked=row.locked)
    if register is None:
        return False
    _write(execution, register)
    return True


def _write(execution: Execution, register: RequestRegister) -> None:
    transaction, now = execution.transaction, execution.store.now()
    content_hash = publish(transaction, execution.store.role, register, execution.author(now))
    transaction.requests.write(register, content_hash, now)
