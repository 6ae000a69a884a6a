"""No test reaches the network; `conftest.py` has forbidden it for the whole run."""

import socket

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_a_connection_beyond_this_machine_is_refused(address: str) -> None:
    """Documentation addresses (RFC 5737, RFC 3849) stand for any other machine; nothing is sent."""
    with pytest.raises(PermissionError, match="a test tried to reach"):
        socket.create_connection((address, 80), timeout=0.01)


def test_a_name_is_not_looked_up() -> None:
    """A lookup would leave the machine too."""
    with pytest.raises(PermissionError, match=r"vendor\.invalid"):
        socket.getaddrinfo("vendor.invalid", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str) -> None:
    """Servers of tests listen there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = socket.create_connection((host, server.getsockname()[1]), timeout=5.0)
        peer = connection.getpeername()[0]
        connection.close()

    assert peer == "127.0.0.1"
