"""Moving business time of services and sandbox together."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.local.clock import BusinessClock


class _Sandbox(HTTPServer):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, object]] = []
        self.status = 200


class _Handler(BaseHTTPRequestHandler):
    server: _Sandbox

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def sandbox() -> Iterator[_Sandbox]:
    """Serve a stand-in for the sandbox's control face."""
    with _Sandbox() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def clock(tmp_path: Path, sandbox: _Sandbox) -> BusinessClock:
    """Give a clock at no offset."""
    return BusinessClock(tmp_path / "clock.json", sandbox_address=f"127.0.0.1:{sandbox.server_port}")


def test_the_clock_file_says_no_offset_at_first(clock: BusinessClock) -> None:
    """Services find a valid file when they start."""
    assert json.loads(clock.file.read_text()) == {"offset_seconds": 0.0}


def test_services_and_sandbox_move_by_the_same_amount(clock: BusinessClock, sandbox: _Sandbox) -> None:
    """Spans add up, and both sides are told the whole offset."""
    clock.advance(timedelta(days=3))
    clock.advance(timedelta(hours=1))
    expected = {"offset_seconds": timedelta(days=3, hours=1).total_seconds()}

    assert json.loads(clock.file.read_text()) == expected
    assert sandbox.received[-1] == ("/_control/clock", expected)
    assert clock.offset == timedelta(days=3, hours=1)


def test_time_does_not_run_backwards(clock: BusinessClock, sandbox: _Sandbox) -> None:
    """A negative span is refused and moves nothing."""
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(timedelta(seconds=-1))

    assert sandbox.received == []


def test_services_stay_where_they_are_when_the_sandbox_refuses(clock: BusinessClock, sandbox: _Sandbox) -> None:
    """The two clocks never drift apart."""
    sandbox.status = 500
    with pytest.raises(RuntimeError, match="did not move its clock"):
        clock.advance(timedelta(days=1))

    assert json.loads(clock.file.read_text()) == {"offset_seconds": 0.0}
    assert clock.offset == timedelta()
