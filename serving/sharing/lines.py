"""Lines of an answer about a table, in both forms of the protocol (``parquet`` and ``delta``).

Here: one class per form with the same verbs, each returning one line of JSON. Not here: which lines an answer has.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from lake.shared import DataFile, Snapshot
from serving.sharing.addresses import AddressScope, FileAddresses
from serving.sharing.capabilities import Form, sent_configuration, sent_protocol

Change = Literal["add", "remove", "cdc"]
_CHANGE_FEED = "delta.enableChangeDataFeed"


@dataclass(frozen=True, slots=True)
class Moment:
    """Name a version and when it was made, for lines that carry both."""

    version: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Write lines for one answer.

    Attributes:
        form: Form of the lines.
        id_hash: Which of the two hashes file ids are made with (header ``fileidhash``).
        addresses: Maker of the files' addresses.
    """

    form: Form
    id_hash: Form
    addresses: FileAddresses

    def protocol(self, protocol: Mapping[str, Any]) -> bytes:
        """Return the line of the protocol; the parquet form needs no more than readers of version 1."""
        sent: dict[str, Any] = {"minReaderVersion": 1}
        if self.form == "delta":
            sent = {"deltaProtocol": sent_protocol(protocol)}
        return orjson.dumps({"protocol": sent})

    def metadata(
        self, metadata: Mapping[str, Any], version: int | None = None, snapshot: Snapshot | None = None
    ) -> bytes:
        """Return the line of the metadata.

        Args:
            version: Version to name in it.
            snapshot: State whose size and number of files it names.
        """
        outer: dict[str, Any] = {} if version is None else {"version": version}
        described = {"description": metadata["description"]} if metadata.get("description") else {}
        if snapshot is not None:
            outer |= {"size": snapshot.size, "numFiles": len(snapshot.files)}
        if self.form == "delta":
            return orjson.dumps(
                {"metaData": {"deltaMetadata": _delta_metadata(metadata) | described, **outer}}
            )
        return orjson.dumps({"metaData": {**_parquet_metadata(metadata), **described, **outer}})

    def file(self, file: DataFile, scope: AddressScope, moment: Moment | None = None) -> bytes:
        """Return the line of a file of a version.

        Args:
            moment: Version to name in it; null where the newest was asked for.
        """
        if self.form == "delta":
            return self._delta(file, scope, "add", moment)
        return orjson.dumps({"file": self._parquet(file, scope, moment, with_stats=True)})

    def change(self, file: DataFile, scope: AddressScope, moment: Moment, kind: Change) -> bytes:
        """Return the line of a file that a commit added, removed, or wrote changed rows to."""
        if self.form == "delta":
            return self._delta(file, scope, kind, moment)
        word = "cdf" if kind == "cdc" else kind
        return orjson.dumps({word: self._parquet(file, scope, moment, with_stats=kind == "add")})

    def _parquet(
        self, file: DataFile, scope: AddressScope, moment: Moment | None, *, with_stats: bool
    ) -> dict[str, Any]:
        line: dict[str, Any] = {
            "url": self.addresses.address(scope, file),
            "id": self._id(file),
            "partitionValues": file.partition_values,
            "size": file.size,
            "expirationTimestamp": scope.good_until * 1000,
        }
        if with_stats and file.stats is not None:
            line["stats"] = file.stats
        if moment is not None:
            line |= {"version": moment.version, "timestamp": moment.at_ms}
        return line

    def _delta(self, file: DataFile, scope: AddressScope, kind: Change, moment: Moment | None) -> bytes:
        action: dict[str, Any] = {
            "path": self.addresses.address(scope, file),
            "partitionValues": file.partition_values,
            "size": file.size,
            "dataChange": kind != "cdc",
        }
        if kind == "add":
            action |= {"modificationTime": file.modified_ms, "stats": file.stats}
        if kind == "remove":
            action |= {"deletionTimestamp": file.modified_ms, "extendedFileMetadata": True}
        line: dict[str, Any] = {"id": self._id(file), "expirationTimestamp": scope.good_until * 1000}
        if file.deletion_vector is not None:
            action["deletionVector"] = self._vector(file, scope)
            if file.deletion_vector.id:
                line["deletionVectorFileId"] = file.deletion_vector.id
        if moment is not None:
            line |= {"version": moment.version, "timestamp": moment.at_ms}
        return orjson.dumps({"file": {**line, "deltaSingleAction": {kind: action}}})

    def _vector(self, file: DataFile, scope: AddressScope) -> dict[str, Any]:
        """Return a deletion vector whose file, if it has one, is named by its address."""
        vector = file.deletion_vector
        if vector is None:
            return {}
        place = vector.inline
        if vector.path is not None:
            place = self.addresses.address(scope, DataFile(vector.id, vector.path, -1, {}))
        sent: dict[str, Any] = {
            "storageType": "i" if vector.inline is not None else "p",
            "pathOrInlineDv": place,
            "sizeInBytes": vector.size,
            "cardinality": vector.rows,
        }
        return sent if vector.offset is None else {**sent, "offset": vector.offset}

    def _id(self, file: DataFile) -> str:
        """Return the id of a file: the two forms hash differently unless one hash is asked for."""
        return file.id if self.id_hash == "parquet" else hashlib.sha256(file.id.encode()).hexdigest()[:32]


def end_line(next_page: str | None, refresh: str | None, good_until: int | None) -> bytes:
    """Return the closing line: it tells that the answer is whole, and where it goes on."""
    content: dict[str, Any] = {}
    if refresh is not None:
        content["refreshToken"] = refresh
    if next_page is not None:
        content["nextPageToken"] = next_page
    if good_until is not None:
        content["minUrlExpirationTimestamp"] = good_until * 1000
    return orjson.dumps({"endStreamAction": content})


def has_change_feed(metadata: Mapping[str, Any]) -> bool:
    """Tell whether commits under this metadata keep changed rows."""
    configuration = metadata.get("configuration") or {}
    return str(configuration.get(_CHANGE_FEED, "false")).casefold() == "true"


@functools.lru_cache(maxsize=256)
def _sent_schema(text: str) -> str:
    """Return a schema without what the lake notes on columns for itself; comments and the mapping of columns stay."""
    return orjson.dumps(_sent_type(orjson.loads(text))).decode()


def _sent_type(node: Any) -> Any:
    if isinstance(node, list):
        return [_sent_type(part) for part in node]
    if not isinstance(node, dict):
        return node
    sent = {key: _sent_type(value) for key, value in node.items() if key != "metadata"}
    if "metadata" in node:
        noted = node["metadata"] or {}
        sent["metadata"] = {
            k: v for k, v in noted.items() if k == "comment" or k.startswith("delta.columnMapping.")
        }
    return sent


def _parquet_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": metadata["id"],
        "format": {"provider": "parquet"},
        "schemaString": _sent_schema(metadata["schemaString"]),
        "partitionColumns": list(metadata.get("partitionColumns") or ()),
        "configuration": {"enableChangeDataFeed": "true"} if has_change_feed(metadata) else {},
    }


def _delta_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    sent = {
        "id": metadata["id"],
        "format": {"provider": "parquet", "options": {}},
        "schemaString": _sent_schema(metadata["schemaString"]),
        "partitionColumns": list(metadata.get("partitionColumns") or ()),
        "configuration": sent_configuration(metadata.get("configuration") or {}),
    }
    if metadata.get("createdTime") is not None:
        sent["createdTime"] = metadata["createdTime"]
    return sent
