"""Apache Kafka in KRaft mode, one node on loopback, with SCRAM logins and ACLs from its first start."""

import os
import socket
from pathlib import Path
from typing import Any

from paydesk.stack import binaries
from paydesk.stack.class_archive import ClassArchive
from paydesk.stack.folder import Folder
from paydesk.stack.servers import DECISIONS, REQUESTS, Server

TEST_TOPICS = "test."
"""Topics that begin so are for test runs, where the stack was told to allow them."""


class Kafka(Server):
    """The broker; its client port is chosen once and kept."""

    name = "kafka"

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder)
        self.port = int(folder.read("ports.json").get("kafka", 0))
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
            "sasl.mechanisms": "SCRAM-SHA-256",
            "sasl.username": login,
            "sasl.password": self.secrets[login],
        }

    def prepare(self) -> None:
        """Fetch the jars, write the configuration, format the storage once."""
        self._provisioned = False
        self._class_path = binaries.fetch_jars(self._progress, self.ending)
        ClassArchive().make_base()
        self.notice = ""
        home = self.folder.home
        config = binaries.deploy("kafka/server.properties").read_text()
        self.port = self.folder.port("kafka")
        for name, value in {
            "port": str(self.port),
            "controller_port": str(self.folder.port("kafka_controller")),
            "data_dir": str(home / "kafka"),
            "stack_password": self.secrets["stack"],
        }.items():
            config = config.replace(f"{{{name}}}", value)
        self._config.touch(mode=0o600)
        self._config.write_text(config)
        if not (home / "kafka" / "meta.properties").exists():
            scram = f"SCRAM-SHA-256=[name=stack,password={self.secrets['stack']}]"
            cluster = ["-t", self.secrets["kafka_cluster"], "-c", str(self._config), "--add-scram", scram]
            self.run([*self._java("128m"), "kafka.tools.StorageTool", "format", *cluster], "Preparing Kafka's storage")

    @property
    def _config(self) -> Path:
        return self.folder.home / "kafka.properties"

    def _progress(self, there: int, total: int) -> None:
        self.notice = f"fetching Kafka, {there >> 20} of {total >> 20} MB; your requests are kept"

    def _java(self, memory: str, *, leave_archive: bool = False) -> list[str]:
        log = f"-Dlog4j2.configurationFile={binaries.deploy('kafka/log4j2.properties')}"
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *ClassArchive().flags(leave=leave_archive)]
        class_path = os.pathsep.join(map(str, self._class_path))
        return [str(binaries.java()), f"-Xmx{memory}", *quick, log, "-cp", class_path]

    def command(self) -> list[str]:
        """Run the broker and its controller in one process."""
        return [*self._java("256m", leave_archive=True), "kafka.Kafka", str(self._config)]

    def stopped(self) -> None:
        """Keep the archive of classes that the broker left at its end."""
        ClassArchive().keep(whole=self._provisioned)

    def ready(self) -> bool:
        """Whether the port takes a connection and the stack's login is let in."""
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", self.port)) != 0:
                return False
        from confluent_kafka import KafkaException

        try:
            return bool(self._admin().list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def _admin(self) -> Any:
        import logging

        from confluent_kafka.admin import AdminClient

        return AdminClient(dict[str, Any](self.conf("stack")) | {"logger": logging.getLogger("paydesk.stack.kafka")})

    def provision(self) -> None:
        """Make the roles' logins, what each may do, and both topics."""
        from confluent_kafka import KafkaError, KafkaException
        from confluent_kafka.admin import (
            NewTopic,
            ScramCredentialInfo,
            ScramMechanism,
            UserScramCredentialUpsertion,
        )

        admin = self._admin()
        kind = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
        logins = [
            UserScramCredentialUpsertion(role, kind, self.secrets[role].encode()) for role in ("contractor", "manager")
        ]
        for future in admin.alter_user_scram_credentials(logins).values():
            future.result(10)
        for future in admin.create_acls(_rights(self.folder.read("options.json").get("test_topics", False))).values():
            future.result(10)
        topics = [NewTopic(topic, 1, 1, config=TOPIC_SETTINGS) for topic in (REQUESTS, DECISIONS)]
        for future in admin.create_topics(topics).values():
            try:
                future.result(10)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        self._provisioned = True


TOPIC_SETTINGS = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
    "max.message.bytes": "65536",
}


def _rights(test_topics: bool) -> list[Any]:
    from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

    def allow(kind: ResourceType, name: str, role: str, may: AclOperation, pattern: str = "LITERAL") -> AclBinding:
        how = ResourcePatternType[pattern]
        return AclBinding(kind, name, how, f"User:{role}", "*", may, AclPermissionType.ALLOW)

    rights = []
    for role, own in (("contractor", REQUESTS), ("manager", DECISIONS)):
        for may in (AclOperation.WRITE, AclOperation.CREATE):
            rights.append(allow(ResourceType.TOPIC, own, role, may))
            if test_topics:
                rights.append(allow(ResourceType.TOPIC, f"{TEST_TOPICS}{role}.", role, may, "PREFIXED"))
        for topic in (REQUESTS, DECISIONS):
            rights.append(allow(ResourceType.TOPIC, topic, role, AclOperation.READ))
        if test_topics:
            rights.append(allow(ResourceType.TOPIC, TEST_TOPICS, role, AclOperation.READ, "PREFIXED"))
        rights.append(allow(ResourceType.GROUP, f"paydesk.{role}", role, AclOperation.READ))
    return rights
