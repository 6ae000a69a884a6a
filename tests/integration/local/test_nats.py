"""The nats-server of the wheel, run as a child."""

from pathlib import Path

import nats

from deploy.local.nats import NATSServer, serve_nats
from deploy.local.ports import ReservedPort
from deploy.local.processes import start_all, stop_all


async def test_a_killed_server_comes_back_with_its_streams_at_its_address(tmp_path: Path) -> None:
    """A crash of NATS loses no stream, and its clients find it again."""
    with ReservedPort() as port:
        server = NATSServer(tmp_path, port=port.number)
        try:
            start_all([server.process])
            connection = await nats.connect(f"nats://{port.address}")
            await connection.jetstream().add_stream(name="KEPT", subjects=["kept"])
            await connection.close()
            server.process.kill()
            start_all([server.process])
            connection = await nats.connect(f"nats://{port.address}")
            streams = await connection.jetstream().streams_info()
            await connection.close()
        finally:
            stop_all([server.process])

    assert [stream.config.name for stream in streams] == ["KEPT"]


def test_nothing_is_left_after_the_end() -> None:
    """The server and its folder are gone."""
    with serve_nats() as server:
        pid = server.process.pid

    assert pid is not None
    assert not Path(f"/proc/{pid}").exists()
