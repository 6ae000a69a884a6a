"""Certificates of a server, read again whenever they are renewed (architecture 9)."""

from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog

from kit.config import BaseSettings

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Files:
    """What a server shows and asks for."""

    certificate: Path
    key: Path
    client_ca: Path | None
    _seen: tuple[int, ...] = ()

    def renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """Return what to use from now on; None while nothing has changed."""
        try:
            versions = tuple(path.stat().st_mtime_ns for path in self._paths())
            if versions == self._seen:
                return None
            configuration = self.read()
        except OSError as error:
            # In the middle of a renewal; the next handshake looks again.
            _log.warning("certificates_unreadable", reason=type(error).__name__)
            return None
        self._seen = versions
        return configuration

    def read(self) -> grpc.ServerCertificateConfiguration:
        """Read all files."""
        chain = [(self.key.read_bytes(), self.certificate.read_bytes())]
        ca = self.client_ca.read_bytes() if self.client_ca is not None else None
        return grpc.ssl_server_certificate_configuration(chain, ca)

    def _paths(self) -> list[Path]:
        return [path for path in (self.certificate, self.key, self.client_ca) if path is not None]


def server_credentials(settings: BaseSettings) -> grpc.ServerCredentials | None:
    """Return what the settings ask for: TLS, TLS with client certificates, or None for plain text."""
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return None
    files = _Files(settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file)
    return grpc.dynamic_ssl_server_credentials(
        files.read(),
        files.renewed,  # type: ignore[arg-type]  # None means no change, which the stubs don't know
        require_client_authentication=settings.tls_client_ca_file is not None,
    )
