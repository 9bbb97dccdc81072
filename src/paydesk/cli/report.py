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
    """Print what a command did to a request; warnings and requests that look like it go to standard error.

    Args:
        session: The session of the command line.
        copy: The request after the command.
        changed: Whether the command changed something.
        as_json: Whether all of it is one JSON document.
        alike: The requests that this one looks like.
        warned: Sentences about doubtful fields.
    """
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
    """Do something for each item, whatever becomes of the others.

    Args:
        session: The session of the command line.
        typed: The items, as they were typed.
        act: Does it for one item, and prints the result.
        as_json: Whether a refusal is printed as JSON.
        names: The field that names the item there.

    Raises:
        Exception: What kept a single item from being done, or what the stream raised.
        SomeFailed: Some of several items failed.
        OutcomeUnknown: Of some of several items nobody knows whether they are saved.
    """
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
    """End a command about several items, each of which has printed its result.

    Args:
        session: The session of the command line.
        failures: Why items failed; empty where none did.
        count: How many items there were.
        more: The end of the sentence that says how to repeat the failed ones.

    Raises:
        SomeFailed: There are failures.
        OutcomeUnknown: Of some of them nobody knows whether they are saved.
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
    """Print why one of several items failed, in its line of the results.

    Args:
        item: The item, as it was typed.
        error: Why it failed.
        as_json: Whether the line is JSON.
        names: The field that names the item there.
    """
    refusal: dict[str, Any] = {
        "code": error.code,
        "message": clean(error.message, WHOLE),
        "hint": clean(error.hint, WHOLE),
    }
    if as_json:
        output.print_json({names: clean(item), "error": refusal})
    else:
        click.echo(f"{clean(item)}  {refusal['message']} {refusal['hint']}".rstrip())
