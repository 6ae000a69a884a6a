"""The whole stack with tiny programs in the places of the sandbox and the services, and real engines under them."""

import json
import shutil
import signal
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.processes import ProcessFailedError
from deploy.local.settings import SERVICES
from deploy.local.stack import Stack, run_stack
from tests.infrastructure.eventually import eventually_blocking
from tests.infrastructure.scenario import Scenario

pytestmark = pytest.mark.timeout(180)  # whole stacks or test runs, on a busy machine

# Says SERVING once it has been let into its database.
_SERVICE = """
import asyncio, os
import asyncpg, grpc
from grpc_health.v1 import health, health_pb2_grpc

async def main():
    connection = await asyncpg.connect(os.environ["OUTREACH_DATABASE_URL"].replace("+asyncpg", ""))
    print("database user", await connection.fetchval("SELECT current_user"))
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    server.add_insecure_port(os.environ["OUTREACH_LISTEN"])
    await server.start()
    await server.wait_for_termination()

asyncio.run(main())
"""

# Put before the former: dies once there is a file `die`.
_MORTAL = """
import os, pathlib, threading, time

def die():
    while not pathlib.Path("die").exists():
        time.sleep(0.05)
    os._exit(3)

threading.Thread(target=die, daemon=True).start()
"""

# Takes a clock, and tells what it was told.
_SANDBOX = """
import http.server, json, pathlib, sys
state = {}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        state.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.do_GET()
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(state).encode())

host, _, port = sys.argv[2].rpartition(":")
server = http.server.HTTPServer((host, int(port)), Handler)
pathlib.Path(sys.argv[4]).write_text(port)
server.serve_forever()
"""

_RUN = """
import sys
from pathlib import Path
from deploy.local.__main__ import main
sys.exit(main(["run"], source=Path("source").resolve()))
"""

_UP = "Outreach is up"

_BLOCK = """
import sys
from pathlib import Path
from deploy.local.signals import stop_on_signals
from deploy.local.stack import run_stack
stop_on_signals()
with run_stack(source=Path("source").resolve()) as stack:
    print("ready")
    sys.stdin.read()
print("stopped")
"""


# Tells a story of three endings.
_DEMO = """
import asyncio, sys
from pathlib import Path
from deploy.local.__main__ import main

async def tell(stack):
    print("ready", flush=True)
    ending = await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline) or "well"
    try:
        if ending == "well":
            return
        if ending == "badly\\n":
            raise RuntimeError("two narrowcasts arrived")
        print("waiting")
        await asyncio.sleep(3600)
    finally:
        print("the story unwinds")

sys.exit(main(["demo"], source=Path("source").resolve(), load_story=lambda: tell))
"""


def _write_source(folder: Path) -> Path:
    """Write a source root with four tiny programs into `folder`, and return it."""
    source = folder / "source"
    for name, script in {"sandbox": _SANDBOX, **dict.fromkeys(SERVICES, _SERVICE)}.items():
        (source / name).mkdir(parents=True)
        (source / name / "__main__.py").write_text(script)
    return source


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run one stack for the tests that leave it whole."""
    with run_stack(source=_write_source(tmp_path_factory.mktemp("stack"))) as stack:
        yield stack


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_enters_its_database_under_its_own_role(stack: Stack, service: str) -> None:
    """The settings that a service gets lead it to its own data."""
    assert f"database user {service}" in stack.log(service).read_text()


def test_a_killed_service_comes_back_at_its_address(stack: Stack) -> None:
    """Kill tests end one service like a crash and start it again; nobody has to learn a new address."""
    before = dict(stack.addresses)
    stack.kill("delivery")
    with pytest.raises(ProcessFailedError, match="delivery is not running"):
        stack.require_running()
    stack.start("delivery")
    stack.require_running()

    assert stack.addresses == before


def test_a_service_may_have_further_replicas(stack: Stack) -> None:
    """A replica has a name, an address and a log of its own, the database of its service, and may be dismissed."""
    name = stack.replicate("delivery")
    log, pid = stack.log(name).read_text(), stack.process(name).pid
    stack.kill("delivery")
    stack.start("delivery")
    survived = stack.process(name).pid
    stack.dismiss(name)

    assert name == "delivery-2"
    assert "database user delivery" in log
    assert survived == pid
    assert name not in stack.addresses
    stack.require_running()


def test_the_clock_moves_for_services_and_sandbox(stack: Stack) -> None:
    """A test lives through days in one call."""
    stack.clock.advance(timedelta(days=14))
    with urllib.request.urlopen(f"{stack.sandbox_url}/_control/clock") as response:  # noqa: S310 - loopback
        told = json.load(response)

    assert told == json.loads(stack.clock.file.read_text())
    assert told["offset_seconds"] == pytest.approx(timedelta(days=14).total_seconds())


def test_a_service_that_does_not_start_ends_the_start_with_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad setting stops everything, says why, and leaves the logs to read."""
    source = _write_source(tmp_path)
    (source / "reporting" / "__main__.py").write_text("import sys; sys.exit('OUTREACH_LISTEN is bad')")

    with (
        pytest.raises(ProcessFailedError, match=r"(?s)reporting ended.*OUTREACH_LISTEN is bad"),
        run_stack(source=source),
    ):
        pass
    folder = Path(capsys.readouterr().err.split()[-1])
    logs = {path.name for path in folder.glob("*.log")}
    shutil.rmtree(folder)

    assert "reporting.log" in logs


