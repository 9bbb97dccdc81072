"""What can go wrong outside the rules of the business: servers away, an outcome nobody knows, a schema too new."""

from paydesk.domain.errors import PaydeskError


class ServerDown(PaydeskError):
    """A needed server is away; nothing was written."""

    code = "server_down"


class OutcomeUnknown(PaydeskError):
    """The commit's answer was lost; the same command with the same key tells what became of it."""

    code = "outcome_unknown"


class SchemaTooNew(PaydeskError):
    """The schema was written by a newer program; this one would misread it."""

    code = "schema_too_new"


class WaitTimedOut(PaydeskError):
    """What was waited for did not happen in time."""

    code = "wait_timed_out"
