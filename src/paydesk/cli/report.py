"""What a command that writes says when it is done, for one request or for several."""

import logging
from collections.abc import Callable, Sequence
from shlex import quote
from typing import Any
from uuid import UUID

import click

from paydesk.cli import output
from paydesk.cli.session import DELIVER_S, Session
from paydesk.cli.streams import is_of_stream, say_aside
from paydesk.domain.copy import Delivery, RequestCopy
from paydesk.domain.duplicates import Alike
from paydesk.domain.errors import PaydeskError
from paydesk.domain.text import WHOLE, clean
from paydesk.infra.core.errors import OutcomeUnknown

log = logging.getLogger("paydesk.report")
_SENDS = "an open desk, a worker or the next command"
"""What carries to Kafka what a command left in the outbox: nothing does where none of them is."""


class SomeFailed(PaydeskError):
    """Some of several items failed; each has said why."""

    code = "some_failed"


class Unexpected(PaydeskError):
    """A mistake of the program itself met one of several items; the others are done all the same."""

    code = "unexpected"


def report(
    session: Session,
    copy: RequestCopy,
    changed: bool,
    *,
    as_json: bool,
    alike: Sequence[Alike] = (),
    warned: Sequence[str] = (),
) -> None:
    """Say what a command did; what stays queued is said, which other requests it looks like, and what is doubtful."""
    if as_json:
        besides = {"alike": output.twins(alike), "warnings": list(warned)}
        more = {name: value for name, value in besides.items() if value}
        output.print_json(output.document(copy) | {"changed": changed} | more)
        session.saved.mark_reported(copy.id)
        return
    words = "" if changed else " (already so)"
    if copy.delivery is Delivery.QUEUED and session.kafka_answers:
        words += f"; not acknowledged yet after {DELIVER_S:.0f} s; it is kept, and {_SENDS} sends it"
    elif copy.delivery is Delivery.QUEUED and session.kafka_trouble:
        words += f"; it is kept. {session.kafka_trouble} `paydesk doctor` tells what to do"
    elif copy.delivery is Delivery.QUEUED:
        words += f"; it is kept, and once Kafka answers {_SENDS} sends it"
    output.print_sentence(copy, words)
    session.saved.mark_reported(copy.id)
    for line in warned:
        say_aside(clean(line, WHOLE))
    for other in alike:
        say_aside(clean(f"It looks like {other}.", WHOLE))
    if alike:
        say_aside(clean(f"Not meant? paydesk contractor withdraw {copy.number}{session.as_person}"))


def each_of(
    session: Session, typed: Sequence[str], act: Callable[[str], None], *, as_json: bool, names: str = "request"
) -> None:
    """Let ``act`` do and tell each item. One: its own exit code. Several: ``SomeFailed`` when one failed."""
    failures: list[PaydeskError] = []
    for item in typed:
        try:
            act(item)
        except Exception as error:
            if len(typed) == 1 or is_of_stream(error):
                raise
            failures.append(in_words(session, error))
            refused(item, failures[-1], as_json, names)
            session.saved.mark_all_reported()
    conclude(session, failures, len(typed))


def conclude(session: Session, failures: Sequence[PaydeskError], count: int, more: str = "") -> None:
    """Say that some of several items failed, each of which has said why, or that of some it is not known.

    Raises ``SomeFailed`` or ``OutcomeUnknown``; ``more`` is said besides.
    """
    unknown = sum(failure.code == OutcomeUnknown.code for failure in failures)
    again = f"The lines above say which and why. The same again with --key {quote(session.word)} tries those alone"
    if unknown:
        message = f"{len(failures)} of {count} failed, and of {unknown} of them the result is not known."
        raise OutcomeUnknown(message, f"{again}{more}.", key=session.word, saved=[], unknown=[])
    if failures:
        raise SomeFailed(f"{len(failures)} of {count} failed.", f"{again}{more}.")


def in_words(session: Session, error: Exception, only: UUID | None = None) -> PaydeskError:
    """Return what kept one of several items from being done or told: as saved, where it is."""
    truth = session.saved.truth_of_unreported(error, only)
    if truth is not None:
        return truth
    if isinstance(error, PaydeskError):
        return error
    log.error("one of several items", exc_info=error)
    return Unexpected(f"Something went wrong that should not: {type(error).__name__}.", "The log tells more.")


def refused(item: str, error: PaydeskError, as_json: bool, names: str) -> None:
    """Say why one of several items failed, in its line of the results."""
    refusal: dict[str, Any] = {
        "code": error.code,
        "message": clean(error.message, WHOLE),
        "hint": clean(error.hint, WHOLE),
    }
    if as_json:
        output.print_json({names: clean(item), "error": refusal})
    else:
        click.echo(f"{clean(item)}  {refusal['message']} {refusal['hint']}".rstrip())
