"""A schema that was dropped while the servers run is made anew by the next command, where the servers are ours."""

from dataclasses import dataclass

import psycopg
import pytest

from paydesk.infra.core.errors import SchemaMissing
from paydesk.infra.diagnostics.checkup import check_role
from paydesk.infra.migrations import prepare
from paydesk.infra.worker.worker import Worker
from paydesk.stack.servers import Postgres
from tests.conftest import Sides, until
from tests.worker.test_worker import ask, count

MENDED = pytest.mark.fault(
    kind="A schema that is gone is made anew and read back, or who can make it is told how.",
    mended="infra/migrations/__init__.py",
)


@dataclass(frozen=True)
class Own(Sides):
    """Servers of one's own, which this program does not make."""

    def mend(self) -> bool:
        return False


def drop(sides: Sides) -> None:
    with psycopg.connect(Postgres(sides.stack.folder).url("stack", sides.database), autocommit=True) as admin:
        admin.execute("DROP SCHEMA contractor CASCADE")


@MENDED
def test_the_next_command_makes_a_dropped_schema_anew_and_reads_back_what_others_hold(sides: Sides) -> None:
    ask(sides, 3)
    worker = Worker(sides.contractor, sides)
    worker.start()
    until(lambda: count(sides, sides.contractor, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 3)
    worker.stop()
    drop(sides)
    findings = {finding.name: finding for finding in check_role(sides.contractor, sides.endpoints("contractor"))}
    assert not findings["contractor PostgreSQL"].ok and "provision" in findings["contractor PostgreSQL"].todo
    own = Own(sides.stack, sides.database, sides.contractor, sides.manager)
    with pytest.raises(SchemaMissing, match="contractor") as refused:
        prepare(own, "contractor")
    assert "paydesk stack provision" in refused.value.hint
    assert not prepare(sides, "contractor")
    worker = Worker(sides.contractor, sides)
    worker.start()
    until(lambda: count(sides, sides.contractor) == 3)
    worker.stop()
