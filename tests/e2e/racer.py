"""One manager of a race: a process that decides what it is told, when it is told, by command line or as a desk.

Lines in: ``cli|desk approve|reject REQUEST-ID REVISION TERMS-HASH``. Lines out: ``ready``, then an exit code and
a sentence for each.
"""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from paydesk.manager.service import ManagerService


def by_command_line(person: str, word: str, request: str) -> tuple[int, str]:
    """Decide by command line; returns its exit code and what it said."""
    from paydesk.cli.main import run

    more = ("--cause", "duplicate") if word == "reject" else ("--allow-duplicate",)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["manager", word, request, *more, "--as", person])
    return code, (out.getvalue() + err.getvalue()).strip()


def as_desk(desk: "ManagerService", word: str, request: str, revision: int, digest: str) -> tuple[int, str]:
    """Decide as a desk does; returns the exit code that its error stands for."""
    from paydesk.cli.exits import EXIT_CODES
    from paydesk.domain.commands import Approve, Reject
    from paydesk.domain.decision import checked_cause
    from paydesk.domain.errors import PaydeskError

    decision = (UUID(request), desk.person, revision, digest)
    approval, rejection = Approve(*decision), Reject(*decision, checked_cause("duplicate", None))
    try:
        desk.execute(uuid4(), approval if word == "approve" else rejection, desk.hold_s)
    except PaydeskError as error:
        return EXIT_CODES[error.code], error.message
    return 0, ""


def main(home: str, person: str) -> None:
    """Take orders until the end of the input."""
    from pathlib import Path

    from paydesk.manager.service import ManagerService
    from paydesk.stack.embedded import EmbeddedStack

    desk = ManagerService(EmbeddedStack(Path(home)), person, 0)
    desk.open()
    desk.start(lambda _: None)
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        way, word, request, revision, digest = line.split()
        if way == "cli":
            code, printed = by_command_line(person, word, request)
        else:
            code, printed = as_desk(desk, word, request, int(revision), digest)
        print(code, printed.replace("\n", " "), flush=True)  # noqa: T201
    desk.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
