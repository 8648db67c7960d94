"""Delimited text is read whatever its encoding, delimiter, titles and broken lines."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_inbox import MARKER, RAW, Inbox, table

TWO_ROWS = table("001,北京,1", "002,㐂𠀀,2")


@pytest.mark.parametrize(
    ("encoding", "reported"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("gb18030", "gb18030")],
)
def test_every_encoding_gives_the_same_rows(inbox: Inbox, encoding: str, reported: str) -> None:
    inbox.send(TWO_ROWS.encode(encoding))
    inbox.ingest()
    assert inbox.rows("code", "title", "amount") == [("001", "北京", 1), ("002", "㐂𠀀", 2)]
    assert inbox.delivery()["encoding"] == reported


def test_gbk_is_read_as_the_gb18030_that_contains_it(inbox: Inbox) -> None:
    inbox.send(table("1,镕,1").encode("gbk"))
    inbox.ingest()
    assert inbox.rows("title") == [("镕",)]
    assert inbox.delivery()["encoding"] == "gb18030"


def test_a_declared_gb_encoding_does_not_spoil_utf_8(inbox: Inbox) -> None:
    inbox.declare(source={"encoding": "gbk"})
    inbox.send(table("1,北京市,1"))
    inbox.ingest()
    assert inbox.rows("title") == [("北京市",)]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + table("1,a,1").encode() + b"\xff\xff",
        b"\xff\xfe" + TWO_ROWS.encode("utf-16-le") + b"\x41",
    ],
)
def test_bytes_that_break_their_own_mark_are_unreadable(inbox: Inbox, content: bytes) -> None:
    inbox.send(content)
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "not valid" in inbox.delivery()["reason"]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(inbox: Inbox, mark: str) -> None:
    inbox.send(
        table("1,a;b,1", "2,c,2").replace(",", mark) if mark != ";" else "代码;名称;数量\n1;a,b,c,d,e,f;1\n"
    )
    inbox.ingest()
    assert inbox.delivery()["state"] == "loaded"
    assert inbox.rows("amount")[0] == (1,)
    assert inbox.delivery()["format"] == ("tsv" if mark == "\t" else "csv")


def test_titles_above_the_header_are_passed_over_and_lines_are_those_of_the_file(inbox: Inbox) -> None:
    inbox.send("某市名单,,\n截至三月,,\n\n代码,机构名称,数量\n1,甲,1\n,,\n\n2,乙,2\n")
    inbox.ingest()
    assert inbox.delivery()["header_row"] == 4
    assert inbox.rows("_row_number", "_line", "title") == [(1, 5, "甲"), (2, 8, "乙")]


def test_phantom_columns_and_blank_rows_are_dropped(inbox: Inbox) -> None:
    inbox.send("代码,名称,数量,,,\n1,甲,1,,,\n,,,,,\n , ,　,,,\n2,乙,2,,,\n")
    inbox.ingest()
    assert inbox.delivery()["rows_received"] == 2
    assert inbox.lake.read(RAW).columns == [
        "_delivery_id",
        "_row_number",
        "_line",
        "_sheet",
        "code",
        "title",
        "amount",
    ]


def test_a_value_under_a_column_without_a_name_is_kept_in_raw(inbox: Inbox) -> None:
    inbox.send("代码,名称,数量,,\n1,甲,1,,\n2,乙,2,备忘,\n")
    inbox.ingest()
    assert inbox.rows("column_4", table=RAW) == [("",), ("备忘",)]
    assert inbox.delivery()["rows_rejected"] == 0
    assert inbox.delivery()["reason"] == "columns not in the catalogue: column_4"


def test_rows_with_too_many_or_too_few_fields_are_rejected_with_their_place(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", "2,乙,2,多", "3,丙", "4,丁,4"))
    inbox.ingest()
    found = [(r["row_number"], r["line"], r["reason"], r["text"]) for r in inbox.rejected()]
    assert found == [(2, 3, "too_many_fields", "2,乙,2,多"), (3, 4, "too_few_fields", "3,丙")]
    assert inbox.rows("code") == [("1",), ("4",)]
    one = inbox.delivery()
    assert (one["rows_received"], one["rows_loaded"], one["rows_rejected"]) == (4, 2, 2)


def test_a_quoted_cell_may_hold_lines(inbox: Inbox) -> None:
    inbox.send(table('1,"甲\n乙, ""丙""\n",1', "2,丁,2"))
    inbox.ingest()
    assert inbox.rows("_line", "title") == [(2, '甲\n乙, "丙"'), (5, "丁")]


def test_an_unbalanced_quote_costs_its_own_row_only(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", '2,"乙,2', "3,丙,3", '4,"丁"x,4', "5,戊,5"))
    inbox.ingest()
    assert [(r["line"], r["reason"]) for r in inbox.rejected()] == [
        (3, "unbalanced_quote"),
        (5, "too_few_fields"),
    ]
    assert inbox.rows("_line", "code") == [(2, "1"), (4, "3"), (6, "5")]


def test_codes_stay_text(inbox: Inbox) -> None:
    inbox.send(table("007,123456789012345678,1", "9.11E+17,0.10,2"))
    inbox.ingest()
    assert inbox.rows("code", "title") == [("007", "123456789012345678"), ("9.11E+17", "0.10")]


def test_a_file_without_a_header_is_read_by_the_declared_order(inbox: Inbox) -> None:
    inbox.declare(source={"header_row": 0})
    inbox.send("1,甲,1\n2,乙,2\n")
    inbox.ingest()
    assert inbox.rows("_line", "code", "title") == [(1, "1", "甲"), (2, "2", "乙")]
    assert inbox.delivery()["header_row"] == 0


@pytest.mark.parametrize("declared", [None, 1])
def test_a_first_data_row_is_never_taken_for_a_header(inbox: Inbox, declared: int | None) -> None:
    inbox.declare(source={"header_row": declared})
    inbox.send(f"1,{MARKER},名称\n2,乙,3\n")
    inbox.ingest()
    one = inbox.delivery()
    assert one["state"] == "unreadable"
    assert "代码" in one["reason"]
    assert MARKER not in str(one)


def test_a_name_that_stands_twice_gets_a_number(inbox: Inbox) -> None:
    inbox.send("代码,名称,名称,数量,ID,id,_line\n1,甲,乙,1,x,y,z\n")
    inbox.ingest()
    assert inbox.rows("title", "title__2", "id", "id__2", "_line__2", table=RAW) == [
        ("甲", "乙", "x", "y", "z")
    ]
    assert inbox.rows("title") == [("甲",)]


@pytest.mark.parametrize("content", [b"", b"  \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_unreadable(inbox: Inbox, content: bytes) -> None:
    inbox.send(content)
    assert len(inbox.ingest().new) == 1
    assert inbox.delivery()["state"] == "unreadable"
    assert inbox.rows("code") == []


def test_a_header_alone_is_a_delivery_without_rows(inbox: Inbox) -> None:
    inbox.send(table())
    inbox.ingest()
    assert (inbox.delivery()["state"], inbox.delivery()["rows_received"]) == ("loaded", 0)
    before = inbox.versions()
    inbox.ingest()
    assert inbox.versions() == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=6), min_size=3, max_size=3),
        max_size=8,
    ),
    encoding=st.sampled_from(["utf-8-sig", "utf-16", "gb18030"]),
)
def test_whatever_a_cell_holds_it_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], encoding: str
) -> None:
    import csv

    from made_inbox import a_resource

    from ingestion.decode import decode_file
    from ingestion.rows import is_blank

    path = tmp_path_factory.mktemp("cells") / "feed.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["代码", "名称", "数量"], *rows])
    decoded = decode_file(path, a_resource(source={"delimiter": ","}))
    assert [row for block in decoded.blocks for row in block.rows()] == [
        row for row in rows if not is_blank(row)
    ]
    assert decoded.rejected == []


def test_a_line_in_another_encoding_is_read_in_it_and_told_with_its_number(inbox: Inbox) -> None:
    lines = table(*(f"{n},北京市海淀区,{n}" for n in range(30))).splitlines(keepends=True)
    written = [line.encode("gb18030" if number != 11 else "utf-8") for number, line in enumerate(lines)]
    written[20] = b"19,\x81\x20x,19\n"
    inbox.send(b"".join(written))
    inbox.ingest()
    assert inbox.delivery()["encoding"] == "gb18030"
    assert inbox.rows("title")[10] == ("北京市海淀区",)
    assert inbox.rows("title__fault")[19] == ("destroyed_characters",)
    assert "lines in utf-8 among gb18030: 1 (12)" in inbox.delivery()["reason"]
    assert "lines with destroyed characters: 1 (21)" in inbox.delivery()["reason"]
