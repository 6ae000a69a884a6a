"""What every connection to PostgreSQL has: a name, an end for whatever takes too long, and a watch on the peer."""

import socket
from asyncio import BaseTransport
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asyncpg import Connection, Record

# Generic in its stubs only.
if TYPE_CHECKING:
    _Connection = Connection[Record]
else:
    _Connection = Connection

CONNECT_TIMEOUT = timedelta(seconds=5)

# A peer that vanished without a word is given up after a minute: by us, and by the server, where it may hold locks.
_IDLE_S = 30
_INTERVAL_S = 10
_PROBES = 3
_UNANSWERED = timedelta(seconds=60)

_ON_THE_SERVER = {
    "tcp_keepalives_idle": str(_IDLE_S),
    "tcp_keepalives_interval": str(_INTERVAL_S),
    "tcp_keepalives_count": str(_PROBES),
}

# Options that another system lacks are left out there.
_ON_OUR_SIDE = {
    "TCP_KEEPIDLE": _IDLE_S,
    "TCP_KEEPINTVL": _INTERVAL_S,
    "TCP_KEEPCNT": _PROBES,
    # What was sent and is not acknowledged: probes are only sent while a connection is silent.
    "TCP_USER_TIMEOUT": round(_UNANSWERED.total_seconds() * 1000),
}


class WatchedConnection(_Connection):
    """A connection whose socket finds out that its peer is gone; asyncpg has no setting for it."""

    def __init__(self, protocol: Any, transport: BaseTransport, *arguments: Any) -> None:
        """Take what asyncpg has connected."""
        super().__init__(protocol, transport, *arguments)
        watch(transport.get_extra_info("socket"))


def connect_args(
    application_name: str,
    *,
    statement_timeout: timedelta,
    lock_timeout: timedelta,
    idle_timeout: timedelta,
    patience: timedelta = timedelta(seconds=5),
    settings: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what asyncpg is to connect with.

    Args:
        application_name: shown in `pg_stat_activity`.
        statement_timeout: PostgreSQL ends a longer statement.
        lock_timeout: PostgreSQL ends a statement that waits longer for a lock.
        idle_timeout: PostgreSQL ends a session that does nothing in a transaction, whose locks others wait for.
        patience: a server that stands still ends nothing; we give up on it this long after the statement's time.
        settings: further settings of the session.

    """
    return {
        "server_settings": {
            "application_name": application_name,
            "statement_timeout": _milliseconds(statement_timeout),
            "lock_timeout": _milliseconds(lock_timeout),
            "idle_in_transaction_session_timeout": _milliseconds(idle_timeout),
            **_ON_THE_SERVER,
            **(settings or {}),
        },
        "timeout": CONNECT_TIMEOUT.total_seconds(),
        "command_timeout": (statement_timeout + patience).total_seconds(),
        "connection_class": WatchedConnection,
    }


def watch(connected: socket.socket) -> None:
    """Have the system find out that the peer of a connected socket is gone; one on this machine can't vanish so."""
    if connected.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _ON_OUR_SIDE.items():
        if (option := getattr(socket, name, None)) is not None:
            connected.setsockopt(socket.IPPROTO_TCP, option, value)


def _milliseconds(span: timedelta) -> str:
    return str(round(span.total_seconds() * 1000))
