"""Settings of a topic on which a promise rests: what is wanted, what is there, and the command that mends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from paydesk.infra.core.ports import NoRight
from paydesk.infra.kafka import clients
from paydesk.settings import TOPIC_SETTINGS

_PROMISES = {
    "cleanup.policy": "older versions would be compacted away",
    "retention.ms": "what a side still needs would be deleted",
    "retention.bytes": "what a side still needs would be deleted",
    "message.timestamp.type": "the broker's own time is relied on",
    "max.message.bytes": "a larger event does not leave",
    "min.insync.replicas": "nothing can be written with fewer replicas",
}
_WANTED = {"cleanup.policy": "delete", **TOPIC_SETTINGS}
_COMMAND = (
    "kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics --entity-name {topic} --add-config"
)


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """One setting that is not as it has to be."""

    topic: str
    name: str
    value: str
    wanted: str

    @property
    def sentence(self) -> str:
        """Name the setting, what it is, what is wanted, and why."""
        return f"{self.topic} has {self.name}={self.value}, wanted is {self.wanted}: {_PROMISES[self.name]}."

    def command(self, servers: str) -> str:
        """Return what mends it."""
        return f"{_COMMAND.format(servers=servers, topic=self.topic)} {self.name}={self.wanted}"


def wrong_settings(values: Mapping[str, str], topic: str, replicas: int) -> list[WrongSetting]:
    """Return which settings are not as they have to be; one that is not told is passed."""
    wrong = []
    for name, wanted in _WANTED.items():
        value = values.get(name)
        well = value in (None, wanted)
        if name == "max.message.bytes" and value is not None:
            well = int(value) >= int(wanted)
        if not well:
            wrong.append(WrongSetting(topic, name, str(value), wanted))
    least = int(values.get("min.insync.replicas") or 1)
    if least > replicas:
        wrong.append(WrongSetting(topic, "min.insync.replicas", str(least), str(replicas)))
    return wrong


def check_settings(
    client: AdminClient, topics: Sequence[str], meanwhile: clients.Meanwhile = clients.nothing
) -> list[WrongSetting] | None:
    """Look at these topics; None where this login may not see their settings. Raises ``BrokerTrouble``."""
    asked = client.describe_configs([ConfigResource(ResourceType.TOPIC, topic) for topic in topics])
    wrong = []
    for resource, answer in asked.items():
        try:
            entries = clients.answer(answer, meanwhile)
        except KafkaException as error:
            trouble = clients.trouble_of(error.args[0])
            if isinstance(trouble, NoRight):
                return None
            raise trouble from error
        values = {name: entry.value for name, entry in entries.items() if entry.value is not None}
        wrong += wrong_settings(values, resource.name, clients.replicas(client, resource.name, meanwhile))
    return wrong
