"""Reads a service's own stream back, event by event, without a consumer and without any effect on it."""

import base64
from datetime import datetime
from email.parser import BytesHeaderParser

from kit.events.connection import NatsConnection
from kit.events.jetstream import NotThere, ask, find
from kit.events.ports import StoredEvent, StreamExtent

_PARSER = BytesHeaderParser()


class NatsReadback:
    """`Readback` over a connection."""

    def __init__(self, connection: NatsConnection, stream: str) -> None:
        """Describe it; `stream` is the stream's name."""
        self._connection = connection
        self._stream = stream

    async def measure(self) -> StreamExtent | None:
        """Return what the stream holds; None when there is none."""
        self._connection.require()
        info = await find(self._connection.client, f"STREAM.INFO.{self._stream}")
        if info is None:
            return None
        state = info["state"]
        return StreamExtent(info["created"], max(state["first_seq"], 1), state["last_seq"])

    async def read(self, sequence: int) -> StoredEvent | None:
        """Return one event; None when the stream has it no more."""
        self._connection.require()
        try:
            answer = await ask(self._connection.client, f"STREAM.MSG.GET.{self._stream}", {"seq": sequence})
        except NotThere:
            return None
        message = answer["message"]
        # The first line names NATS's own version.
        headers = _PARSER.parsebytes(base64.b64decode(message.get("hdrs", "")).partition(b"\r\n")[2])
        event_id, source = headers.get("ce-id", ""), headers.get("ce-source", "")
        return StoredEvent(event_id, source, datetime.fromisoformat(message["time"]))
