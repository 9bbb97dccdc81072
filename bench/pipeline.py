"""The floor of the way to the other side: the process that consumes, inserts, commits and publishes.

``python bench/pipeline.py TOPIC CHANNEL`` reads the addresses as JSON from its standard input, and prints ``ready``.
"""

import json
import sys
import uuid

import psycopg
import redis
from confluent_kafka import Consumer, TopicPartition

TABLES = """
DROP TABLE IF EXISTS floor_own, floor_outbox, floor_copy, floor_inbox, floor_position;
CREATE TABLE floor_own (id uuid PRIMARY KEY, body text);
CREATE TABLE floor_outbox (id uuid PRIMARY KEY, body text, published_at timestamptz);
CREATE TABLE floor_copy (id uuid PRIMARY KEY, body text);
CREATE TABLE floor_inbox (id uuid PRIMARY KEY);
CREATE TABLE floor_position (place int PRIMARY KEY, next_offset bigint);
INSERT INTO floor_position VALUES (0, 0);
"""
COPIED = "INSERT INTO floor_copy VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET body = excluded.body"


def main(topic: str, channel: str) -> None:
    """Take messages in until told to stop."""
    address = json.load(sys.stdin)
    group = {"group.id": str(uuid.uuid4()), "enable.auto.commit": False, "fetch.wait.max.ms": 100}
    consumer = Consumer(address["kafka"] | group)
    consumer.assign([TopicPartition(topic, 0, 0)])
    client = redis.Redis.from_url(address["redis"])
    with psycopg.connect(address["database"]) as database:
        database.execute("SELECT 1")
        database.commit()
        print("ready", flush=True)
        while True:
            message = consumer.poll(0.5)
            if message is None or message.error():
                continue
            request_id, body = (message.key() or b"").decode(), (message.value() or b"").decode()
            with database.transaction():
                database.execute("INSERT INTO floor_inbox VALUES (%s) ON CONFLICT DO NOTHING", [request_id])
                database.execute(COPIED, [request_id, body])
                database.execute("UPDATE floor_position SET next_offset = %s", [(message.offset() or 0) + 1])
            client.publish(channel, request_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
