"""The files of an opened dataset: every format holds the same rows, the same bytes for the same rows, no formula."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opening import files
from opening.files import SUFFIXES, sha256, write_files
from opening.final_scan import scan_files
from opening.read_back import READERS, read_back

FRAME = pl.DataFrame(
    {
        "code": ["007", "=1+1", None],
        "name": ["示例 & <b>", "@cmd", 'he said "hi"\nand left'],
        "count": [1, None, -3],
        "since": [None, "2026-03-16", "2020-01-01"],
    }
).with_columns(pl.col("since").str.to_date(), (pl.col("count") / 4).cast(pl.Decimal(10, 2)).alias("money"))


def test_every_format_is_written_and_described(tmp_path: Path) -> None:
    written = write_files(FRAME, tmp_path, "d")
    assert [file.name for file in written] == [f"d{suffix}" for suffix in SUFFIXES.values()]
    for file in written:
        assert (file.sha256, file.bytes, file.rows) == (
            sha256(tmp_path / file.name),
            (tmp_path / file.name).stat().st_size,
            3,
        )


def test_the_same_rows_give_the_same_bytes_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = write_files(FRAME, tmp_path / "a", "d"), write_files(FRAME, tmp_path / "b", "d")
    assert [file.sha256 for file in first] == [file.sha256 for file in second]


def test_a_workbook_holds_codes_as_text_numbers_as_numbers_and_no_formula(tmp_path: Path) -> None:
    write_files(FRAME, tmp_path, "d")
    sheet = openpyxl.load_workbook(tmp_path / "d.xlsx").active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows == [
        ["code", "name", "count", "since", "money"],
        ["007", "示例 & <b>", 1, None, 0.25],
        ["=1+1", "@cmd", None, "2026-03-16", None],
        [None, 'he said "hi"\nand left', -3, "2020-01-01", -0.75],
    ]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_json_jsonl_and_xml_hold_the_values_exactly(tmp_path: Path) -> None:
    write_files(FRAME, tmp_path, "d")
    rows = json.loads((tmp_path / "d.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows == lines
    assert rows[1] == {"code": "=1+1", "name": "@cmd", "count": None, "since": "2026-03-16", "money": None}
    records = ElementTree.parse(tmp_path / "d.xml").getroot()
    assert {field.get("name"): field.text for field in records[0]} == {
        "code": "007", "name": "示例 & <b>", "count": "1", "money": "0.25",
    }  # fmt: skip


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
@settings(max_examples=60)
def test_no_cell_of_a_csv_or_workbook_starts_a_formula_whatever_the_text(texts: list[str]) -> None:
    frame = pl.DataFrame({"t": texts})
    content = files.harmless(frame).write_csv(quote_style="non_numeric")
    cells = [row[0] for row in csv.reader(io.StringIO(content, newline="")) if row][1:]
    assert not any(cell[:1] in tuple("=+-@\t\r") for cell in cells if cell)
    harmed = [cell.removeprefix("'") if cell[1:2] and cell[1] in "=+-@\t\r" else cell for cell in cells]
    assert len(harmed) <= len(texts)


@given(st.lists(st.text(max_size=20) | st.none(), min_size=1, max_size=5))
@settings(max_examples=60)
def test_any_text_makes_a_workbook_and_an_xml_that_can_be_read(texts: list[str | None]) -> None:
    import tempfile

    frame = pl.DataFrame({"t": texts, "n": range(len(texts))}, schema={"t": pl.String, "n": pl.Int64})
    with tempfile.TemporaryDirectory() as folder:
        write_files(frame, Path(folder), "d")
        sheet = openpyxl.load_workbook(Path(folder) / "d.xlsx").active
        assert sheet is not None
        assert sheet.max_row == len(texts) + 1
        assert len(ElementTree.parse(Path(folder) / "d.xml").getroot()) == len(texts)


def test_a_sheet_that_cannot_hold_the_rows_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SHEET_ROWS", 2)
    assert "xlsx" not in [file.format for file in write_files(FRAME, tmp_path, "d")]
    assert not (tmp_path / "d.xlsx").exists()


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_the_final_scan_finds_an_identity_number_in_every_format(tmp_path: Path, suffix: str) -> None:
    from made_city import citizen_id

    write_files(pl.DataFrame({"note": ["无", f"号{citizen_id(7)}"]}), tmp_path, "d")
    for path in tmp_path.iterdir():
        if path.suffix != suffix or path.name.endswith(".excel.csv"):
            path.unlink()
    assert [(found.column, found.kind, found.hits) for found in scan_files(tmp_path, {})] == [
        ("note", "citizen_id", 1)
    ]


def test_names_of_parts_columns_and_files_are_read_back_too(tmp_path: Path) -> None:
    write_files(FRAME, tmp_path, "d")
    _, around = read_back(tmp_path / "d.xlsx")
    assert {"d.xlsx", "code", "xl/workbook.xml"} <= set(around)
