"""confluent-kafka and SQLModel as their documentation shows them: poll a message, a session and a commit for it.

``python peer_plain.py TOPIC COUNT`` reads the addresses as JSON from its standard input, and prints rows a second.
"""

import json
import sys
import time
import uuid

from confluent_kafka import Consumer
from sqlmodel import Field, Session, SQLModel, create_engine


class PlainRequest(SQLModel, table=True):
    """A request as it was received."""

    id: uuid.UUID = Field(primary_key=True)
    message: str
    status: str


def main(topic: str, count: int) -> float:
    """Return how many rows a second were saved after the first."""
    address = json.load(sys.stdin)
    engine = create_engine(address["database"].replace("postgresql://", "postgresql+psycopg://"))
    SQLModel.metadata.drop_all(engine)
    SQLModel.metadata.create_all(engine)
    consumer = Consumer({**address["kafka"], "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    began, saved = 0.0, 0
    while saved <= count:
        message = consumer.poll(1.0)
        if message is None or message.error():
            continue
        request = json.loads(message.value())
        with Session(engine) as session:
            session.merge(PlainRequest(id=uuid.UUID(request["id"]), message=json.dumps(request), status="pending"))
            session.commit()
        saved += 1
        began = began or time.perf_counter()
    took = time.perf_counter() - began
    consumer.close()
    return count / took


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
