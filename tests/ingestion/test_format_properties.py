"""Any table that is written to a form and read back is the same table of texts.

What a form cannot carry is left out of the tables drawn for it, and said here:

- all: rows that are blank throughout are no rows, and a table without rows has none to compare;
- delimited text: NUL, which the parser takes for the end of nothing, and characters that the encoding lacks; a cell
  is never told from an empty one by quotes;
- fixed width: line breaks, blanks at the ends of a cell, and texts longer than their column;
- XLSX, XLS: control characters, and `_x000D_`, by which XLSX writes them; a cell of blanks
  only, which the writer used here does not mark as one to keep; no difference of empty and absent;
- XML: control characters, by its definition; Parquet and JSON carry all texts;
- GeoPackage: NUL; its texts end there. DBF and shapefiles: besides, blanks at the end and more than 254 bytes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import seeds
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from made_inbox import a_resource

from ingestion.decode import decode_file
from ingestion.decoded import Cell

Table = list[tuple[str, ...]]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030")
FEW, MANY = 25, 60
PROPERTY = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def tables(
    alphabet: st.SearchStrategy[str], longest: int = 8, is_kept: Callable[[str], bool] = lambda _: True
) -> st.SearchStrategy[Table]:
    """Draw tables of three columns whose rows are not blank."""
    cell = st.text(alphabet, max_size=longest).filter(is_kept)
    row = st.tuples(cell, cell, cell).filter(lambda cells: any(one.strip() for one in cells))
    return st.lists(row, min_size=1, max_size=6)


# The signs that mean something to one form or another come up more often than chance would have it.
SIGNS = ",;|\t\"'<>&{}[]\\/=-+@#% \u3000中0１.:"
BREAKS = st.sampled_from("\n\r")


def characters(encoding: str = "utf-8") -> st.SearchStrategy[str]:
    """Draw characters of an encoding that show."""
    return st.one_of(st.sampled_from(SIGNS), st.characters(codec=encoding, exclude_categories=("Cc", "Cs")))


PLAIN = characters()
TEXTS = st.one_of(PLAIN, BREAKS)
ANY = st.one_of(TEXTS, st.characters(exclude_categories=("Cs",)))


def can_stand_in_a_sheet(text: str) -> bool:
    """Tell whether the writer of the test can write a text into a cell so that it stays."""
    return "_x" not in text and not set(text) & {"\ufffe", "\uffff"} and (not text or bool(text.strip()))


def read(folder: Path, content: bytes, **source: Any) -> list[list[Cell]]:
    """Return what a file is read as."""
    path = folder / "feed"
    path.write_bytes(content)
    decoded = decode_file(path, a_resource(source=source))
    rows = [row for block in decoded.blocks for row in block.rows()]
    assert decoded.rejected == []
    places = [decoded.header.index(name) for name in seeds.HEADER]
    return [[row[place] for place in places] for row in rows]


def as_lists(table: Table, empty: Cell = "") -> list[list[Cell]]:
    return [[cell or empty for cell in row] for row in table]


@given(
    table=tables(st.one_of(characters("gb18030"), BREAKS)),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(",\t;|"),
    end=st.sampled_from(["\n", "\r\n"]),
    is_all_quoted=st.booleans(),
)
@example(table=[("\ufeffx", "", "")], encoding="utf-8", delimiter=",", end="\n", is_all_quoted=False)
@settings(max_examples=MANY, **PROPERTY)
def test_delimited_text_in_any_encoding_and_quoting(
    tmp_path: Path, table: Table, encoding: str, delimiter: str, end: str, is_all_quoted: bool
) -> None:
    content = seeds.delimited(table, encoding, delimiter, end, is_all_quoted)
    declared = None if encoding != "gb18030" else "gb18030"
    assert read(tmp_path, content, encoding=declared, delimiter=delimiter) == as_lists(table)


@pytest.mark.parametrize("encoding", ["gbk", "big5"])
@given(data=st.data())
@settings(max_examples=FEW, **PROPERTY)
def test_delimited_text_in_narrower_encodings(tmp_path: Path, data: st.DataObject, encoding: str) -> None:
    header = ("code", "title", "amount")
    table = data.draw(tables(st.one_of(characters(encoding), BREAKS)))
    whole = seeds.delimited(table, encoding, is_all_quoted=True, header=())
    content = ",".join(header).encode() + b"\n" + whole
    path = tmp_path / "feed"
    path.write_bytes(content)
    decoded = decode_file(path, a_resource(source={"encoding": encoding, "delimiter": ","}))
    rows = [row for block in decoded.blocks for row in block.rows()]
    # UTF-8 comes first whatever is declared: a few bytes may be text in both.
    if decoded.encoding != "utf-8" or whole.isascii():
        assert rows == as_lists(table)


@given(table=tables(ANY))
@settings(max_examples=FEW, **PROPERTY)
@pytest.mark.parametrize("form", ["json_list", "json_lines", "parquet"])
def test_json_and_parquet_carry_every_text(tmp_path: Path, table: Table, form: str) -> None:
    assert read(tmp_path, getattr(seeds, form)(table)) == as_lists(table)


@given(
    table=tables(st.one_of(characters("gb18030"), BREAKS).filter(lambda sign: sign not in "\ufffe\uffff")),
    encoding=st.sampled_from(ENCODINGS),
)
@settings(max_examples=FEW, **PROPERTY)
def test_xml(tmp_path: Path, table: Table, encoding: str) -> None:
    assert read(tmp_path, seeds.xml(table, encoding), rows_at="表/行") == as_lists(table)


@given(table=tables(PLAIN, is_kept=can_stand_in_a_sheet))
@settings(max_examples=FEW, **PROPERTY)
@pytest.mark.parametrize("form", ["xlsx", "xls"])
def test_workbooks(tmp_path: Path, table: Table, form: str) -> None:
    assert read(tmp_path, getattr(seeds, form)(table)) == as_lists(table, None)


@given(table=tables(characters("gbk"), 4))
@settings(max_examples=FEW, **PROPERTY)
def test_fixed_width(tmp_path: Path, table: Table) -> None:
    table = [tuple(cell.strip(" \u3000") for cell in row) for row in table]
    assume(all(any(cell.strip() for cell in row) for row in table))
    found = read(tmp_path, seeds.fixed_width(table), widths=list(seeds.WIDTHS), encoding="gbk")
    assert found == as_lists(table)


@given(table=tables(TEXTS))
@settings(max_examples=10, **PROPERTY)
def test_geopackage(tmp_path: Path, table: Table) -> None:
    assert read(tmp_path, seeds.geopackage(table)) == as_lists(table)


@given(table=tables(PLAIN, is_kept=lambda text: text == text.rstrip(" ")))
@settings(max_examples=10, **PROPERTY)
@pytest.mark.parametrize("form", ["dbf", "shapefile"])
def test_dbf_and_shapefiles(tmp_path: Path, table: Table, form: str) -> None:
    assert read(tmp_path, getattr(seeds, form)(table)) == as_lists(table, None)
