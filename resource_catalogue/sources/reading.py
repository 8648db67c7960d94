"""What every source declares: how the bytes of its deliveries become rows.

Here: the fields that decoders read, and those by which a delivery's slice and day of issue are known. Not here: where
deliveries come from (one module per connector beside this one).
"""

from typing import Annotated, Literal

from pydantic import Field

from resource_catalogue.deletions import Deleted
from resource_catalogue.model import AgencyId, Identifier, Strict
from resource_catalogue.sources.objects import Objects


class Reading(Strict):
    """Say how the bytes of a delivery become rows, whichever way they came; each connector adds where they come from.

    Attributes:
        connector: Which way they come: the name of a module here and below ``ingestion/connectors/``.
        slice: Regular expression over the path with named groups; their values make the slice (``2002/西藏``).
        issued: Regular expression over the path whose first group is the issue date (YYYY-MM-DD or YYYYMMDD).
        encoding: Declared encoding; null means detected and reported.
        header_row: 1-based line of the header; null means found, 0 means the file has none.
        header_lines: How many lines the header takes, its groups above their columns (上级/下级); one as a rule.
        sheet: Sheet of a workbook or layer of a GeoPackage; null means the first that has rows. A list of sheets, or
            ``*`` for all that carry the header, are parts of one table.
        widths: Widths of the columns of fixed-width text, in order; null means that the text is delimited.
        width_unit: What widths count: bytes of the file's encoding, as programs of mainframes do, or characters.
        fill_down: Columns whose value stands in the first row of a group only, its cells merged; it is repeated in
            the others.
        rows_at: Path to the list of rows in a JSON document (``erDataList``), or of features in GeoJSON.
        delimiter: Declared delimiter; null means found.
        not_data: Regular expression over the text of a row with a single filled cell; where it matches, the row
            is a heading or a note between the data rows and is passed over. Null means there are none.
        rows: What a row is: of a table in the bytes, or ``objects``: each file, or each member of an archive, is kept
            as it is and is one row of what is known about it (documents, pictures, scans, certificates).
        objects: What is known of objects besides their bytes.
    """

    connector: str
    slice: str | None = None
    issued: str | None = None
    encoding: str | None = None
    header_row: int | None = Field(default=None, ge=0)
    header_lines: int = Field(default=1, ge=1, le=4)
    sheet: str | tuple[str, ...] | None = None
    widths: tuple[Annotated[int, Field(gt=0)], ...] | None = None
    width_unit: Literal["byte", "character"] = "byte"
    fill_down: tuple[Identifier, ...] = ()
    rows_at: str | None = None
    delimiter: str | None = None
    not_data: str | None = None
    rows: Literal["table", "objects"] = "table"
    objects: Objects = Objects()
    submitted_by: AgencyId | None = None

    @property
    def deleted(self) -> Deleted | None:
        """Return how the source itself says that a record is a deletion; null where the entry must."""
        return None
