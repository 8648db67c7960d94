"""S3: files in a bucket of object storage."""

from typing import Literal

from pydantic import Field

from resource_catalogue.sources.remote import Address, RemoteFiles, SecretReference


class S3Source(RemoteFiles):
    """Fetch the objects of a bucket whose keys match.

    Attributes:
        endpoint: Address of the storage; null means that of AWS in the region.
        path_style: Whether the bucket is named in the path of addresses instead of the host.
    """

    connector: Literal["s3"]
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    endpoint: Address | None = None
    region: str = "us-east-1"
    path_style: bool = True
    access_key_id: SecretReference
    secret_access_key: SecretReference
