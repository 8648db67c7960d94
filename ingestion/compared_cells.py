"""Remember which cells a comparison told to differ, so that nobody finds another agency's value by guessing.

One row per own agency, attribute, subject and value that was told to differ; all of it keyed hashes. After a few
different values within some weeks a cell is closed for all files of the agency: what remains is to ask the other
agency, or the bureau to decide (Yinchuan a13). Not here: the comparison (``file_comparison.py``).
"""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from ingestion.row_keys import keyed_hash
from lake import Lake
from lake.tables import COMPARED_CELLS, SCHEMAS
from resource_catalogue.subject_keys import SEPARATOR

MOST_VALUES = 3
"""After so many values of one cell that were told to differ, no further one is compared."""
REMEMBERED = dt.timedelta(days=30)
_CELL = ("entity", "attribute", "subject_key")


@dataclass
class ComparedCells:
    """Hold what an agency was told, and what it is told now.

    Attributes:
        agency: The agency whose files are compared.
        key: Secret that values are hashed with.
    """

    lake: Lake
    agency: str
    as_of: dt.datetime
    key: bytes
    _new: list[pl.DataFrame] = field(default_factory=list)

    def closed(self, entity: str, attribute: str) -> pl.DataFrame:
        """Return the subjects, as ``subject_key``, whose attribute is not compared for now."""
        own = self._remembered().filter(agency_id=self.agency, entity=entity, attribute=attribute)
        counted = own.group_by("subject_key").agg(pl.col("value_key").n_unique().alias("values"))
        return counted.filter(pl.col("values") >= MOST_VALUES).select("subject_key")

    def add(self, entity: str, attribute: str, differing: pl.DataFrame) -> None:
        """Note the cells that differ: ``subject_key`` and ``value``, of which only a keyed hash is kept."""
        text = pl.concat_str(pl.lit(f"{entity}{SEPARATOR}{attribute}"), "value", separator=SEPARATOR)
        told = differing.select("subject_key", value_key=keyed_hash(text, self.key)).unique()
        self._new.append(told.with_columns(entity=pl.lit(entity), attribute=pl.lit(attribute)))

    def keep(self) -> None:
        """Write what was told now beside what was told in the last weeks; older rows go."""
        if not any(frame.height for frame in self._new):
            return
        told = pl.concat(self._new).with_columns(agency_id=pl.lit(self.agency), told_at=pl.lit(self.as_of))
        known, schema = self._remembered(), SCHEMAS[COMPARED_CELLS]
        new = told.select(schema.names).cast(known.schema).join(
            known, on=["agency_id", *_CELL, "value_key"], how="anti"
        )  # fmt: skip
        if new.height:
            table = pl.concat([known, new]).to_arrow(compat_level=pl.CompatLevel.oldest())
            self.lake.overwrite(COMPARED_CELLS, table.cast(schema))

    def _remembered(self) -> pl.DataFrame:
        blank = pl.from_arrow(SCHEMAS[COMPARED_CELLS].empty_table())
        assert isinstance(blank, pl.DataFrame)
        if not self.lake.exists(COMPARED_CELLS):
            return blank
        found = self.lake.read(COMPARED_CELLS).select(blank.columns).cast(blank.schema)
        return found.filter(pl.col("told_at") > self.as_of - REMEMBERED)
