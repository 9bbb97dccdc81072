"""What can go wrong outside the rules of the business: servers away, an outcome nobody knows, a schema too new."""

from paydesk.domain.errors import PaydeskError
from paydesk.secrecy import hide


class ServerDown(PaydeskError):
    """A needed server is away; nothing was written."""

    code = "server_down"


class SettingRefused(PaydeskError):
    """A setting cannot be used, as a library found when it met it."""

    code = "settings"


class OutcomeUnknown(PaydeskError):
    """The commit's answer was lost; the same command with the same key tells what became of it."""

    code = "outcome_unknown"


class SchemaTooNew(PaydeskError):
    """The schema was written by a newer program; this one would misread it."""

    code = "schema_too_new"


class SchemaMissing(PaydeskError):
    """The database is there and the role's schema is not: it was dropped, or never made."""

    code = "server_down"


class NotNow(PaydeskError):
    """It cannot be done as the side stands, such as beside a worker of it; nothing was changed."""

    code = "not_now"


class StillRefused(PaydeskError):
    """A message that was not applied is still not: its bytes and the reason stay."""

    code = "still_refused"


class WaitTimedOut(PaydeskError):
    """What was waited for did not happen in time."""

    code = "wait_timed_out"


class StorageTrouble(Exception):
    """The database refuses something other than what a message says, such as a right or a table; retried, and loud."""


def sentence_of(error: BaseException) -> str:
    """Return an error in one line of at most some 200 characters, for a health line or a reason."""
    text = hide(next(iter(str(error).splitlines()), ""))[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
