"""What a command that writes says when it is done, for one request or for several."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from paydesk.cli import output
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.duplicates import Alike
from paydesk.domain.errors import PaydeskError
from paydesk.domain.text import clean


class SomeFailed(PaydeskError):
    """Some of several items failed; each has said why."""

    code = "some_failed"


def report(
    copy: RequestCopy, changed: bool, *, as_json: bool, alike: Sequence[Alike] = (), warned: Sequence[str] = ()
) -> None:
    """Say what a command did; what stays queued is said, which other requests it looks like, and what is doubtful."""
    if as_json:
        twins = [{"number": each.number, "status": each.status, "why": each.why} for each in alike]
        besides = {"alike": twins, "warnings": list(warned)}
        told = {name: value for name, value in besides.items() if value}
        output.print_json(output.document(copy) | {"changed": changed} | told)
        return
    words = "" if changed else " (already so)"
    if copy.delivery is Delivery.QUEUED:
        words += "; it is kept and will be sent when Kafka answers"
    output.print_sentence(copy, words)
    for line in warned:
        click.echo(clean(line, 600), err=True)
    for each in alike:
        click.echo(clean(f"It looks like {each}.", 600), err=True)
    if alike:
        click.echo(clean(f"Not meant? paydesk contractor withdraw {copy.number}"), err=True)


def each_of(typed: Sequence[str], act: Callable[[str], None], *, as_json: bool, names: str = "request") -> None:
    """Let ``act`` do and tell each item. One: its own exit code. Several: ``SomeFailed`` when one failed."""
    failed = 0
    for item in typed:
        try:
            act(item)
        except PaydeskError as error:
            if len(typed) == 1:
                raise
            failed += 1
            refused(item, error, as_json, names)
    if failed:
        raise SomeFailed(f"{failed} of {len(typed)} failed.", "The lines above say which and why.")


def refused(item: str, error: PaydeskError, as_json: bool, names: str) -> None:
    """Say why one of several items failed, in its line of the results."""
    told: dict[str, Any] = {"code": error.code, "message": clean(error.message, 1000), "hint": clean(error.hint)}
    if as_json:
        output.print_json({names: clean(item), "error": told})
    else:
        click.echo(f"{clean(item)}  {told['message']} {told['hint']}".rstrip())
