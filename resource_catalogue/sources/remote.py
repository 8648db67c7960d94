"""What sources on other machines declare alike: references to secrets, addresses, retries, a manifest of what was sent.

A secret is never in a file of the catalogue: it is referred to, and a value in the reference's place is refused without
being shown.
"""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from resource_catalogue.model import Strict
from resource_catalogue.sources.reading import Reading

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(?:.*\S)?")
_SECRET_WORDS = re.compile(r"(?i)(^|[_.-])(pass(word|wd)?|secret|token|api_?key|access_?key|sig|signature)$")


def _reference(value: Any) -> str:
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value
    raise PydanticCustomError("secret_value", "a secret stands where its reference should")


def _bare_address(value: str) -> str:
    """Refuse an address that carries a user, a password or a key, or is of no server."""
    try:
        parts = urlsplit(value)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise PydanticCustomError("bare_address", "no address") from None
    names = (pair.partition("=")[0] for pair in parts.query.split("&"))
    if not is_whole or "@" in parts.netloc or parts.fragment or any(map(_SECRET_WORDS.search, names)):
        raise PydanticCustomError("bare_address", "an address with credentials, or none")
    return value


SecretReference = Annotated[
    str,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$"}),
]
"""``env:NAME`` or ``file:PATH``: where a secret is found when it is needed."""
Address = Annotated[str, AfterValidator(_bare_address)]
"""``http(s)://`` address without user, password or key."""
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$")]
Port = Annotated[int, Field(gt=0, lt=65536)]


class Retry(Strict):
    """Say how patiently a source is asked; waits double from the first to the longest, each drawn at random below it.

    Attributes:
        attempts: How often a request is made before the source counts as failing.
        timeout_seconds: How long one step (a connection, a block of bytes) may take.
        whole_seconds: How long one request or file may take in all.
    """

    attempts: int = Field(default=4, ge=1, le=20)
    first_wait_seconds: float = Field(default=1, ge=0)
    longest_wait_seconds: float = Field(default=60, ge=0)
    timeout_seconds: float = Field(default=30, gt=0)
    whole_seconds: float = Field(default=3600, gt=0)


class Remote(Reading):
    """Say what every source on another machine declares.

    Attributes:
        retry: How patiently it is asked.
        max_bytes: Most bytes that one delivery may have; more is refused.
    """

    retry: Retry = Retry()
    max_bytes: int = Field(default=20_000_000_000, gt=0)


class RemoteFiles(Remote):
    """Say what sources of files declare.

    Attributes:
        path: Glob of the files, ``**`` for any folders between.
        manifest: Glob of manifests beside them: checksum files in the form of ``sha256sum`` or ``md5sum``, or JSON or
            CSV with name, size, checksum and rows. Files are taken only once one of these lists them, and only whole.
            Null means that none comes.
    """

    path: str = Field(min_length=1)
    manifest: str | None = Field(default=None, min_length=1)
