"""Logins, what each may do, schemas and topics: made on the embedded servers and on servers of one's own alike."""

import logging
import socket
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from paydesk import libpq
from paydesk.role_names import OWN_TOPIC, ROLES, TOPICS
from paydesk.settings import TOPIC_SETTINGS
from paydesk.stack import binaries

TEST_TOPICS = "test."
"""Topics that begin so are for test runs, where the stack was told to allow them."""
TRIGRAMS, TRIGRAMS_SCHEMA = "pg_trgm", "text_search"
"""What finds a word amid a million descriptions; in a schema of its own, as nobody may look into ``public``."""
_CALL_S = 10.0
_ANSWER_S = 5.0
"""How long a busy machine may take to let a new client in."""
_IN_MEMORY = "mockCluster"
"""How librdkafka's own broker calls its cluster, before a number."""
_MOST_CONNECTIONS = 90
"""Of one role: a process has up to seven, and a dozen desks and commands may run at once."""


@dataclass(frozen=True, slots=True)
class Login:
    """How one role gets in at one server."""

    role: str
    name: str
    password: str = field(repr=False)


def postgres(admin_url: str, database: str, logins: Iterable[Login]) -> None:
    """Make the database, a login per role and the schema that this login alone can reach."""
    with libpq.dial(admin_url, autocommit=True) as admin:
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        for login in logins:
            # The server is sent what it stores, not the password, so that no log of its can hold one.
            stored = admin.pgconn.encrypt_password(login.password.encode(), login.name.encode(), b"scram-sha-256")
            name = sql.Identifier(login.name)
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login.name]).fetchone():
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
            say = sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}")
            admin.execute(say.format(name, sql.Literal(_MOST_CONNECTIONS), sql.Literal(stored.decode())))
    postgres_schemas(admin_url, database, logins)


def postgres_schemas(admin_url: str, database: str, logins: Iterable[Login]) -> None:
    """Make the schemas of a database and shut everyone else out of them."""
    logins = list(logins)
    with libpq.dial(admin_url, autocommit=True, dbname=database) as admin:
        name = sql.Identifier(database)
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for login in logins:
            owner = sql.Identifier(login.name)
            admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, owner))
            schema = sql.Identifier(login.role)
            admin.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}").format(schema, owner))
        if admin.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [TRIGRAMS]).fetchone():
            schema, extension = sql.Identifier(TRIGRAMS_SCHEMA), sql.Identifier(TRIGRAMS)
            admin.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}").format(extension, schema))
            for login in logins:
                admin.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, sql.Identifier(login.name)))


def kafka_admin(conf: Mapping[str, str]) -> Any:
    """Return an admin client whose log stays out of the terminal."""
    from confluent_kafka.admin import AdminClient

    return AdminClient(dict[str, Any](conf) | {"logger": logging.getLogger("paydesk.stack.kafka")})


def kafka_answers(port: int, conf: Mapping[str, str]) -> bool:
    """Whether a broker of this machine takes a connection, lets this login in, and answers it."""
    from confluent_kafka import KafkaException

    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
    try:
        return bool(kafka_admin(conf).list_topics(timeout=_ANSWER_S).brokers)
    except KafkaException:
        return False


def is_in_memory(admin: Any) -> bool:
    """Whether it is librdkafka's own broker, which has no logins. Raises ``KafkaException`` when none answers."""
    return str(admin.list_topics(timeout=_CALL_S).cluster_id).startswith(_IN_MEMORY)


def kafka(admin: Any, logins: Iterable[Login], *, test_topics: bool = False) -> None:
    """Make the logins, what each may do, and the topics; without logins the topics alone."""
    from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

    logins = list(logins)
    kind = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096)
    wanted = [UserScramCredentialUpsertion(login.name, kind, login.password.encode()) for login in logins]
    if wanted:
        for future in admin.alter_user_scram_credentials(wanted).values():
            future.result(_CALL_S)
    rights = [right for login in logins if login.role in ROLES for right in _rights(login, test_topics)]
    if rights:
        for future in admin.create_acls(rights).values():
            future.result(_CALL_S)
    _make_topics(admin)


def _make_topics(admin: Any) -> None:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import NewTopic

    topics = [NewTopic(topic, 1, -1, config=TOPIC_SETTINGS) for topic in TOPICS]
    for future in admin.create_topics(topics).values():
        try:
            future.result(_CALL_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _rights(login: Login, test_topics: bool) -> list[Any]:
    from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

    def allow(kind: ResourceType, name: str, may: AclOperation, pattern: str = "LITERAL") -> AclBinding:
        how = ResourcePatternType[pattern]
        return AclBinding(kind, name, how, f"User:{login.name}", "*", may, AclPermissionType.ALLOW)

    rights = []
    for may in (AclOperation.WRITE, AclOperation.CREATE):
        rights.append(allow(ResourceType.TOPIC, OWN_TOPIC[login.role], may))
        if test_topics:
            rights.append(allow(ResourceType.TOPIC, f"{TEST_TOPICS}{login.role}.", may, "PREFIXED"))
    for topic in TOPICS:
        # The second lets doctor and health tell which setting of a topic breaks a promise.
        rights += [allow(ResourceType.TOPIC, topic, may) for may in (AclOperation.READ, AclOperation.DESCRIBE_CONFIGS)]
    if test_topics:
        for may in (AclOperation.READ, AclOperation.DESCRIBE_CONFIGS):
            rights.append(allow(ResourceType.TOPIC, TEST_TOPICS, may, "PREFIXED"))
    # Without the right to the group, polling itself fails.
    rights.append(allow(ResourceType.GROUP, f"paydesk.{login.role}", AclOperation.READ))
    return rights


def valkey_users(passwords: Mapping[str, str]) -> str:
    """Return the users' file of Valkey or Redis, for passwords by login: what it has for a role it has for each."""
    lines = []
    for line in binaries.deploy("valkey/users.acl").read_text().splitlines(keepends=True):
        roles = [role for role in ROLES if role in passwords] if "${ROLE}" in line else ["stack"]
        for role in roles:
            names = {"ROLE": role, "ROLE_PASSWORD": passwords[role], "STACK_PASSWORD": passwords["stack"]}
            lines.append(string.Template(line).substitute(names))
    return "".join(lines)


def valkey(admin: Any, logins: Iterable[Login]) -> bool:
    """Make the roles' users on a running Redis or Valkey; returns whether they outlive a restart of it."""
    import redis

    for login in logins:
        users = valkey_users({"stack": "", login.role: login.password}).splitlines()
        line = next(line for line in users if line.startswith(f"user {login.role} "))
        admin.execute_command("ACL", "SETUSER", login.name, "reset", *line.split()[2:])
    try:
        admin.execute_command("ACL", "SAVE")
    except redis.ResponseError:
        return False
    return True
