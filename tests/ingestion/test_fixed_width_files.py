"""Fixed-width text is cut where its columns end, counted in bytes or in characters."""

import pytest
from made_inbox import Inbox

ROWS = [("001", "北京市", "1"), ("002", "甲", "22"), ("003", "", "3")]


def written(widths: tuple[int, ...], encoding: str | None, rows: list[tuple[str, ...]] = ROWS) -> str:
    """Write rows in columns, padded to bytes of an encoding or to characters."""

    def padded(cell: str, width: int) -> str:
        return cell + " " * (width - len(cell.encode(encoding) if encoding else cell))

    return "\n".join("".join(map(padded, row, widths)) for row in rows) + "\n"


@pytest.mark.parametrize(("unit", "counted"), [("byte", "gbk"), ("character", None)])
def test_columns_are_cut_by_bytes_or_by_characters(inbox: Inbox, unit: str, counted: str | None) -> None:
    inbox.declare(source={"widths": [4, 8, 3], "width_unit": unit, "header_row": 0})
    inbox.send(written((4, 8, 3), counted).encode("gbk"), "feed.txt")
    inbox.ingest()
    assert inbox.delivery()["format"] == "fixed_width"
    assert inbox.rows("code", "title", "amount") == [
        ("001", "北京市", 1),
        ("002", "甲", 22),
        ("003", None, 3),
    ]


def test_a_header_and_titles_stand_above_the_rows(inbox: Inbox) -> None:
    inbox.declare(source={"widths": [6, 9, 6]})
    head = [("名单", "", ""), ("代码", "名称", "数量")]
    inbox.send(written((6, 9, 6), "utf-8", [*head, *ROWS]).replace("\n", "\r\n"), "feed.txt")
    inbox.ingest()
    assert inbox.delivery()["header_row"] == 2
    assert inbox.rows("_line", "code", "title") == [(3, "001", "北京市"), (4, "002", "甲"), (5, "003", None)]


def test_what_stands_behind_the_last_column_makes_a_row_rejected(inbox: Inbox) -> None:
    inbox.declare(source={"widths": [4, 8, 2], "header_row": 0})
    inbox.send("001 甲乙    1 \n\n002 甲      1 多余\n".encode("gbk"), "feed.txt")
    inbox.ingest()
    assert [code for (code,) in inbox.rows("code")] == ["001"]
    assert [(row["line"], row["reason"]) for row in inbox.rejected()] == [(3, "too_many_fields")]


def test_a_short_line_has_empty_cells_at_its_end(inbox: Inbox) -> None:
    inbox.declare(source={"widths": [4, 8, 2], "header_row": 0})
    inbox.send("001\n", "feed.txt")
    inbox.ingest()
    assert inbox.rows("code", "title", "amount") == [("001", None, None)]
