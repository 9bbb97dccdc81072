"""What a command does where no worker is at work, or none that answers: it starts one of its own."""

import time
from contextlib import closing

from paydesk.cli.session import ANOTHER_S, open_session
from paydesk.contractor.role import ROLE as CONTRACTOR
from paydesk.infra.postgres.lease import PostgresLease
from paydesk.manager.role import ROLE as MANAGER
from paydesk.stack.embedded import EmbeddedStack
from tests.cli.conftest import Paydesk, asked_for
from tests.conftest import until


def test_where_none_is_at_work_one_of_ones_own_takes_in_what_the_other_side_sent(paydesk: Paydesk, ada: str) -> None:
    number = asked_for(paydesk, ada)
    with open_session(MANAGER, "bo", reads=True) as session:
        session.catch_up()
        assert session.find(number).number == number and session.service.works


def test_a_holder_that_answers_nothing_is_waited_for_a_moment_and_then_looked_after(
    paydesk: Paydesk, ada: str, stack: EmbeddedStack
) -> None:
    with closing(PostgresLease(stack.endpoints("contractor").database_url, "contractor")) as lease:
        assert until(lease.take)
        began = time.monotonic()
        with open_session(CONTRACTOR, ada, reads=True) as session:
            session.catch_up()
            assert session.service.works and time.monotonic() - began >= ANOTHER_S
    assert paydesk("contractor", "list", f"from:{ada}").code == 0
