"""Apache Kafka in KRaft mode, one node on loopback, with SCRAM logins and ACLs from its first start."""

import os
from pathlib import Path

from paydesk.stack import binaries, provision
from paydesk.stack.class_archive import ClassArchive
from paydesk.stack.errors import BrokerMissing, StackError
from paydesk.stack.home import Folder
from paydesk.stack.memory_broker import MemoryBroker
from paydesk.stack.servers import Server


class Kafka(Server):
    """The broker; its client port is chosen once and kept."""

    name = "kafka"
    stop_within_s = 25.0  # At its first end it writes its archive of classes, on a busy machine for long.

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder)
        ports = folder.read("ports.json")
        self.port = int(ports.get("kafka", 0))
        self._controller_port = int(ports.get("kafka_controller", 0))
        self._class_path: list[Path] = []
        self._provisioned = False

    @property
    def address(self) -> str:
        """The bootstrap server."""
        return f"127.0.0.1:{self.port}"

    def conf(self, login: str) -> dict[str, str]:
        """Return librdkafka's settings of a login."""
        return {
            "bootstrap.servers": self.address,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanisms": "PLAIN" if login == "stack" else "SCRAM-SHA-256",
            "sasl.username": login,
            "sasl.password": self.secrets[login],
        }

    def environment(self) -> dict[str, str]:
        """Return what the configuration file asks of the environment."""
        return {
            "BROKER_HOST": "127.0.0.1",
            "BROKER_PORT": str(self.port),
            "BROKER_CONTROLLER_PORT": str(self._controller_port),
            "BROKER_DATA": self._data.name,  # Below the folder it runs in: a comma would divide a path in two.
            "STACK_PASSWORD": self.secrets["stack"],
        }

    def stand_in(self, trouble: StackError) -> Server | None:
        """Return the in-memory broker, where the files of this one cannot be had."""
        if not isinstance(trouble, BrokerMissing):
            return None
        return MemoryBroker(self.folder, f"{trouble.message} {trouble.hint}".strip())

    def prepare(self) -> None:
        """Fetch the jars, choose the ports, format the storage once."""
        self._provisioned = False
        self._class_path = binaries.fetch_jars(self._progress, self.ending)
        ClassArchive().make_base()
        self.notice = ""
        self.port = self.folder.port("kafka")
        self._controller_port = self.folder.port("kafka_controller")
        if not (self._data / "meta.properties").exists():
            format_ = ["kafka.tools.StorageTool", "format", "-t", self.secrets["kafka_cluster"], "-c", _config()]
            self.run([*self._java("128m"), *format_], "Preparing Kafka's storage")

    @property
    def _data(self) -> Path:
        return self.folder.home / "kafka"

    def _progress(self, there: int, total: int) -> None:
        self.notice = f"fetching Kafka, {there >> 20} of {total >> 20} MB; what you save is kept"

    def _java(self, memory: str, *, leave_archive: bool = False) -> list[str]:
        log = f"-Dlog4j2.configurationFile={binaries.deploy('kafka/log4j2.properties')}"
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *ClassArchive().flags(leave=leave_archive)]
        class_path = os.pathsep.join(map(str, self._class_path))
        return [str(binaries.java()), f"-Xmx{memory}", *quick, log, "-cp", class_path]

    def command(self) -> list[str]:
        """Run the broker and its controller in one process."""
        return [*self._java("256m", leave_archive=True), "kafka.Kafka", _config()]

    def stopped(self) -> None:
        """Keep the archive of classes that the broker left at its end."""
        ClassArchive().keep(whole=self._provisioned)

    def ready(self) -> bool:
        """Whether the port takes a connection and the stack's login is let in."""
        return provision.kafka_answers(self.port, self.conf("stack"))

    def provision(self) -> None:
        """Make the logins, what each may do, and both topics."""
        logins = [provision.Login("stack", "stack", self.secrets["stack"]), *self.logins()]
        allowed = self.folder.read("options.json").get("test_topics", False)
        provision.kafka(provision.kafka_admin(self.conf("stack")), logins, test_topics=allowed)
        self._provisioned = True


def _config() -> str:
    return str(binaries.deploy("kafka/server.properties"))
