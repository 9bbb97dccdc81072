"""FastStream and SQLModel as their documentation shows them: a subscriber, and a session and a commit for each message.

``python peer_faststream.py TOPIC COUNT [quiet]`` reads the addresses as JSON from its standard input, and prints rows a
second. As it comes FastStream logs twice for each message; ``quiet`` leaves its log out.
"""

import asyncio
import json
import sys
import time
import uuid
from typing import Any

from faststream import FastStream
from faststream.confluent import KafkaBroker
from faststream.security import SASLPlaintext
from sqlmodel import Field, Session, SQLModel, create_engine


class FastStreamRequest(SQLModel, table=True):
    """A request as it was received."""

    id: uuid.UUID = Field(primary_key=True)
    message: str
    status: str


def main(topic: str, count: int, *, quiet: bool) -> float:
    """Return how many rows a second were saved after the first."""
    address = json.load(sys.stdin)
    engine = create_engine(address["database"].replace("postgresql://", "postgresql+psycopg://"))
    SQLModel.metadata.drop_all(engine)
    SQLModel.metadata.create_all(engine)
    kafka = address["kafka"]
    security = SASLPlaintext(username=kafka["sasl.username"], password=kafka["sasl.password"])
    log: dict[str, Any] = {"logger": None} if quiet else {}
    broker = KafkaBroker(kafka["bootstrap.servers"], security=security, **log)
    app = FastStream(broker, **log)
    moments: list[float] = []

    @broker.subscriber(topic, group_id=str(uuid.uuid4()), auto_offset_reset="earliest")
    async def save(message: dict[str, Any]) -> None:
        if len(moments) > count:
            return
        with Session(engine) as session:
            request = FastStreamRequest(id=uuid.UUID(message["id"]), message=json.dumps(message), status="pending")
            session.merge(request)
            session.commit()
        moments.append(time.perf_counter())
        if len(moments) == count + 1:
            app.exit()

    asyncio.run(app.run())
    return count / (moments[-1] - moments[0])


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2]), quiet="quiet" in sys.argv[3:]))
