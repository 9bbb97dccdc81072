"""A desk is live only where Redis answers in time and lets it publish and subscribe; a missing right is named."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
import redis

from paydesk.contractor.role import ROLE
from paydesk.infra.core.health import PartState
from paydesk.infra.diagnostics.probes import redis_findings
from paydesk.infra.redis.hints import HintListener, HintSender
from paydesk.settings import Endpoints
from paydesk.stack import binaries
from tests.conftest import until

RIGHTS = "&paydesk:contractor:* +publish +subscribe +unsubscribe +ping +hello +auth +client|setinfo"


@dataclass
class Own:
    """A Valkey of this test; a ``Servers`` for listeners and senders."""

    folder: Path
    process: subprocess.Popen[bytes]
    hints: list[frozenset[UUID] | None] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"unix://contractor:secret@{self.folder / 'v.sock'}"

    def grant(self, rights: str) -> None:
        """Give the contractor's login these rights and no others, and end its connections."""
        with redis.Redis(unix_socket_path=str(self.folder / "v.sock")) as admin:
            admin.execute_command("ACL", "SETUSER", "contractor", "reset", "on", ">secret", "-@all", *rights.split())
            admin.execute_command("CLIENT", "KILL", "USER", "contractor")

    def endpoints(self, _: str) -> Endpoints:
        return Endpoints("own", "", None, self.url)

    def notice(self) -> str:
        return ""

    def leave(self) -> str:
        return ""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    folder = tmp_path_factory.mktemp("v")
    command = [str(binaries.valkey()), "--port", "0", "--unixsocket", str(folder / "v.sock"), "--save", ""]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until((folder / "v.sock").exists)
        yield Own(folder, process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


@pytest.fixture
def listener(own: Own) -> Iterator[HintListener]:
    own.hints.clear()
    own.grant(RIGHTS)
    listener = HintListener(ROLE, own, own.hints.append)
    yield listener
    listener.stop()
    if listener.is_alive():
        listener.join(5)


@pytest.mark.fault(
    kind="A desk is live only while Redis answers in time and gives each right that is needed.",
    mended="infra/redis/hints.py",
)
@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        ("+publish", "Redis does not let this login PUBLISH."),
        ("+subscribe", "Redis does not let this login SUBSCRIBE."),
        ("&paydesk:contractor:*", "Redis does not let this login use the channel paydesk:contractor:changed."),
        ("+ping", "Redis does not let this login PING."),
    ],
)
def test_a_missing_right_is_named_and_the_desk_is_live_once_it_is_given(
    own: Own, listener: HintListener, without: str, sentence: str
) -> None:
    own.grant(RIGHTS.replace(without, ""))
    listener.start()
    until(lambda: listener.part.error == sentence)
    finding = redis_findings(ROLE, own.url)[0]
    assert not finding.ok and finding.seen == sentence and "stack provision" in finding.todo
    own.grant(RIGHTS)
    until(lambda: listener.part.state is PartState.OK)
    assert redis_findings(ROLE, own.url)[0].ok


@pytest.mark.long
@pytest.mark.fault(
    kind="A desk is live only while Redis answers in time and gives each right that is needed.",
    mended="infra/redis/hints.py",
)
def test_a_redis_that_hangs_without_closing_is_not_live_within_seconds(own: Own, listener: HintListener) -> None:
    listener.start()
    until(lambda: listener.part.state is PartState.OK)
    own.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: listener.part.state is PartState.DOWN, within_s=10)
        assert listener.part.error == "Redis does not answer."
    finally:
        own.process.send_signal(signal.SIGCONT)
    until(lambda: listener.part.state is PartState.OK)


@pytest.mark.fault(
    kind="A desk is live only while Redis answers in time and gives each right that is needed.",
    mended="infra/redis/hints.py",
)
def test_trying_whether_one_may_publish_wakes_no_desk(own: Own, listener: HintListener) -> None:
    listener.start()
    until(lambda: listener.part.state is PartState.OK)
    sender = HintSender(ROLE, own)
    sender.send({UUID(int=1)})
    sender.close()
    until(lambda: frozenset({UUID(int=1)}) in own.hints)
    assert own.hints == [None, frozenset({UUID(int=1)})]


@pytest.mark.fault(
    kind="A desk is live only while Redis answers in time and gives each right that is needed.",
    mended="infra/redis/hints.py",
)
def test_a_wrong_password_and_a_socket_where_nobody_listens_are_told_in_words(own: Own) -> None:
    wrong = redis_findings(ROLE, own.url.replace("secret", "not-the-password"))[0]
    away = redis_findings(ROLE, f"unix://{own.folder / 'nobody.sock'}")[0]
    assert (wrong.seen, away.seen) == ("Redis refused the login.", "Redis does not answer.")
    assert "not-the-password" not in wrong.seen + wrong.todo
