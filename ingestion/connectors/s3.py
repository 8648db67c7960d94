"""Fetch objects of a bucket; an object is known again by its entity tag, and each block is asked for by that tag."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import obstore
from obstore import exceptions
from obstore.store import S3Store

from ingestion.asking import Asked
from ingestion.patience import Deadline, SourceError, TryAgain
from ingestion.remote_files import FilePlace, RemoteFile, fetch_files, fixed_folder, path_matches
from ingestion.spool import Spool
from lake.bucket_place import BucketPlace
from resource_catalogue.sources.s3 import S3Source

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta

_BLOCK_BYTES = 8 * 1024 * 1024
_REFUSALS = (
    exceptions.UnauthenticatedError,
    exceptions.PermissionDeniedError,
    exceptions.NotFoundError,
    exceptions.InvalidPathError,
    exceptions.NotSupportedError,
)


def fetch(source: S3Source, spool: Spool, asked: Asked) -> None:
    """Fetch the new objects of the bucket.

    Raises:
        SourceError: The storage is not reached, or does not admit us.
        SettingError: A key referred to is not there.
    """
    endpoint = source.endpoint or f"https://s3.{source.region}.amazonaws.com"
    is_in_host = source.endpoint is None or not source.path_style
    scheme, _, host = endpoint.rstrip("/").partition("://")
    place = BucketPlace(
        f"s3://{source.bucket}",
        f"{scheme}://{source.bucket}.{host}" if is_in_host else f"{scheme}://{host}",
        is_in_host,
        source.region,
        asked.secret("access_key_id", source.access_key_id),
        asked.secret("secret_access_key", source.secret_access_key),
    )

    @contextmanager
    def opened() -> Iterator[FilePlace]:
        yield _Bucket(source, place.store())

    fetch_files(source, spool, asked, opened)


class _Bucket:
    def __init__(self, source: S3Source, store: S3Store) -> None:
        self._source, self._store = source, store
        self._where = f"s3://{source.bucket}"
        self._deadline = Deadline(source.retry.whole_seconds)

    def files(self, pattern: str, is_known: Callable[[RemoteFile], bool]) -> list[RemoteFile]:
        with _told(self._where):
            listed = [
                one for chunk in obstore.list(self._store, fixed_folder(pattern) or None) for one in chunk
            ]
        return [self._file(one) for one in listed if path_matches(one["path"], pattern)]

    def blocks(self, file: RemoteFile, offset: int) -> Iterator[bytes]:
        while offset < file.size:
            self._deadline.check(file.name)
            end = min(offset + _BLOCK_BYTES, file.size)
            with _told(file.name):
                options: GetOptions = {"range": (offset, end)}
                if file.place:
                    options["if_match"] = file.place.decode()
                block = obstore.get(self._store, file.path, options=options).bytes().to_bytes()
            if not block:
                return
            offset += len(block)
            yield block

    def is_unchanged(self, file: RemoteFile) -> bool:
        with _told(file.name):
            return self._file(obstore.head(self._store, file.path)) == file

    def _file(self, one: "ObjectMeta") -> RemoteFile:
        tag, size, modified = one["e_tag"], one["size"], one["last_modified"]
        version = tag or f"{size} {modified.isoformat()}"
        name = f"{self._where}/{one['path']}"
        return RemoteFile(one["path"], name, size, modified, version, (tag or "").encode())


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what the library raises into an error of ours, without its text."""
    try:
        yield
    except _REFUSALS as error:
        raise SourceError(
            where,
            f"存储不准许或没有此桶、此对象 / refused, or no such bucket or object ({type(error).__name__})",
            "bucket, access_key_id, secret_access_key",
            "核对桶、密钥与权限 / check bucket, keys and rights",
        ) from None
    except (exceptions.BaseError, OSError) as error:
        raise TryAgain(where, f"存储未应答 / the storage fails ({type(error).__name__})") from None
