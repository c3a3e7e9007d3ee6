"""A real Kafka that lets in who has a certificate and a password, and a guest do what is allowed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.kafka.broker import Broker
from shared.bus.kafka_access import Access
from tests.servers.kafka import QUICK

USER: Final = "baton"
GUEST: Final = "guest"
PASSWORD: Final = "geheim-geheim"
_LOGINS: Final = {
    "plain": "org.apache.kafka.common.security.plain.PlainLoginModule required "
    f'username="{USER}" password="{PASSWORD}" user_{USER}="{PASSWORD}" user_{GUEST}="{PASSWORD}";',
    "scram-sha-256": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    "scram-sha-512": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
}


@dataclass(frozen=True, slots=True)
class Secured:
    """The broker's address, what lets a client in, and an authority that nobody trusts."""

    address: str
    access: Access
    stranger: Path


@contextmanager
def secured_kafka(folder: Path) -> Iterator[Secured]:
    """Running. Raises BrokerUnavailable, which says what to install."""
    authority, other = trustme.CA(), trustme.CA()
    ca_file, cert_file, stranger = folder / "ca.pem", folder / "client.pem", folder / "stranger.pem"
    authority.cert_pem.write_to_path(ca_file)
    other.cert_pem.write_to_path(stranger)
    authority.issue_cert("baton@acme.example").private_key_and_cert_chain_pem.write_to_path(cert_file)
    access = Access(tls=True, ca_file=ca_file, cert_file=cert_file, user=USER, password=PASSWORD)
    users = [f"--add-scram=SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]" for bits in (256, 512)]
    settings = _settings(folder, authority.issue_cert("127.0.0.1"), ca_file)
    broker = Broker(folder / "kafka", java=QUICK, more=settings, formatting=users)
    broker.start()
    try:
        yield Secured(broker.address, access, stranger)
    finally:
        broker.kill()


def _settings(folder: Path, certificate: trustme.LeafCert, ca_file: Path) -> dict[str, str]:
    key_store = folder / "broker.pem"
    chain = b"".join(part.bytes() for part in certificate.cert_chain_pems)
    key_store.write_bytes(_as_java_reads_it(certificate.private_key_pem.bytes()) + chain)
    of_listener = {
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        **{f"{name}.sasl.jaas.config": login for name, login in _LOGINS.items()},
        "ssl.client.auth": "required",
    }
    return {
        "listener.security.protocol.map": "BROKER:SASL_SSL,CONTROLLER:PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(key_store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(ca_file),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{USER};User:ANONYMOUS",
        **{f"listener.name.broker.{name}": value for name, value in of_listener.items()},
    }


def _as_java_reads_it(key: bytes) -> bytes:
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
