"""JSON documents, JSON lines and GeoJSON give rows with their numbers as they were sent."""

import json

import pytest
from made_inbox import RAW, Inbox

ROWS = [{"code": "001", "名称": "甲", "数量": 1}, {"code": "002", "名称": "乙", "备注": None}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("place", [None, "rows", "data.rows"])
def test_a_list_of_objects_is_read_at_its_declared_place(
    inbox: Inbox, place: str | None, encoding: str
) -> None:
    document: object = ROWS
    for part in reversed((place or "").split(".") if place else []):
        document = {part: document, "total": 2}
    inbox.declare(source={"rows_at": place})
    inbox.send(json.dumps(document, ensure_ascii=False).encode(encoding), "feed.json")
    inbox.ingest()
    assert inbox.delivery()["format"] == "json"
    assert inbox.rows("_row_number", "code", "title", "amount") == [
        (1, "001", "甲", 1),
        (2, "002", "乙", None),
    ]


def test_a_document_without_a_list_says_what_to_declare(inbox: Inbox) -> None:
    inbox.send(json.dumps({"rows": ROWS}))
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "rows_at" in inbox.delivery()["reason"]


def test_json_lines_keep_their_lines_and_broken_ones_are_rejected(inbox: Inbox) -> None:
    lines = [
        json.dumps(ROWS[0], ensure_ascii=False),
        "",
        '{"code": "x',
        "[1]",
        '{"code": "3", "名称": "a\u2028b"}',
    ]
    inbox.send("\r\n".join(lines), "feed.jsonl")
    inbox.ingest()
    assert inbox.delivery()["format"] == "jsonl"
    assert inbox.rows("_row_number", "_line", "code", "title") == [
        (1, 1, "001", "甲"),
        (4, 5, "3", "a\u2028b"),
    ]
    found = [(r["row_number"], r["line"], r["reason"], r["text"]) for r in inbox.rejected()]
    assert found == [(2, 3, "not_an_object", '{"code": "x'), (3, 4, "not_an_object", "[1]")]


def test_a_single_json_line_is_one_row(inbox: Inbox) -> None:
    inbox.send(json.dumps(ROWS[0]))
    inbox.ingest()
    assert inbox.rows("code") == [("001",)]


def test_numbers_keep_the_digits_they_were_sent_in(inbox: Inbox) -> None:
    inbox.send(
        '[{"code": 123456789012345678, "名称": 1.10, "数量": 1, "x": {"a": [0.10, "007", true, null, 1e3]}}]'
    )
    inbox.ingest()
    assert inbox.rows("code", "title", "x", table=RAW) == [
        ("123456789012345678", "1.10", '{"a":[0.10,"007",true,null,1e3]}')
    ]


def test_a_feature_gives_its_properties_and_its_geometry_as_text(inbox: Inbox) -> None:
    geometry = '{"type":"Point","coordinates":[118.790,32.05067800]}'
    feature = f'{{"type": "Feature", "properties": {{"代码": 320102, "名称": "甲"}}, "geometry": {geometry}}}'
    inbox.send(f'{{"type": "FeatureCollection", "features": [{feature}]}}', "feed.geojson")
    inbox.ingest()
    assert inbox.delivery()["format"] == "geojson"
    assert inbox.rows("code", "title", "geometry", table=RAW) == [("320102", "甲", geometry)]


def test_broken_json_is_unreadable(inbox: Inbox) -> None:
    inbox.send('[{"code": "1"}, {"code": ')
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
