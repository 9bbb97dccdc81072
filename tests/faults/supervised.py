"""Starts the supervisor of a stack whose broker listens beside the address that it tells, so that a proxy stands there.

``python -m tests.faults.supervised HOME``.
"""

import sys

from paydesk.stack import supervisor
from paydesk.stack.kafka_server import Kafka

BEHIND = "127.0.0.2"
"""Where the broker listens: of loopback too, and told to nobody."""


def main(home: str) -> None:
    """Be the supervisor."""
    environment = Kafka.environment
    Kafka.environment = lambda self: environment(self) | {"BROKER_HOST": BEHIND}  # type: ignore[method-assign]
    supervisor.main(home, "600")


if __name__ == "__main__":
    main(sys.argv[1])
