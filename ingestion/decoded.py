"""What every decoder gives: a header, blocks of text rows with their lines, and rows that could not be split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from resource_catalogue.errors import CivicError, DeliveryError

Cell = str | None
BLOCK_ROWS = 50_000
_PANIC = "PanicException"
"""What a library in Rust raises when it breaks down; no Exception, so that few catch it."""


@dataclass(frozen=True, slots=True)
class Block:
    """Hold rows side by side, column by column.

    Attributes:
        row_numbers: 1-based number of each data row in the delivery; rejected rows count too.
        lines: Line of the file (or row of the sheet) at which each row begins.
        columns: Cells as text, one array per name of the header.
        sheet: Sheet of a workbook or member of an archive; null where it is that of the whole delivery.
    """

    row_numbers: pa.Int64Array
    lines: pa.Int64Array
    columns: list[pa.StringArray]
    sheet: str | None = None

    @classmethod
    def of_rows(cls, row_numbers: list[int], lines: list[int], rows: list[list[Cell]]) -> "Block":
        """Return a block of rows that are as long as the header."""
        columns = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
        return cls(pa.array(row_numbers, pa.int64()), pa.array(lines, pa.int64()), columns)

    def rows(self) -> list[list[Cell]]:
        """Return the cells row by row."""
        return [list(cells) for cells in zip(*(column.to_pylist() for column in self.columns), strict=True)]


class Gathered:
    """Gather rows one by one until they fill a block."""

    def __init__(self) -> None:
        self.rows: list[list[Cell]] = []
        self._numbers: list[int] = []
        self._lines: list[int] = []

    @property
    def is_full(self) -> bool:
        """Tell whether a block should be made now."""
        return len(self.rows) >= BLOCK_ROWS

    def add(self, row_number: int, line: int, cells: list[Cell]) -> None:
        """Add a row that is as long as the header."""
        self._numbers.append(row_number)
        self._lines.append(line)
        self.rows.append(cells)

    def block(self) -> Block:
        """Return what was gathered."""
        return Block.of_rows(self._numbers, self._lines, self.rows)


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """Hold a row that could not be split into the columns of the header."""

    row_number: int
    line: int
    reason: str
    text: str
    sheet: str | None = None


@dataclass
class Decoded:
    """Hold a file as it was read; ``rejected`` fills while ``blocks`` is consumed.

    Attributes:
        format: What the bytes are: csv, tsv, fixed_width, xlsx, xls, json, jsonl, geojson, xml, parquet, dbf,
            shapefile, gpkg; of an archive, ``zip`` or ``tar`` and that of its first table (``zip/csv``).
        header_row: Line of the header; 0 where the file has none.
        odd_lines: Lines of text in another encoding than the file's, with its name; empty for one that fits none.
            Fills like ``rejected``.
        passed_over: How many declared headings and notes lay between the data rows; fills like ``rejected``.
        remarks: What a reader of the delivery should know besides, without values; fills like ``rejected``.
    """

    format: str
    encoding: str
    header: list[str]
    header_row: int
    sheet: str
    blocks: Iterator[Block]
    rejected: list[RejectedRow] = field(default_factory=list)
    passed_over: int = 0
    odd_lines: Mapping[int, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def not_decodable(name: str, error: BaseException) -> DeliveryError:
    """Return the error that names the kind of a decoder's failure; its own text may hold values and is left out.

    Raises:
        BaseException: What is no failure over the file's content, such as a disk that fails or a run that is stopped.
    """
    is_own = isinstance(error, Exception) or type(error).__name__ == _PANIC
    if isinstance(error, CivicError | OSError) or not is_own:
        raise error
    return DeliveryError(
        name,
        f"the file cannot be decoded ({type(error).__name__})",
        "a table in one of the forms that are read",
        "open it in the program it came from, save it and send it again",
    )
