"""What the engine splits is what the parser alone would have given, row by row and line by line."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_inbox import a_resource

from ingestion import text_pieces
from ingestion.decoded import Cell, Decoded, RejectedRow
from ingestion.rows import Body
from ingestion.text_blocks import Split, TextBlocks, parsed_rows
from ingestion.text_encoding import TextEncoding
from resource_catalogue.errors import DeliveryError

HEADER = ["代码", "名称", "数量"]
PIECES = st.sampled_from(["a", "名", ",", '"', '""', "\n", "\r\n", "\r", " ", '",', ',"', "\0", "x,y,z\n"])
Rows = list[tuple[int, int, list[Cell]]]


def read(path: Path, encoding: str, width: int, is_by_engine: bool) -> tuple[Rows, list[RejectedRow], int]:
    """Read a file without header; return its rows, what was rejected, and how many blocks the engine split."""
    decoded = Decoded("csv", encoding, HEADER[:width], 0, "", iter(()))
    pieces = text_pieces.TextPieces(path, TextEncoding(encoding))
    body, split, blocks = Body(decoded, a_resource(), ","), 0, []
    if is_by_engine:
        for piece in TextBlocks(pieces, ",", 1, width):
            if isinstance(piece, Split):
                split += 1
                blocks.append(body.block(piece.columns, pa.array(piece.lines)))
            else:
                blocks += list(body.blocks(piece))
    else:
        blocks = list(body.blocks(parsed_rows(pieces, ",")))
    rows: Rows = []
    for block in blocks:
        rows += zip(block.row_numbers.to_pylist(), block.lines.to_pylist(), block.rows(), strict=True)
    return rows, decoded.rejected, split


@given(
    text=st.lists(PIECES, max_size=40).map("".join),
    size=st.integers(3, 60),
    width=st.integers(1, 3),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
@example(text='x","\ny","z,w\n', size=60, width=2, encoding="utf-8")
@example(text='"a"b,c\n', size=60, width=2, encoding="utf-8")
@example(text="a,b\r,c\r\nd,e\n", size=60, width=2, encoding="utf-8")
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_blocks_give_the_rows_of_the_parser_whatever_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, size: int, width: int, encoding: str
) -> None:
    monkeypatch.setattr(text_pieces, "BLOCK_BYTES", size)
    path = tmp_path / "feed.csv"
    path.write_bytes(text.encode(encoding))
    by_parser, by_engine = (read(path, encoding, width, is_by_engine) for is_by_engine in (False, True))
    assert by_engine[:2] == by_parser[:2]


@pytest.mark.parametrize("row", ["1,甲,2", '"1","甲","2"', '"1","a ""甲"", b",2'])
def test_plain_rows_are_split_by_the_engine(tmp_path: Path, row: str) -> None:
    path = tmp_path / "feed.csv"
    path.write_text(f"{row}\r\n" * 100 + "\n", encoding="gb18030", newline="")
    rows, rejected, split = read(path, "gb18030", 3, is_by_engine=True)
    assert (len(rows), rejected, split) == (100, [], 1)
    assert [line for _, line, _ in rows] == list(range(1, 101))


def test_a_block_with_a_misfit_is_parsed_and_the_next_one_split_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_pieces, "BLOCK_BYTES", 60)
    path = tmp_path / "feed.csv"
    path.write_text("1,a,1\n" * 10 + "2,b\n" + "1,a,1\n" * 30, encoding="utf-8")
    rows, rejected, split = read(path, "utf-8", 3, is_by_engine=True)
    assert (len(rows), [(row.row_number, row.line) for row in rejected]) == (40, [(11, 11)])
    assert split >= 3


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_pieces, "LONGEST_LINE", 1000)
    path = tmp_path / "feed.csv"
    path.write_bytes(b"x" * 10_000_000)
    with pytest.raises(DeliveryError, match="a line of more than"):
        read(path, "utf-8", 3, is_by_engine=True)
