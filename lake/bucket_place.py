"""A bucket of S3 storage: where it is, who asks there, and presigned addresses of what lies in it.

Here: keys of objects, and addresses; nothing that goes to the network. Not here: requests (``lake.bucket``), and what
is in a bucket (``lake.bucket_copy``).
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.store import S3Store

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

if TYPE_CHECKING:
    from obstore.store import RetryConfig, S3Credential

SHARED = "share"
"""Schema whose copied tables lie in a bucket; no address is made for any other."""
_RETRY: "RetryConfig" = {"max_retries": 6}
_TIMEOUT = dt.timedelta(minutes=2)
"""For one request; large files go in parts of some megabytes."""


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """Say where a bucket is and who asks there.

    Attributes:
        url: ``s3://name/prefix`` as set.
        endpoint: Scheme and host with its port where it is not the usual one.
        is_in_host: Whether that host carries the bucket's name already.

    >>> BucketPlace("s3://shares/city//a/", "https://s3.example.cn", False, "r", "", "").text
    'https://s3.example.cn/shares/city/a'
    """

    url: str
    endpoint: str
    is_in_host: bool
    region: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)

    @classmethod
    def of(cls, deployment: Deployment) -> "BucketPlace | None":
        """Return the bucket that a deployment names, or null.

        Raises:
            SettingError: A key that it refers to is not there.
        """
        settings = deployment.settings.bucket
        if settings.url is None:
            return None
        endpoint = settings.endpoint or f"https://s3.{settings.region}.amazonaws.com"
        scheme, _, host = endpoint.rstrip("/").partition("://")
        is_in_host = settings.endpoint is None or not settings.path_style
        return cls(
            settings.url,
            f"{scheme}://{urlsplit(settings.url).netloc}.{host}" if is_in_host else f"{scheme}://{host}",
            is_in_host,
            settings.region,
            deployment.secret("bucket.access_key_id", settings.access_key_id),
            deployment.secret("bucket.secret_access_key", settings.secret_access_key),
        )

    @property
    def name(self) -> str:
        """Return the bucket's name."""
        return urlsplit(self.url).netloc

    @property
    def prefix(self) -> str:
        """Return the beginning of every key, without a slash at its end."""
        return "/".join(filter(None, urlsplit(self.url).path.split("/")))

    @property
    def text(self) -> str:
        """Return what tells one place from another."""
        return "/".join(filter(None, (self.endpoint, "" if self.is_in_host else self.name, self.prefix)))

    def store(self) -> S3Store:
        """Return the way to it, which asks nothing yet; keys of objects there go without the prefix.

        ``AWS_*`` variables of the process, which the library reads too, lead it to no other storage and give it no
        other credential. Objects are removed one by one: not every storage knows the request for many.
        """
        return S3Store(
            self.name,
            prefix=self.prefix or None,
            aws_endpoint_url_s3=self.endpoint,
            virtual_hosted_style_request=self.is_in_host,
            region=self.region,
            skip_signature=False,
            disable_bulk_delete=True,
            credential_provider=self._credential,
            client_options={"allow_http": self.endpoint.startswith("http://"), "timeout": _TIMEOUT},
            retry_config=_RETRY,
        )

    def _credential(self) -> "S3Credential":
        return {
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "token": None,
            "expires_at": None,
        }


def table_key(table: TableName, name: str = "") -> str:
    """Return the key of a file of a table, below the bucket's prefix.

    Raises:
        LakeError: The table is of another schema, or the name leaves its folder.
    """
    is_inside = "/" not in table.name and table.name not in ("", ".", "..") and ".." not in name.split("/")
    if table.schema != SHARED or not is_inside:
        raise LakeError(str(table), "不在共享库 / is not a shared table", SHARED)
    return f"{table.schema}/{table.name}/{name}"


class Presigner:
    """Make addresses of shared files: they hold from now on, by the machine's clock, for whoever has them."""

    def __init__(self, place: BucketPlace) -> None:
        self._store = place.store()

    def address(self, table: TableName, name: str, seconds: int) -> str:
        """Return the address of a file of a shared table.

        Raises:
            LakeError: The table is of another schema, or the name leaves its folder.
        """
        return obstore.sign(self._store, "GET", table_key(table, name), dt.timedelta(seconds=seconds))
