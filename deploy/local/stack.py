"""The whole product on one machine: real engines, the sandbox, and each service as a process of its own (N1, N2)."""

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

from deploy.local.clock import BusinessClock
from deploy.local.keys import TokenIssuer, write_key_files
from deploy.local.nats import NATSServer
from deploy.local.ports import ReservedPort
from deploy.local.postgres import PostgresServer
from deploy.local.probes import file_exists, grpc_serving
from deploy.local.processes import Process, await_ready, start_all, stop_all
from deploy.local.settings import SERVICES, SOURCE, Surroundings, base_environment, service_environment
from deploy.local.signals import uninterrupted

_DRAIN_SECONDS = 15.0
_SANDBOX = "sandbox"


class Stack:
    """All processes, and everything one needs to talk to them. Addresses stay the same over restarts.

    Its methods block and belong to the main thread: a child dies with the thread that started it (`tether`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        postgres_folder: Path,
        ports: Mapping[str, ReservedPort],
        durable: bool,
        source: Path,
        settings: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Describe a stack; nothing runs yet.

        Args:
            folder: takes keys, logs, the clock file and the streams of NATS.
            postgres_folder: taken over by PostgreSQL, whose account must be able to reach it.
            ports: of the three services, of `nats` and of `sandbox`.
            durable: whether PostgreSQL forces commits to disk.
            source: the source root that sandbox and services are started from.
            settings: further settings of services, keyed by service and then by name without `OUTREACH_`.

        """
        self.folder = folder
        self.issuer = TokenIssuer()
        self.postgres = PostgresServer(postgres_folder, durable=durable)
        self.nats = NATSServer(folder, port=ports["nats"].number)
        self.nats_url = f"nats://{ports['nats'].address}"
        self.sandbox_url = f"http://{ports[_SANDBOX].address}"
        self.addresses = {service: ports[service].address for service in SERVICES}
        """`host:port` of each service's gRPC, keyed by service name; those of further replicas by theirs."""
        self.clock = BusinessClock(folder / "clock.json", sandbox_address=ports[_SANDBOX].address)
        self._sandbox = _describe_sandbox(folder, ports[_SANDBOX], source)
        self._surroundings = Surroundings(
            addresses=dict(self.addresses),
            database_urls={service: self.postgres.url(service, role=service) for service in SERVICES},
            nats_url=self.nats_url,
            sandbox_url=self.sandbox_url,
            key_files=write_key_files(folder, issuer=self.issuer, services=SERVICES),
            clock_file=self.clock.file,
            source=source,
            settings=settings,
        )
        self._services = {service: self._describe_service(service, service) for service in SERVICES}
        self._replica_ports: dict[str, ReservedPort] = {}

    def token(
        self,
        subject: str,
        *,
        scopes: Iterable[str],
        channels: Iterable[str] | None = None,
        lifetime: timedelta = timedelta(hours=1),
    ) -> str:
        """Return a bearer token; see `TokenIssuer.issue_token`."""
        return self.issuer.issue_token(subject, scopes=scopes, channels=channels, lifetime=lifetime)

    def start_everything(self) -> None:
        """Start all processes, side by side where none waits for another, and return when all are ready.

        Raises:
            ProcessFailedError: one of them ended or did not become ready; the message holds the end of its log.

        """
        self.nats.process.spawn()
        self._sandbox.spawn()
        self.postgres.initialise()
        self.postgres.process.spawn()
        await_ready([self.postgres.process])
        for service in SERVICES:
            self.postgres.create_database(service)
        await_ready([self.nats.process, self._sandbox])
        start_all(self._services.values())

    def stop_everything(self) -> None:
        """Let the services drain, then stop what they stand on."""
        with uninterrupted():
            stop_all(self._services.values(), grace_seconds=_DRAIN_SECONDS)
            stop_all([self._sandbox, self.nats.process])
            stop_all([self.postgres.process])
            for port in self._replica_ports.values():
                port.close()

    def replicate(self, service: str, *, program: Sequence[str] | None = None) -> str:
        """Start one more replica of a service on the same database, and return its name once it serves.

        The name, as `delivery-2`, stands for the replica wherever a service can be named. `program` are Python's
        arguments of a process that does as the service does; None: the service itself.

        Raises:
            ProcessFailedError: as in `start_everything`.

        """
        name = next(name for number in count(2) if (name := f"{service}-{number}") not in self._services)
        self._replica_ports[name] = port = ReservedPort()
        self.addresses[name] = port.address
        self._services[name] = self._describe_service(name, service, program)
        self.start(name)
        return name

    def dismiss(self, replica: str) -> None:
        """Stop a further replica for good."""
        self.stop(replica)
        del self._services[replica], self.addresses[replica]
        self._replica_ports.pop(replica).close()

    def start(self, service: str) -> None:
        """Start a killed or stopped service and wait until it serves.

        Raises:
            ProcessFailedError: as in `start_everything`.

        """
        start_all([self._services[service]])

    def stop(self, service: str) -> None:
        """Stop a service in good order (SIGTERM, drain)."""
        stop_all([self._services[service]], grace_seconds=_DRAIN_SECONDS)

    def kill(self, service: str) -> None:
        """End a service at once, as a crash would."""
        self._services[service].kill()

    def process(self, service: str) -> Process:
        """Return the process of a service, for what needs more than starting and stopping."""
        return self._services[service]

    def require_running(self) -> None:
        """Raise ProcessFailedError unless every process runs."""
        for process in (self.postgres.process, self.nats.process, self._sandbox, *self._services.values()):
            process.require_running()

    def log(self, service: str) -> Path:
        """Return where a service logs to."""
        return self._services[service].log

    def _describe_service(self, name: str, service: str, program: Sequence[str] | None = None) -> Process:
        address = self.addresses[name]
        return Process(
            name,
            [sys.executable, *(program or ("-m", service))],
            log=self.folder / f"{name}.log",
            ready=grpc_serving(address),
            environment=service_environment(service, self._surroundings, listen=address),
        )


def _describe_sandbox(folder: Path, port: ReservedPort, source: Path) -> Process:
    port_file = folder / "sandbox.port"
    return Process(
        _SANDBOX,
        [sys.executable, "-m", _SANDBOX, "--listen", port.address, "--port-file", str(port_file)],
        log=folder / "sandbox.log",
        ready=file_exists(port_file),
        environment=base_environment(source),
    )


@contextmanager
def run_stack(
    *, durable: bool = False, source: Path = SOURCE, settings: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[Stack]:
    """Run a whole stack for the length of the `with` block; `settings` are further ones of services, see `Stack`.

    Its folder is removed afterwards, unless the block or the start failed: then it stays, logs and all, and standard
    error says where. Ctrl-C is no failure.

    Raises:
        ProcessFailedError: a process did not start.

    """
    folder = Path(tempfile.mkdtemp(prefix="outreach-stack-"))
    try:
        with ExitStack() as resources:
            postgres_folder = tempfile.TemporaryDirectory(prefix="outreach-pg-", ignore_cleanup_errors=True)
            stack = Stack(
                folder,
                postgres_folder=Path(resources.enter_context(postgres_folder)),
                ports={name: resources.enter_context(ReservedPort()) for name in (*SERVICES, "nats", _SANDBOX)},
                durable=durable,
                source=source,
                settings=settings or {},
            )
            resources.callback(stack.stop_everything)
            stack.start_everything()
            yield stack
    except Exception:
        print(f"The logs are in {folder}", file=sys.stderr)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
