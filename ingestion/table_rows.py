"""Keep rows that a database or another node gives as Parquet, batch by batch, and note how far they were read.

Here: writing, and the greatest value of a column. Not here: where the batches come from (``connectors/``).
"""

import datetime as dt
import hashlib
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.patience import SourceError
from ingestion.spool import Draft


class RowsFile:
    """Write batches into a draft.

    Args:
        changes_by: Column whose greatest value is noted; null notes none.

    Attributes:
        rows: How many were written; ``greatest`` the value, as text.
        digest: Checksum of them.
    """

    def __init__(
        self, draft: Draft, schema: pa.Schema, max_bytes: int, changes_by: str | None = None
    ) -> None:
        draft.restart()
        self._draft, self._most, self._changes_by = draft, max_bytes, changes_by
        self._writer = pq.ParquetWriter(draft.path, schema)
        self._digest = hashlib.sha256(str(schema).encode())
        self.rows = 0
        self.greatest: str | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch.

        Raises:
            SourceError: The file grows beyond its bound.
        """
        self._writer.write_batch(batch)
        self._digest.update(batch.serialize())
        self.rows += batch.num_rows
        if self._changes_by:
            self._note(batch.column(self._changes_by))
        if self._draft.size > self._most:
            raise SourceError(
                "max_bytes",
                f"超过上限 / more than {self._most}",
                "",
                "提高上限或改为增量 / raise it, or read what is new only",
            )

    @property
    def digest(self) -> str:
        """Return the checksum of what was written."""
        return self._digest.hexdigest()

    def close(self, times: int = 0) -> None:
        """End the file.

        Args:
            times: How often the same was read before: an earlier state that comes back is another delivery, so its
                bytes differ, where no reader minds.
        """
        if times:
            self._writer.add_key_value_metadata({"civiclake.times": str(times)})
        self._writer.close()

    def _note(self, column: pa.Array) -> None:
        for value in column.drop_null().unique().to_pylist():
            text = value.isoformat() if isinstance(value, dt.date) else str(value)
            if self.greatest is None or is_greater(text, self.greatest):
                self.greatest = text


def is_greater(value: str, other: str) -> bool:
    """Tell whether a value is greater than another: as numbers where both are, else as text, as ISO instants sort.

    >>> is_greater("10", "9"), is_greater("2026-03-02", "2026-03-10")
    (True, False)
    """
    try:
        return Decimal(value) > Decimal(other)
    except InvalidOperation:
        return value > other


def lowered(value: str, by: float) -> str:
    """Return a number lowered by units, an instant by seconds, a day by the days they begin.

    >>> lowered("100", 7), lowered("2026-03-01T00:05:00", 600), lowered("2026-03-01", 600)
    ('93', '2026-02-28T23:55:00', '2026-02-28')

    Raises:
        ValueError: It is none of them.
    """
    try:
        number = Decimal(value) - Decimal(str(by))
        if not number.is_finite():
            raise ValueError(value)
        return format(number.normalize(), "f")
    except InvalidOperation:
        instant = dt.datetime.fromisoformat(value) - dt.timedelta(seconds=by)
        is_day = len(value) == len("2026-03-01")
        return instant.date().isoformat() if is_day else instant.isoformat()