def test_a_normal_end_leaves_nothing(scenario: Scenario) -> None:
    """Processes and temporary folders are gone, and the exit status is 0."""
    _write_source(scenario.folder)
    scenario.start(_BLOCK)
    names_before = {process.split()[1] for process in scenario.processes()}
    status = scenario.end_input()

    assert {"postgres", "nats-server"} <= names_before
    assert status == 0
    assert scenario.processes() == []
    assert [*scenario.folder.glob("outreach-stack-*"), *scenario.folder.glob("outreach-pg-*")] == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_ends_cleanly_on_a_signal(scenario: Scenario, signum: signal.Signals) -> None:
    """Ctrl-C, a polite kill and a closed terminal stop everything in order, which is the normal end of `run`."""
    _write_source(scenario.folder)
    scenario.start(_RUN, until=_UP)
    status = scenario.send(signum)

    assert status == 0
    assert scenario.processes() == []


def test_a_killed_run_takes_everything_with_it(scenario: Scenario) -> None:
    """SIGKILL leaves no time to stop anything; the children die by themselves."""
    _write_source(scenario.folder)
    scenario.start(_RUN, until=_UP)
    scenario.send(signal.SIGKILL)

    eventually_blocking(lambda: scenario.processes() == [], deadline=10.0)


def test_a_signal_while_the_stack_starts_leaves_nothing(scenario: Scenario) -> None:
    """The first moments are no gap in the clean-up."""
    _write_source(scenario.folder)
    scenario.start(_RUN, until="Starting")
    status = scenario.send(signal.SIGTERM)

    assert status == 0
    assert scenario.processes() == []


def test_killing_make_stops_the_run(scenario: Scenario) -> None:
    """SIGKILL of `make` ends what it ran, and in order."""
    _write_source(scenario.folder)
    scenario.start(_RUN, until=_UP, by_make=True)
    scenario.send(signal.SIGKILL)

    eventually_blocking(lambda: scenario.processes() == [], deadline=20.0)
    assert "Stopped." in scenario.output


def test_a_service_that_dies_ends_the_run_with_its_log(scenario: Scenario) -> None:
    """`run` does not pretend to be up when a part of it has gone."""
    source = _write_source(scenario.folder)
    (source / "audience" / "__main__.py").write_text(_MORTAL + _SERVICE)
    scenario.start(_RUN, until=_UP)
    (scenario.folder / "die").touch()
    status = scenario.end_input()

    assert status == 1
    assert "audience is not running (exit status 3)" in scenario.output
    assert scenario.processes() == []


def test_a_demo_that_goes_well_exits_with_0(scenario: Scenario) -> None:
    """The story is told on a fresh stack, which is stopped afterwards."""
    _write_source(scenario.folder)
    scenario.start(_DEMO)
    status = scenario.end_input()

    assert status == 0
    assert scenario.processes() == []


def test_a_demo_that_goes_wrong_says_so(scenario: Scenario) -> None:
    """A story that fails is an error with its reason and the place of the logs, and leaves no process."""
    _write_source(scenario.folder)
    scenario.start(_DEMO)
    scenario.write("badly\n")
    status = scenario.end_input()

    assert status == 1
    assert "two narrowcasts arrived" in scenario.output
    assert "The logs are in" in scenario.output
    assert scenario.processes() == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_is_no_success(scenario: Scenario, signum: signal.Signals) -> None:
    """A signal cancels the story, which may unwind, and the exit status is the shell's 130."""
    _write_source(scenario.folder)
    scenario.start(_DEMO)
    scenario.write("never\n")
    scenario.await_line("waiting")
    status = scenario.send(signum)

    assert status == 130
    assert "the story unwinds" in scenario.output
    assert scenario.processes() == []
