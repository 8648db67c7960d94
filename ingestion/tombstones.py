"""Read in a record of changes what it says of its row: there now, or gone (删除).

Here: reading the mark that the entry declares. Not here: what follows for the table (``changed_rows.py``).
"""

import polars as pl

from ingestion.header import raw_names
from resource_catalogue.resource import Resource


def is_deletion(raw: pl.DataFrame, resource: Resource) -> pl.Series:
    """Tell of each raw row whether it says that the row of its key is gone."""
    deleted = resource.deleted
    return _says(raw, resource, deleted.values if deleted else ())


def is_whole(raw: pl.DataFrame, resource: Resource) -> pl.Series:
    """Tell of each raw row whether it comes in a delivery of all there is."""
    deleted = resource.deleted
    return _says(raw, resource, deleted.whole if deleted else ())


def _says(raw: pl.DataFrame, resource: Resource, texts: tuple[str, ...]) -> pl.Series:
    if not texts or resource.deleted is None:
        return pl.Series([False]).new_from_index(0, raw.height)
    (name,) = raw_names([resource.deleted.column], resource)
    # Not every delivery need have the column: one of new rows only may leave it out.
    said = (
        raw[name] if name in raw.columns else pl.Series([None], dtype=pl.String).new_from_index(0, raw.height)
    )
    wanted = [text.strip() for text in texts]
    return said.str.strip_chars().is_in(wanted).fill_null(value=False)
