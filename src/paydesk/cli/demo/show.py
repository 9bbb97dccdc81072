"""Both desks of the demo on its stage, until the person quits."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from paydesk.cli.demo.app import ShowApp
from paydesk.cli.demo.stage import ASKS, DECIDES, HOLD_S, Stage
from paydesk.cli.demo.told import told_by
from paydesk.contractor.desk import ContractorService
from paydesk.infra.migrations import migrate
from paydesk.manager.desk import ManagerService


def show(stage: Stage, keys: Mapping[str, str]) -> None:
    """Show the demo on its stage until the person quits. Raises what kept a desk from opening."""
    migrating = threading.Lock()

    def ready(make: Callable[[], Any]) -> Any:
        # Alembic has one context in a process, and here two roles open in one.
        with migrating:
            for role in stage.roles:
                migrate(stage.url(role), role.name)
        return make()

    contractor, manager = stage.roles
    app = ShowApp(
        partial(ready, partial(ContractorService, stage, ASKS)),
        partial(ready, partial(ManagerService, stage, DECIDES, HOLD_S)),
        lambda: told_by(stage, contractor, manager) + told_by(stage, manager, contractor),
        notice=stage.notice,
        keys=keys,
    )
    app.run()
    if app.failure is not None:
        raise app.failure
    if app.return_code:
        raise SystemExit(app.return_code)
