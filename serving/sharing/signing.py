"""Signatures of the sharing server: page tokens, access tokens, addresses of files.

Here: one secret, from which each use has a key of its own, so that nothing signed for one use holds for another.
Not here: tokens of recipients, which are kept as hashes (``casework``).
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any, Literal

import orjson

Use = Literal["page", "refresh", "access", "file"]
_USES: tuple[Use, ...] = ("page", "refresh", "access", "file")
_SIGNATURE_BYTES = 32
_LONGEST = 4096


class Signer:
    """Sign and check with keys drawn from one secret.

    Args:
        secret: At least 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < _SIGNATURE_BYTES:
            raise ValueError("a signing key has at least 32 bytes")
        self._keys = {
            use: hmac.digest(secret, b"civiclake.sharing." + use.encode(), "sha256") for use in _USES
        }

    def mark(self, use: Use, text: bytes) -> str:
        """Return the signature of a text in hexadecimal."""
        return hmac.digest(self._keys[use], text, hashlib.sha256).hex()

    def holds(self, use: Use, text: bytes, mark: str) -> bool:
        """Tell whether a signature is that of the text; takes the same time whatever differs."""
        return hmac.compare_digest(self.mark(use, text).encode(), mark.encode(errors="replace"))

    def token(self, use: Use, content: dict[str, Any]) -> str:
        """Return an opaque token that carries a content."""
        body = orjson.dumps(content)
        return (
            base64.urlsafe_b64encode(hmac.digest(self._keys[use], body, "sha256") + body).decode().rstrip("=")
        )

    def content(self, use: Use, token: str) -> dict[str, Any] | None:
        """Return what a token carries, or null where it was not made here for this use."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        # Other spellings of the same bytes are refused too: a token has one.
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
            return None
        mark, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(mark, hmac.digest(self._keys[use], body, "sha256")):
            return None
        content = orjson.loads(body)
        return content if isinstance(content, dict) else None
