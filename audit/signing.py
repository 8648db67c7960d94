"""Signing what the record attests: Ed25519 with the deployment's key ``audit``.

Here: the key and the signature of a document. Not here: checking one (``verifier.py``, which travels with an export).
"""

from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.verifier import Document, canonical, fingerprint_of
from resource_catalogue.deployment import Deployment

KEY_NAME = "audit"
"""Name of the deployment's key from which the signing key is made."""


class Signer:
    """Sign documents of one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(deployment.key(KEY_NAME))
        self._deployment = deployment.settings.deployment.id

    @cached_property
    def pem(self) -> bytes:
        """Return the public key as PEM."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @cached_property
    def key_id(self) -> str:
        """Return the fingerprint by which a person compares the public key."""
        return fingerprint_of(self.pem)

    def signed(self, kind: str, document: Document) -> Document:
        """Return a document with its format, deployment, key and signature.

        Args:
            kind: What it is, such as ``day``.
        """
        body = {
            **document,
            "format": f"civiclake.access-{kind}/1",
            "deployment": self._deployment,
            "key_id": self.key_id,
        }
        return {**body, "signature": self._key.sign(canonical(body)).hex()}
