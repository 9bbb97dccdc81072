"""A manager's side without a screen, in a process of its own, so that nobody who reads a clock waits for its threads.

``python bench/deciding.py HOME`` prints ``working``; then each line of JSON with id, revision and terms_hash is an
approval, and the moment of its commit is printed, as ``time.perf_counter`` has it in every process of the machine.
"""

import json
import sys
import time
from pathlib import Path
from uuid import UUID, uuid4

from paydesk.domain.commands import Approve
from paydesk.infra.core.health import Duty
from paydesk.manager.commands import execute
from paydesk.manager.service import ManagerService
from paydesk.stack.embedded import EmbeddedStack

_POLL_S = 0.05


def main(home: str) -> None:
    """Decide until the input ends."""
    service = ManagerService(EmbeddedStack(Path(home)), "bo", 0)
    service.open()
    service.start(lambda _: None)
    while service.health().duty is not Duty.WORKING:
        time.sleep(_POLL_S)
    print("working", flush=True)
    for line in sys.stdin:
        decision = json.loads(line)
        execute(
            service.store(), uuid4(), Approve(UUID(decision["id"]), "bo", decision["revision"], decision["terms_hash"])
        )
        committed = time.perf_counter()
        service.nudge()
        print(committed, flush=True)
    service.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
