"""Whose bucket it is, and whether its storage does what a copy needs of it.

Here: the object that names the one deployment which may write below a prefix, and the trial of conditional writes. Not
here: what is written (``lake.bucket_copy``).
"""

import secrets

from lake.bucket import Bucket
from resource_catalogue.errors import LakeError

_OWNER, _PROBE = "_civiclake_owner", "_civiclake_probe_"
OTHER_WRITER = (
    "每个部署（及其副本）使用各自的存储桶或前缀；若只有本部署写入，删除桶中此表的文件夹后再次运行 / "
    "give each deployment, and each copy of one, a bucket or prefix of its own; "
    "if no other writes there, remove the table's folder there and run again"
)
"""What to do where there is something that this deployment did not write."""


class BucketClaim:
    """Hold a bucket's prefix for one deployment.

    Args:
        owner: Name of the deployment in the bucket: no other may write below the same prefix.
    """

    def __init__(self, bucket: Bucket, owner: str) -> None:
        self._bucket, self._owner = bucket, owner.encode()
        self._probed = False

    def take(self) -> None:
        """Take the prefix.

        Raises:
            LakeError: It is another's.
        """
        held = self._bucket.get(_OWNER)
        if held is None:
            self.probe()
            self._bucket.create(_OWNER, self._owner)
            held = self._bucket.get(_OWNER)
        if held != self._owner:
            raise LakeError(
                self._bucket.place.url,
                "属于另一部署 / belongs to another deployment",
                "只由一个部署写入 / written by one deployment only",
                OTHER_WRITER,
            )

    def probe(self) -> None:
        """Find out, once a run, whether the storage refuses to create what is there already.

        Raises:
            LakeError: It does not: two writers would overwrite each other without a word.
        """
        if self._probed:
            return
        key = _PROBE + secrets.token_hex(8)
        try:
            found = self._answer(key)
        finally:
            self._bucket.remove([key])
        if found:
            raise LakeError(
                self._bucket.place.url,
                found,
                "PUT 支持 If-None-Match: * / PUT enforces If-None-Match: *",
                "换用支持条件写入的存储，或不设置 bucket.url / "
                "use storage with conditional writes, or leave bucket.url unset",
            )
        self._probed = True

    def _answer(self, key: str) -> str:
        """Return what is wrong with the storage, empty where nothing is."""
        try:
            if not self._bucket.create(key, b"1"):
                return "新对象被拒绝 / a new object was refused"
        except LakeError as error:
            if "HTTP 501" in error.found or "HTTP 400" in error.found:
                return f"不支持条件写入 / conditional writes are not supported ({error.found})"
            raise
        if self._bucket.create(key, b"2"):
            return "条件写入未被执行，对象被覆盖 / the condition was ignored, the object was overwritten"
        return ""
