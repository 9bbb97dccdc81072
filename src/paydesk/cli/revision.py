"""A request as it is typed, with the revision that is meant: ``PR-1042@2``, or ``--revision 2`` beside it."""

import re

import click

from paydesk.domain.errors import InvalidInput, UnknownRequest

SAY_ONE = "Say one of them."
REQUEST = re.compile(r"(?:[A-Za-z0-9]+-[A-Za-z0-9-]+|[0-9]+|(?:…|\.{1,3})[0-9A-Fa-f]+)(?:@.*)?")
"""How a number, an id or the end of an id looks, with or without a revision; whether it exists is asked later."""
_MAX_DIGITS = 9
_ALONE = "Write requests alone, such as PR-1042@2."

exact_revision = click.option("--revision", type=click.IntRange(min=1), help="Exactly this revision, and no other.")


def request_and_revision(item: str, revision: int | None) -> tuple[str, int | None]:
    """Return what is named and which revision of it. Raises where that cannot be told, or is said in two ways."""
    words = item.split()
    if len(words) > 1 and not all(map(REQUEST.fullmatch, words)):
        raise UnknownRequest("There is more on this line than requests, so nothing of it was taken.", _ALONE)
    name, at, number = item.rpartition("@")
    if not at:
        return item, revision
    example = f"such as {name or 'PR-1042'}@2"
    if not (number.isascii() and number.isdigit()):
        raise InvalidInput.of("revision", f"Write the revision as a number, {example}.")
    if len(number) > _MAX_DIGITS or int(number) < 1:
        raise InvalidInput.of("revision", f"Revisions count from 1, and have at most {_MAX_DIGITS} digits, {example}.")
    if revision not in (None, int(number)):
        raise InvalidInput.of("revision", f"{name} is named with revisions {number} and {revision} at once. {SAY_ONE}")
    return name, int(number)
