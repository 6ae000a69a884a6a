"""Ports that stay ours."""

import asyncio

import grpc
import pytest

from deploy.local.ports import ReservedPort


async def test_servers_take_turns_on_a_reserved_port() -> None:
    """A gRPC server, and another kind of server after it, listen on the port while it is reserved."""
    with ReservedPort() as port:
        rpc = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        rpc_port = rpc.add_insecure_port(port.address)
        await rpc.start()
        await rpc.stop(None)
        plain = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port.number)
        plain.close()
        await plain.wait_closed()

    assert rpc_port == port.number


def test_a_reserved_port_refuses_connections_while_its_server_is_down() -> None:
    """A client sees a server that is down, and not one that hangs."""
    with ReservedPort() as port, pytest.raises(ConnectionRefusedError):
        asyncio.run(asyncio.open_connection("127.0.0.1", port.number))


def test_the_kernel_gives_each_port_once() -> None:
    """All ports of a stack differ, though none has a listener yet."""
    ports = [ReservedPort() for _ in range(50)]
    numbers = {port.number for port in ports}
    for port in ports:
        port.close()

    assert len(numbers) == len(ports)
