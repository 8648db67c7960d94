"""Requests to a bucket of S3 storage: create what is not there, put, read, list, remove.

Here: the few requests that a copy of tables needs, and faults told in the platform's own words: what a storage answers
may name keys. Signing, trying again, and large files in parts are obstore's. Not here: what is copied
(``lake.bucket_copy``). Requests carry the machine's clock, whatever ``as_of`` says: the storage compares it with its
own.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from lake.bucket_place import BucketPlace
from resource_catalogue.errors import LakeError

_STATUS = re.compile(r"status code: ([0-9]{3})\b")
_CODE = re.compile(r"<Code>([A-Za-z0-9.]{1,64})</Code>")
_UNREACHED = re.compile(r"\bHttpError \{\s*kind: ([A-Za-z]{1,32})\b")
_PART_BYTES, _PARTS_AT_ONCE = 8 * 1024**2, 4


class Bucket:
    """Ask a bucket; may be used by several threads.

    Every request raises LakeError where the storage fails, refuses, or cannot be reached.
    """

    def __init__(self, place: BucketPlace) -> None:
        self.place, self._store = place, place.store()

    def create(self, key: str, content: bytes) -> bool:
        """Put an object where there is none; tell whether it was put."""
        with self._told(key), contextlib.suppress(AlreadyExistsError):
            obstore.put(self._store, key, content, mode="create")
            return True
        return False

    def put(self, key: str, content: bytes | Path) -> None:
        """Put an object, in the place of another one if need be; a large file in parts."""
        with self._told(key):
            obstore.put(self._store, key, content, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def get(self, key: str) -> bytes | None:
        """Return a small object, or null where there is none."""
        with self._told(key), contextlib.suppress(FileNotFoundError):
            return bytes(obstore.get(self._store, key).bytes())
        return None

    def size(self, key: str) -> int | None:
        """Return the bytes of an object, or null where there is none."""
        with self._told(key), contextlib.suppress(FileNotFoundError):
            return obstore.head(self._store, key)["size"]
        return None

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects in any order; they may be gone already."""
        if keys:
            with self._told(keys[0]):
                obstore.delete(self._store, keys)

    def objects(self, folder: str) -> dict[str, int]:
        """List the objects in a folder, which ends in a slash, by their names below it with their bytes."""
        with self._told(folder):
            found = obstore.list(self._store, folder, chunk_size=1000)
            return {one["path"].removeprefix(folder): one["size"] for page in found for one in page}

    def folders(self, folder: str) -> list[str]:
        """List the folders directly in a folder, which ends in a slash, without what is in them."""
        with self._told(folder):
            found = obstore.list_with_delimiter(self._store, folder)
            return [name.removeprefix(folder) for name in found["common_prefixes"]]

    @contextlib.contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Tell a fault by status, code or kind, and by the table's folder at most: names of files hold values of rows.

        Raises:
            LakeError: There is one.
        """
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise LakeError(
                f"{self.place.url} {'/'.join(key.split('/')[:2])}".strip(),
                _found(error),
                "",
                "检查存储桶、地址、密钥及其权限，再次运行 / check bucket, endpoint, keys and their rights; run again",
            ) from None


def _found(error: Exception) -> str:
    """Return what of a fault may be told.

    >>> _found(OSError("k/张三: status code: 404 Not Found: <Error><Code>NoSuchBucket</Code><Key>k/张三</Key>"))
    'HTTP 404 NoSuchBucket'
    """
    told = str(error)
    status, code, unreached = _STATUS.search(told), _CODE.search(told), _UNREACHED.search(told)
    if status is not None:
        return f"HTTP {status[1]}{' ' + code[1] if code else ''}"
    if unreached is not None:
        return f"无法连接 / cannot be reached ({unreached[1]})"
    return type(error).__name__
