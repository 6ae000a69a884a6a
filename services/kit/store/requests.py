"""What repeatable requests were answered with (ST 1.12, AIP-155), on PostgreSQL."""

from hashlib import sha256

from google.protobuf.wrappers_pb2 import StringValue
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.errors import RequestIdReused
from kit.store.ports import RequestKey
from kit.store.schema import REQUEST_ANSWERS


class SqlRequestAnswers:
    """`RequestAnswers` inside one transaction, so that a name is kept exactly when its effect is."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, key: RequestKey, request: bytes) -> str | None:
        """Return the resource name recorded for `key`, or None for a first request, which then holds the key."""
        # The lock comes in its own statement: under READ COMMITTED the next one sees what the holder committed.
        await self._connection.execute(select(func.pg_advisory_xact_lock(_lock_number(key))))
        table = REQUEST_ANSWERS
        found = await self._connection.execute(
            select(table.c.request_hash, table.c.resource, table.c.answer).where(
                table.c.caller == key.caller, table.c.method == key.method, table.c.request_id == key.request_id
            )
        )
        row = found.one_or_none()
        if row is None:
            return None
        if row.request_hash != sha256(request).digest():
            raise RequestIdReused(key.request_id)
        # A replica of the last release, which keeps whole answers, leaves `resource` empty.
        return row.resource or _name_in(row.answer)

    async def record(self, key: RequestKey, request: bytes, resource: str) -> None:
        """Keep a resource name; it becomes visible with this transaction's commit."""
        await self._connection.execute(
            insert(REQUEST_ANSWERS).values(
                caller=key.caller,
                method=key.method,
                request_id=key.request_id,
                request_hash=sha256(request).digest(),
                resource=resource,
                answer=_name_alone(resource),
            )
        )


def _name_alone(resource: str) -> bytes:
    """Return an answer that replicas of the last release read as a resource with nothing but its name.

    Every resource has `string name = 1` (ST 1.3), and on the wire so has the message that wraps a string.
    """
    return StringValue(value=resource).SerializeToString()


def _name_in(answer: bytes) -> str:
    """Return the name in a resource that was kept whole."""
    return StringValue.FromString(bytes(answer)).value


def _lock_number(key: RequestKey) -> int:
    """Map a key to PostgreSQL's 64-bit lock space; a collision only makes two requests wait for each other."""
    parts = (b"request", key.caller.encode(), key.method.encode(), key.request_id.encode())
    digest = sha256(b"\0".join(parts)).digest()
    return int.from_bytes(digest[:8], signed=True)
