"""A service's stream on JetStream: declared, kept wide enough, published to."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import nats.errors
import structlog

from kit.events.connection import NatsConnection
from kit.events.envelope import Event, to_headers
from kit.events.errors import REFUSAL_PAUSE, BusRefusal, BusUnavailable
from kit.events.jetstream import REQUEST_TIMEOUT_S, Document, ask, find, nanoseconds
from kit.events.ports import Stored, StreamState
from kit.events.subjects import lacking, unite

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """One service's stream.

    The subjects are ours: a stream that lacks one gets it. All else is what a new stream begins with; from then on it
    is the operator's, and nothing here ever changes it back.

    Attributes:
        name: the service's name.
        subjects: what it stores, as `outreach.audience.v1.>`.
        max_age: how long an event can be read; consumers that were away longer reconcile (architecture 8). Not longer
            than inboxes remember (`kit.retention`).
        duplicate_window: how long a repeated id is recognised. Longer than a relay's lease, since the next relay
            repeats what a dead one left unmarked.
        replica_count: copies in a NATS cluster.

    """

    name: str
    subjects: tuple[str, ...]
    max_age: timedelta = timedelta(days=7)
    duplicate_window: timedelta = timedelta(minutes=2)
    replica_count: int = 1


class NatsStream:
    """`Publisher` over a connection."""

    def __init__(self, connection: NatsConnection, stream: EventStream) -> None:
        self._connection = connection
        self._stream = stream
        self._widen_after = 0.0

    @property
    def stream(self) -> str:
        """The stream's name."""
        return self._stream.name

    @property
    def session(self) -> int:
        """The number of the connection."""
        return self._connection.session

    async def declare(self) -> StreamState:
        """Make the stream if there is none, and add subjects that it lacks; return what it is.

        A stream that can't be widened goes on with what it stores, which is told as an error until somebody acts.

        Raises:
            BusUnavailable: NATS gives no answer.
            BusRefusal: there is no stream, and NATS will not make one.

        """
        self._connection.require()
        info = await self._find()
        if info is None:
            info = await self._create()
        elif missing := lacking(info["config"].get("subjects", ()), self._stream.subjects):
            info = await self._widen(info, missing)
        return StreamState(
            incarnation=info["created"],
            create_time=datetime.fromisoformat(info["created"]),
            last_sequence=info["state"]["last_seq"],
        )

    async def publish(self, event: Event) -> Stored:
        """Return once the stream has stored `event`; a repeat within its duplicate window is stored once.

        Raises:
            BusUnavailable: it may or may not be stored.

        """
        # Without a connection the client would keep the message and send it late, after the caller gave up.
        self._connection.require()
        jetstream = self._connection.client.jetstream(timeout=REQUEST_TIMEOUT_S)
        try:
            ack = await jetstream.publish(
                event.subject, event.body, headers=to_headers(event), stream=self._stream.name
            )
        except (nats.errors.Error, OSError) as error:
            raise BusUnavailable("NATS did not confirm the event.") from error
        return Stored(ack.seq, is_repeat=bool(ack.duplicate))

    async def _find(self) -> Document | None:
        return await find(self._connection.client, f"STREAM.INFO.{self._stream.name}")

    async def _create(self) -> Document:
        config = {
            "name": self._stream.name,
            "subjects": list(self._stream.subjects),
            "retention": "limits",
            "storage": "file",
            "max_age": nanoseconds(self._stream.max_age.total_seconds()),
            "duplicate_window": nanoseconds(self._stream.duplicate_window.total_seconds()),
            "num_replicas": self._stream.replica_count,
        }
        try:
            created = await ask(self._connection.client, f"STREAM.CREATE.{self._stream.name}", config)
        except BusRefusal:
            # Somebody else may have made it in the meantime, with other settings.
            found = await self._find()
            if found is None:
                raise
            return found
        _log.warning("stream_created", stream=self._stream.name)
        return created

    async def _widen(self, info: Document, missing: list[str]) -> Document:
        """Add subjects to the stream, which keeps those that another release wants; return what it is then."""
        now = asyncio.get_running_loop().time()
        if now < self._widen_after:
            return info
        config = info["config"] | {"subjects": unite(info["config"].get("subjects", ()), self._stream.subjects)}
        told = {"stream": self._stream.name, "missing": missing}
        try:
            widened = await ask(self._connection.client, f"STREAM.UPDATE.{self._stream.name}", config)
        except BusRefusal as refusal:
            self._widen_after = now + REFUSAL_PAUSE.total_seconds()
            _log.error("stream_update_refused", **told, reason=refusal.reason, code=refusal.code)
            return info
        _log.info("stream_widened", **told)
        return widened
