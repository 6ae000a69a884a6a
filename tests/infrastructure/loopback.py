"""Keeps tests off the network: Python sockets reach loopback and Unix sockets only (ST 7.5)."""

import ipaddress
import sys
from typing import Any

_LOCAL_NAMES = frozenset({"localhost", ""})
_NAME_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


def forbid_the_network() -> None:
    """Refuse connections beyond this machine for the rest of the process; an audit hook can't be taken back.

    gRPC's sockets are made in C and pass unseen; our tests give it loopback addresses.
    """
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        _require_local(arguments[1][0])
    elif event in _NAME_LOOKUPS and arguments[0] is not None:
        _require_local(arguments[0])


def _require_local(host: str | bytes) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in _LOCAL_NAMES and not _is_loopback(name):
        raise PermissionError(f"a test tried to reach {name}")


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
