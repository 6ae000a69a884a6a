"""Stand-ins for what lies between a service and its database: a wire that can fall silent, a server that refuses."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit


class Wire:
    """A TCP way to a server on a Unix socket, which carries nothing any more once it is silent."""

    def __init__(self, url: str) -> None:
        """Lead to the database of a SQLAlchemy URL whose server is named by a socket's folder."""
        self._url = urlsplit(url)
        self._socket = parse_qs(self._url.query)["host"][0] + "/.s.PGSQL.5432"
        self._carries = asyncio.Event()
        self._carries.set()
        self.port = 0

    @property
    def url(self) -> str:
        """The URL of the same database by this way."""
        return f"{self._url.scheme}://{self._url.username}@127.0.0.1:{self.port}{self._url.path}"

    def fall_silent(self) -> None:
        """Carry nothing more, and close nothing."""
        self._carries.clear()

    def recover(self) -> None:
        """Carry again."""
        self._carries.set()

    async def lead(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Carry one connection in both directions."""
        to_server = await asyncio.open_unix_connection(self._socket)
        with suppress(asyncio.CancelledError):  # asyncio's streams complain of a handler that was cancelled
            await asyncio.gather(self._carry(reader, to_server[1]), self._carry(to_server[0], writer))

    async def _carry(self, source: StreamReader, target: StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                await self._carries.wait()
                target.write(data)
                await target.drain()
        target.close()


@asynccontextmanager
async def wired(url: str, *, port: int = 0) -> AsyncIterator[Wire]:
    """Offer a wire to the database of `url`, on any port or on a certain one, for the length of the `with` block."""
    wire = Wire(url)
    server = await asyncio.start_server(wire.lead, "127.0.0.1", port)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        wire.recover()
        server.close()


class Doorman:
    """A PostgreSQL server as far as its door: it reads who comes, and lets nobody in."""

    def __init__(self, state: str) -> None:
        """Refuse with this SQLSTATE."""
        self._state = state
        self.asked: dict[str, str] = {}
        self.port = 0

    @property
    def url(self) -> str:
        """The URL of a database there."""
        return f"postgresql+asyncpg://someone:secret@127.0.0.1:{self.port}/somewhere?ssl=disable"

    async def answer(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Read the start-up message, keep its parameters, refuse (PostgreSQL, 54.7: StartupMessage, ErrorResponse)."""
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        words = (await reader.readexactly(length - 4))[4:].decode().split("\0")
        self.asked = dict(zip(words[::2], words[1::2], strict=False))
        fields = b"SFATAL\0" + b"VFATAL\0" + f"C{self._state}\0".encode() + b"Mno entry for someone\0" + b"\0"
        writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def refusing(state: str) -> AsyncIterator[Doorman]:
    """Offer a server that refuses with a SQLSTATE for the length of the `with` block."""
    doorman = Doorman(state)
    server = await asyncio.start_server(doorman.answer, "127.0.0.1", 0)
    doorman.port = server.sockets[0].getsockname()[1]
    try:
        yield doorman
    finally:
        server.close()
