"""Ask a Delta Sharing server about a table: its version, its files, and what changed, in the protocol's Parquet form.

Here: profile, questions, lines of answers. Not here: what becomes of the files (``connectors/delta_sharing.py``).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ingestion.http_client import HttpClient, Question
from ingestion.http_credentials import ClientToken
from ingestion.patience import SourceError, TryAgain
from resource_catalogue.sources.delta_sharing import DeltaSharingSource

_CAPABILITIES = "delta-sharing-capabilities"
_HEADERS = {_CAPABILITIES: "responseformat=parquet;includeendstreamaction=true"}
_LINES_BYTES = 500_000_000
_END = "endStreamAction"


@dataclass(frozen=True, slots=True)
class SharedFile:
    """Describe a file of a shared table.

    Attributes:
        kind: ``file`` of a version; ``add``, ``remove`` or ``cdf`` of a change.
        version: Of the commit it belongs to.
    """

    kind: str
    url: str
    size: int
    partitions: Mapping[str, str | None]
    version: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Hold what an answer lists.

    Attributes:
        table_id: Tells the table from another of the same name.
        columns: Names in order, columns of partitions with the others.
    """

    version: int
    table_id: str
    columns: list[str]
    files: list[SharedFile]


class SharedTable:
    """Ask about one table.

    Args:
        profile: Text of the profile file.

    Raises:
        SourceError: The profile is none.
    """

    def __init__(self, source: DeltaSharingSource, profile: str, client: HttpClient) -> None:
        self._client = client
        try:
            said = json.loads(profile)
            endpoint = str(said["endpoint"]).rstrip("/")
            self._bearer = str(said.get("bearerToken", ""))
            self._token = _client_token(said, client)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SourceError(
                "profile",
                "不是接入文件 / is no profile file",
                "endpoint, bearerToken",
                "向提供方索取 / ask the provider for it",
            ) from None
        share, schema, table = (quote(name, safe="") for name in (source.share, source.schema_, source.table))
        self.address = f"{endpoint}/shares/{share}/schemas/{schema}/tables/{table}"

    def version(self) -> int:
        """Return the newest version."""
        answer = self._client.answer(Question(f"{self.address}/version", headers=self._headers()))
        return _version(answer.headers, self.address)

    def listing(self) -> Listing:
        """Return the files of the newest version."""
        return self._listing("query", {})

    def changes(self, start: int) -> Listing:
        """Return the files that tell what changed from a version on."""
        return self._listing("changes", {"startingVersion": str(start)})

    def save(self, file: SharedFile, path: Path) -> None:
        """Fetch a file; its address is enough to have it, so nothing of ours goes along."""
        with path.open("wb") as out:
            length = self._client.save(Question(file.url, max_bytes=max(file.size, 1)), out)
        if length != file.size:
            raise TryAgain(self.address, f"文件为 {length} 字节 / bytes", f"{file.size} 字节 / bytes")

    def _headers(self) -> dict[str, str]:
        return {**_HEADERS, "Authorization": f"Bearer {self._token.text() if self._token else self._bearer}"}

    def _listing(self, verb: str, query: dict[str, str]) -> Listing:
        """Follow the pages of an answer to their end."""
        files: list[SharedFile] = []
        token = ""
        while True:
            paged = {"pageToken": token} if token else {}
            is_query = verb == "query"
            answer = self._client.answer(
                Question(
                    f"{self.address}/{verb}",
                    {} if is_query else {**query, **paged},
                    self._headers(),
                    json=paged if is_query else None,
                    max_bytes=_LINES_BYTES,
                )
            )
            lines = list(_lines(answer.body, self.address))
            ends = [line[_END] for line in lines if _END in line]
            if not ends and "includeendstreamaction=true" in answer.headers.get(_CAPABILITIES, "").lower():
                raise TryAgain(self.address, "回应未到结尾 / the answer breaks off", _END)
            version = _version(answer.headers, self.address)
            files += [file for line in lines for file in _files(line, version)]
            token = ends[-1].get("nextPageToken") or "" if ends else ""
            if not token:
                metadata: dict[str, Any] = next(
                    (line["metaData"] for line in lines if "metaData" in line), {}
                )
                return Listing(version, str(metadata.get("id", "")), _columns(metadata, self.address), files)


def _client_token(said: Mapping[str, Any], client: HttpClient) -> ClientToken | None:
    if said.get("type") != "oauth_client_credentials":
        return None
    return ClientToken(
        client,
        said["tokenEndpoint"],
        said["clientId"],
        said["clientSecret"],
        said.get("scope"),
        is_in_body=False,
    )


def _version(headers: Mapping[str, str], where: str) -> int:
    said = headers.get("delta-table-version", "")
    if not said.isdigit():
        raise SourceError(where, "回应中没有版本 / the answer names no version", "delta-table-version")
    return int(said)


def _lines(body: bytes, where: str) -> Iterator[dict[str, Any]]:
    for line in filter(bytes.strip, body.split(b"\n")):
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise TryAgain(where, "回应不完整 / the answer is not whole", "JSON lines")
        yield said


def _files(line: Mapping[str, Any], version: int) -> Iterator[SharedFile]:
    for kind in ("file", "add", "remove", "cdf"):
        if kind in line:
            said = line[kind]
            yield SharedFile(
                kind,
                str(said["url"]),
                int(said["size"]),
                said.get("partitionValues") or {},
                int(said.get("version", version)),
            )


def _columns(metadata: Mapping[str, Any], where: str) -> list[str]:
    try:
        return [str(one["name"]) for one in json.loads(metadata["schemaString"])["fields"]]
    except (ValueError, KeyError, TypeError):
        raise SourceError(
            where, "回应中没有列 / the answer names no columns", "metaData.schemaString"
        ) from None
