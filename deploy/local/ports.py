"""Loopback ports that stay ours: taken from the kernel once, kept while the processes behind them restart."""

import socket
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"


class ReservedPort:
    """A free TCP port that the kernel gives to nobody else until it is closed.

    The socket behind it is bound and never listens. So the kernel doesn't hand the port to outgoing connections
    while its server is down, and the server, which sets SO_REUSEADDR as all of ours do, can still listen on it.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, 0))
        self.number: int = self._socket.getsockname()[1]

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{LOOPBACK}:{self.number}"

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
