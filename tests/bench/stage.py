"""Where a read RPC is measured: PostgreSQL, NATS, the service, its floor and the bare server, as processes."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.keys import TokenIssuer, write_key_files
from deploy.local.nats import NATSServer, serve_nats
from deploy.local.ports import ReservedPort
from deploy.local.postgres import PostgresServer, serve_postgres
from deploy.local.probes import grpc_serving
from deploy.local.processes import Process, start_all, stop_all
from deploy.local.settings import SERVICES, SOURCE, Surroundings, service_environment
from tests.bench.read_calls import load_read_call

_NOBODY = "127.0.0.1:9"  # a read calls no vendor and no other service
_CONTESTANTS = ("ours", "floor", "bare")


@dataclass(frozen=True, slots=True)
class Stage:
    """The running contestants."""

    addresses: dict[str, str]
    """`host:port` of each, keyed by `ours`, `floor`, `bare`."""
    pids: dict[str, int]
    token: str
    """Good for every channel and for the scope that the call needs."""


@contextmanager
def open_stage(module: str, *, rows: int) -> Iterator[Stage]:
    """Run all that `module` of tests/bench needs, with `rows` rows stored, for the length of the `with` block.

    Raises:
        ProcessFailedError: a process did not start.

    """
    call = load_read_call(module)
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="outreach-bench-")))
        postgres = resources.enter_context(serve_postgres())
        nats = resources.enter_context(serve_nats())
        addresses = {name: resources.enter_context(ReservedPort()).address for name in _CONTESTANTS}
        issuer = TokenIssuer()
        environment = _describe_environment(call.service, folder, postgres, nats, issuer)
        commands = {
            "ours": [call.service],
            "floor": ["tests.bench.floor", module],
            "bare": ["tests.bench.floor", module, "--bare"],
        }
        processes = {
            name: Process(
                name,
                [sys.executable, "-m", *commands[name]],
                log=folder / f"{name}.log",
                ready=grpc_serving(addresses[name]),
                environment=environment | {"OUTREACH_LISTEN": addresses[name]},
            )
            for name in _CONTESTANTS
        }
        resources.callback(stop_all, processes.values())
        start_all([processes["ours"]])  # makes the tables
        postgres.execute(*(text.replace("{rows}", str(rows)) for text in call.seed), database=call.service)
        start_all([processes["floor"], processes["bare"]])
        yield Stage(
            addresses=addresses,
            pids={name: process.pid or 0 for name, process in processes.items()},
            token=issuer.issue_token("user:bench", scopes=[call.access[call.method].scope]),
        )


def _describe_environment(
    service: str, folder: Path, postgres: PostgresServer, nats: NATSServer, issuer: TokenIssuer
) -> dict[str, str]:
    """Make the service's database and keys, and return the environment of all contestants."""
    postgres.create_database(service)
    clock_file = folder / "clock.json"
    clock_file.write_text('{"offset_seconds": 0}')
    surroundings = Surroundings(
        addresses=dict.fromkeys(SERVICES, _NOBODY),
        database_urls={service: postgres.url(service, role=service)},
        nats_url=nats.url,
        sandbox_url=f"http://{_NOBODY}",
        key_files=write_key_files(folder, issuer=issuer, services=SERVICES),
        clock_file=clock_file,
        source=SOURCE,
    )
    own = {"OUTREACH_ROLES": "serve", "PYTHONPATH": f"{SOURCE}:{SOURCE.parent}"}
    return service_environment(service, surroundings) | own
