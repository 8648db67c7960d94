"""Read another node's shared table: whole when its version is new, or what changed since the version that came last.

Every value is kept as its text. A delivery of changes has two columns more: ``_change_type`` (``insert``,
``update_postimage``, ``delete``; ``update_preimage`` of a row that had another key before) and ``_commit_version``. Its
rows stand in the order of the commits, and in each what went before what came. A table that is read whole, the first
time or because it was made anew, has ``whole`` for each row: what came before and is not in it is gone.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.asking import Asked
from ingestion.decoded import BLOCK_ROWS
from ingestion.decoders.parquet import texts
from ingestion.header import raw_names
from ingestion.http_client import HttpClient, place_of
from ingestion.patience import SourceError, TryAgain, patiently
from ingestion.sharing_protocol import Listing, SharedFile, SharedTable
from ingestion.spool import Draft, Spool
from ingestion.table_rows import RowsFile
from resource_catalogue.resource import Resource
from resource_catalogue.sources.delta_sharing import CHANGE_TYPE, WHOLE, DeltaSharingSource

COMMIT_VERSION = "_commit_version"
_GONE = ("delete", "update_preimage")
_TYPES = {"file": WHOLE, "add": "insert", "remove": "delete"}


def fetch(source: DeltaSharingSource, spool: Spool, asked: Asked) -> None:
    """Fetch the table if it has a new version.

    Raises:
        SourceError: The server is not reached, or does not grant the table.
        SettingError: The profile file referred to is not there.
    """
    profile = asked.secret("profile", source.profile)
    with HttpClient(source.retry) as client:
        table = SharedTable(source, profile, client)
        where = place_of(table.address)
        draft = spool.draft(f"{where}\n{spool.count}")
        before: dict[str, object] = spool.cursor(where) or {}
        now = patiently(source.retry, table.version)
        if before.get("version") == now:
            return
        listing, file = patiently(source.retry, lambda: _read(source, table, before, draft, asked.resource))
    is_same = spool.is_last(where, file.digest)
    file.close(0 if is_same else spool.times(where, file.digest))
    cursor = {"version": listing.version, "table": listing.table_id}
    spool.keep(draft, where, asked.as_of, cursor, where, file.digest)


def _read(
    source: DeltaSharingSource,
    table: SharedTable,
    before: dict[str, object],
    draft: Draft,
    resource: Resource,
) -> tuple[Listing, RowsFile]:
    """Write all rows, or those that changed; the file is left open."""
    changed = _changed(table, before) if source.changes and before else None
    listing = changed or table.listing()
    names = [*listing.columns, *((CHANGE_TYPE, COMMIT_VERSION) if source.changes else ())]
    file = RowsFile(draft, pa.schema([(name, pa.string()) for name in names]), source.max_bytes)
    try:
        for _, files in groupby(sorted(listing.files, key=lambda one: one.version), lambda one: one.version):
            if changed:
                commit = _Commit([*files], table, names, resource, draft.path)
                for batch in commit.batches():
                    file.write(batch)
                continue
            for shared in files:
                for batch in _Commit([shared], table, names, resource, draft.path).rows():
                    file.write(batch)
        if source.changes and before and not changed and not file.rows:
            raise SourceError(
                table.address,
                "表已重建，且没有行 / the table was made anew and has no rows",
                "",
                "与提供方核对；确已清空的，改为整表读取 / ask the provider; where it is meant, set changes: false",
            )
    except BaseException:
        file.close()
        raise
    return listing, file


class _Commit:
    """Read the files of one commit, or a file of a version.

    Args:
        names: Columns of the rows.
        resource: Whose key tells a row that went from one that only changed.
        beside: Path beside which files are kept while they are read.
    """

    def __init__(
        self, files: list[SharedFile], table: SharedTable, names: list[str], resource: Resource, beside: Path
    ) -> None:
        self._files, self._table, self._names, self._beside = files, table, names, beside
        own = raw_names(names, resource)
        self._key = [names[own.index(name)] for name in resource.key if name in own]
        self._is_keyed = bool(resource.key) and len(self._key) == len(resource.key)

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Give all rows, as they stand in the files."""
        for shared in self._files:
            with ExitStack() as stack:
                yield from _batches(self._saved(shared, 0, stack), shared, self._names, self._table.address)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the rows that the commit took away, then those that it put in.

        A row that went and came again under its key, as each changed one does in a feed, only came.
        """
        with ExitStack() as stack:
            saved = [(one, self._saved(one, place, stack)) for place, one in enumerate(self._files)]
            came = {key for batch in self._of(saved, is_gone=False) for key in self._keys(batch)}
            for batch in self._of(saved, is_gone=True):
                yield batch.filter(pa.array([key not in came for key in self._keys(batch)], pa.bool_()))
            yield from self._of(saved, is_gone=False)

    def _saved(self, shared: SharedFile, place: int, stack: ExitStack) -> Path:
        path = self._beside.with_suffix(f".file{place}")
        stack.callback(path.unlink, missing_ok=True)
        self._table.save(shared, path)
        return path

    def _of(self, saved: list[tuple[SharedFile, Path]], *, is_gone: bool) -> Iterator[pa.RecordBatch]:
        for shared, path in saved:
            for batch in _batches(path, shared, self._names, self._table.address):
                kinds = batch.column(CHANGE_TYPE).to_pylist()
                yield batch.filter(pa.array([(kind in _GONE) == is_gone for kind in kinds], pa.bool_()))

    def _keys(self, batch: pa.RecordBatch) -> Iterator[object]:
        """Give the key of each row; one that is equal to no other where the entry's key is not among the columns."""
        if not self._is_keyed:
            return (object() for _ in range(batch.num_rows))
        return zip(*(batch.column(name).to_pylist() for name in self._key), strict=True)


def _changed(table: SharedTable, before: dict[str, object]) -> Listing | None:
    """Return what changed since a version; null where the table has been made anew."""
    now = table.listing()
    last = before.get("version")
    if now.table_id != before.get("table") or not isinstance(last, int) or now.version < last:
        return None
    changes = table.changes(last + 1)
    newest = max((file.version for file in changes.files), default=now.version)
    return Listing(max(newest, now.version), now.table_id, now.columns, changes.files)


def _batches(path: Path, shared: SharedFile, names: list[str], where: str) -> Iterator[pa.RecordBatch]:
    """Give the rows of a file as text, with the values that its partition says of all of them."""
    try:
        for batch in pq.ParquetFile(path).iter_batches(BLOCK_ROWS):
            yield _as_text(batch, shared, names)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise TryAgain(where, f"文件损坏 / a file is broken ({type(error).__name__})", "Parquet") from None


def _as_text(batch: pa.RecordBatch, shared: SharedFile, names: list[str]) -> pa.RecordBatch:
    said = {CHANGE_TYPE: _TYPES.get(shared.kind), COMMIT_VERSION: str(shared.version), **shared.partitions}
    columns = [
        texts(batch.column(name))
        if name in batch.schema.names
        else pa.repeat(pa.scalar(said.get(name), pa.string()), batch.num_rows)
        for name in names
    ]
    return pa.record_batch([column.cast(pa.string()) for column in columns], names=names)
