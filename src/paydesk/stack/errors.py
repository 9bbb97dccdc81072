"""What keeps the embedded stack from starting, in one sentence and what to do."""


class StackError(Exception):
    """The embedded stack cannot be had; ``message`` is one plain sentence, ``hint`` what to do."""

    code = "server_down"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BrokerMissing(StackError):
    """Apache Kafka cannot be had here, because its files or its Java are missing; the in-memory broker stands in."""


class NotInstalled(StackError):
    """The packages of the embedded servers are missing."""

    code = "settings"


class NotOurs(StackError):
    """The folder holds what paydesk did not make, so paydesk does nothing to it."""

    code = "settings"


class StillOpen(StackError):
    """Desks or workers use the stack; it stays as it is."""

    code = "not_now"
