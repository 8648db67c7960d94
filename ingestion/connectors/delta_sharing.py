"""Read another node's shared table: whole when its version is new, or what changed since the version that came last.

Every value is kept as its text. A delivery of changes has two columns more: ``_change_type`` (``insert``,
``update_postimage``, ``delete``) and ``_commit_version``, its rows in the order of the commits.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.asking import Asked
from ingestion.decoded import BLOCK_ROWS
from ingestion.decoders.parquet import texts
from ingestion.http_client import HttpClient, place_of
from ingestion.patience import TryAgain, patiently
from ingestion.sharing_protocol import Listing, SharedFile, SharedTable
from ingestion.spool import Draft, Spool
from ingestion.table_rows import RowsFile
from resource_catalogue.sources.delta_sharing import DeltaSharingSource

CHANGE_TYPE, COMMIT_VERSION = "_change_type", "_commit_version"
_BEFORE = "update_preimage"
_TYPES = {"file": "insert", "add": "insert", "remove": "delete"}


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
        listing, file = patiently(source.retry, lambda: _read(source, table, before, draft))
    is_same = spool.is_last(where, file.digest)
    file.close(0 if is_same else spool.times(where, file.digest))
    cursor = {"version": listing.version, "table": listing.table_id}
    spool.keep(draft, where, asked.as_of, cursor, where, file.digest)


def _read(
    source: DeltaSharingSource, table: SharedTable, before: dict[str, object], draft: Draft
) -> tuple[Listing, RowsFile]:
    """Write all rows, or those that changed; the file is left open."""
    listing = _changed(table, before) if source.changes and before else None
    listing = listing or table.listing()
    names = [*listing.columns, *((CHANGE_TYPE, COMMIT_VERSION) if source.changes else ())]
    file = RowsFile(draft, pa.schema([(name, pa.string()) for name in names]), source.max_bytes)
    part = draft.path.with_suffix(".file")
    try:
        for shared in sorted(listing.files, key=lambda one: (one.version, one.kind != "remove")):
            table.save(shared, part)
            for batch in _batches(part, shared, names, table.address):
                file.write(batch)
    except BaseException:
        file.close()
        raise
    finally:
        part.unlink(missing_ok=True)
    return listing, file


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
    made = pa.record_batch([column.cast(pa.string()) for column in columns], names=names)
    if shared.kind != "cdf":
        return made
    is_after = [kind != _BEFORE for kind in batch.column(CHANGE_TYPE).to_pylist()]
    return made.filter(pa.array(is_after, pa.bool_()))
