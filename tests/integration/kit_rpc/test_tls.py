"""Encrypted connections, by the real files that an operator would mount."""

import ipaddress
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from kit.config import BaseSettings
from kit.rpc.server import Api, RPCServer
from outreach_client.channel import open_channel
from outreach_client.errors import RemoteError
from tests.integration.kit_rpc.conftest import Served
from tests.integration.kit_rpc.echo import ACCESS, INTERNAL, PUBLIC, EchoServicer, EchoStub, message

GET = message("GetEchoRequest", name="channels/acme/echoes/one")


class Authority:
    """Issues certificates for loopback."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self._folder = folder
        builder = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def issue(self, name: str) -> tuple[Path, Path]:
        """Write a certificate and its key; return their paths."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = self._builder(subject, key).add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        paths = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(hours=1))
        )


async def test_mutual_tls(settings: BaseSettings, served: Served, tmp_path: Path) -> None:
    """With TLS files the server encrypts, asks for client certificates, and takes renewed files without a restart."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    client_certificate, client_key = authority.issue("client")
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    secured = replace(settings, tls_cert_file=certificate, tls_key_file=key, tls_client_ca_file=tmp_path / "ca.pem")
    servicer = EchoServicer()
    api = Api(service="echo", public=[PUBLIC], internal=[INTERNAL], access=ACCESS, register=servicer.register)
    server = RPCServer(api, secured)
    address = f"127.0.0.1:{await server.start()}"

    async def call(root: bytes, *own: bytes) -> str:
        credentials = grpc.ssl_channel_credentials(root, *own)
        async with open_channel(address, token=served.issuer.token(), credentials=credentials) as channel:
            try:
                await EchoStub(channel).GetEcho(GET, timeout=3)
            except RemoteError as error:
                return error.code.name
        return "OK"

    own = client_key.read_bytes(), client_certificate.read_bytes()
    assert await call(authority.certificate, *own) == "OK"
    assert await call(authority.certificate) == "UNAVAILABLE"

    successor = Authority(tmp_path)
    for path in successor.issue("server"):
        os.utime(path, ns=(1, 1))

    assert await call(successor.certificate, *own) == "OK"
    await server.drain(0)
