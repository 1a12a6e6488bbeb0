"""A secure sandbox: certificates, SCRAM users, access control lists.

Clients meet SASL_SSL with SCRAM-SHA-512 and Kafka's own authorizer, as on a cluster that matters.
The controllers' listener stays plain: it is the nodes' own, on the loopback interface.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flowodm.sandbox.spec import LOOPBACK, Credentials, SandboxSpec

if TYPE_CHECKING:
    from confluent_kafka.admin._acl import AclBinding  # its public home does not re-export it

__all__ = [
    "add_user",
    "allow",
    "make_certificates",
    "new_credentials",
    "properties_of",
    "scram_argument",
]

_TIMEOUT = 15.0
_MECHANISM = "SCRAM-SHA-512"


def new_credentials(username: str) -> Credentials:
    """Make a user with a random password."""
    return Credentials(username, secrets.token_urlsafe(18))


def scram_argument(user: Credentials) -> str:
    """Return what Kafka's storage tool takes to create a user with the storage."""
    return f"{_MECHANISM}=[name={user.username},password={user.password}]"


def properties_of(spec: SandboxSpec) -> dict[str, str]:
    """Return the server properties that make a node of this sandbox a secure one."""
    admin = spec.admin
    assert admin is not None
    login = (
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        f'username="{admin.username}" password="{admin.password}";'
    )
    return {
        "sasl.enabled.mechanisms": _MECHANISM,
        "sasl.mechanism.inter.broker.protocol": _MECHANISM,
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": login,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(_keystore(spec)),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(spec.certificate_authority),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{admin.username};User:ANONYMOUS",
    }


def _keystore(spec: SandboxSpec) -> Path:
    return spec.directory / "server.pem"


def make_certificates(spec: SandboxSpec) -> None:
    """Write the sandbox's own certificate authority and the brokers' certificate, once."""
    if _keystore(spec).exists():
        return
    import trustme
    from cryptography.hazmat.primitives import serialization

    authority = trustme.CA(organization_name="FlowODM sandbox")
    certificate = authority.issue_cert(LOOPBACK, "localhost")
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), password=None)
    pem = key.private_bytes(  # Kafka reads keys in PKCS#8 only
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = b"".join(part.bytes() for part in certificate.cert_chain_pems)
    spec.certificate_authority.write_bytes(authority.cert_pem.bytes())
    _write_private(_keystore(spec), pem + chain)


def _write_private(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)


def add_user(spec: SandboxSpec, user: Credentials) -> None:
    """Create a SCRAM user, or give one a new password; it may do nothing until allowed."""
    from confluent_kafka import admin as kafka
    from confluent_kafka.admin._scram import (  # their public home does not re-export them
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialUpsertion,
    )

    information = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    change = UserScramCredentialUpsertion(user.username, information, user.password.encode())
    admin = kafka.AdminClient(spec.client_config())
    for future in admin.alter_user_scram_credentials([change]).values():
        future.result(timeout=_TIMEOUT)


def allow(spec: SandboxSpec, bindings: Iterable[AclBinding]) -> None:
    """Add access control entries."""
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(spec.client_config())
    for future in admin.create_acls(list(bindings)).values():
        future.result(timeout=_TIMEOUT)
