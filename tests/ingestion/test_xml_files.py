"""XML is read by rows at a path, in any encoding; what could lead elsewhere is refused."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_inbox import RAW, Inbox, a_resource

from ingestion.decode import decode_file

TWO_ROWS = """<?xml version="1.0" encoding="{encoding}"?>
<数据集><说明>名录</说明>
 <记录><代码>001</代码><名称>北京</名称>
  <数量>1</数量></记录>
 <记录><代码>002</代码><名称>㐂</名称><数量>2</数量></记录>
</数据集>"""


@pytest.mark.parametrize(
    ("declared", "written"), [("UTF-8", "utf-8"), ("gb18030", "gb18030"), ("UTF-16", "utf-16")]
)
def test_rows_are_found_by_the_element_that_is_repeated(inbox: Inbox, declared: str, written: str) -> None:
    inbox.send(TWO_ROWS.format(encoding=declared).encode(written), name="feed.xml")
    inbox.ingest()
    assert inbox.rows("code", "title", "amount") == [("001", "北京", 1), ("002", "㐂", 2)]
    assert inbox.delivery()["format"] == "xml"
    assert [line for (line,) in inbox.rows("_line")] == [3, 5]


def test_a_single_row_is_found_at_its_declared_path(inbox: Inbox) -> None:
    inbox.declare(source={"rows_at": "r/row"})
    inbox.send("<r><row><代码>1</代码><名称>甲</名称><数量>3</数量></row></r>", name="feed.xml")
    inbox.ingest()
    assert inbox.rows("code", "title", "amount") == [("1", "甲", 3)]


def test_attributes_and_nested_leaves_are_columns_and_repeated_ones_a_list(inbox: Inbox) -> None:
    inbox.declare(
        columns=[
            {"name": "code", "zh": "代码", "from": "@id", "type": "text", "required": True},
            {"name": "title", "zh": "名称", "from": "机构/名称", "type": "text"},
            {"name": "phone", "zh": "电话", "type": "text"},
        ]
    )
    row = '<行 id="{0}"><机构><名称>甲{0}</名称></机构><电话>1</电话><电话>2</电话></行>'
    inbox.send(f"<表>{row.format(1)}{row.format(2)}</表>", name="feed.xml")
    inbox.ingest()
    assert inbox.rows("code", "title", "phone") == [("1", "甲1", '["1", "2"]'), ("2", "甲2", '["1", "2"]')]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<!DOCTYPE r [<!ENTITY x "y">]><r><a><代码>&x;</代码></a></r>', "document type"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><a/><a/></r>', "document type"),
        ("<r><a><代码>1</代码></a><a>", "not well formed"),
        ("<r>only text</r>", "no element"),
        ("<a>" * 100 + "</a>" * 100, "nested"),
    ],
)
def test_what_is_no_table_in_xml_is_refused_with_the_reason(inbox: Inbox, content: str, said: str) -> None:
    inbox.send(content, name="feed.xml")
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert said in inbox.delivery()["reason"]
    assert not inbox.lake.exists(RAW)


TEXT = st.text(st.characters(codec="gb18030", exclude_categories=("Cc",)), max_size=6)


@given(
    rows=st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=2, max_size=8),
    encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_leaf_holds_it_comes_out_as_it_went_in(
    tmp_path: Path, rows: list[list[str]], encoding: str
) -> None:
    from xml.sax.saxutils import escape

    names = ["代码", "名称", "数量"]
    lines = [
        "<行>" + "".join(f"<{n}>{escape(c)}</{n}>" for n, c in zip(names, row, strict=True)) + "</行>"
        for row in rows
    ]
    path = tmp_path / "feed.xml"
    text = f'<?xml version="1.0" encoding="{encoding}"?><表>' + "\n".join(lines) + "</表>"
    path.write_bytes(text.encode(encoding))
    decoded = decode_file(path, a_resource())
    assert [row for block in decoded.blocks for row in block.rows()] == rows
