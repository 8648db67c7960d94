"""A file that is no table is refused by what it is; encodings of other systems are read."""

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from made_inbox import Inbox, a_resource, table

from ingestion.decode import decode_file
from resource_catalogue.errors import DeliveryError


def a_zip(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


def an_ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "HTML"),
        ("\ufeff<HTML lang='zh'><head>".encode(), "HTML"),
        ("<html><table><tr><td>代码</td></tr></table>".encode("utf-16"), "HTML"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html/>', "HTML"),
        (b"<!-- x --><script>location='/login'</script>", "HTML"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"{\\rtf1\\ansi", "RTF"),
        (a_zip("OFD.xml", "Doc_0/Document.xml"), "OFD"),
        (a_zip("[Content_Types].xml", "word/document.xml"), "Word"),
        (an_ole("WordDocument"), "Word"),
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"BM" + struct.pack("<IHHI", 99, 0, 0, 54) + bytes(40), "BMP"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "WAV"),
        (b"\0\0\0\x18ftypmp42", "MP4"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        (b"\0\1\0\0Standard Jet DB\0", "Access"),
        (b"\0\0\x27\x0a" + bytes(96), "without its .dbf"),
    ],
)
def test_what_is_no_table_is_refused_with_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "feed.csv"
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as told:
        decode_file(path, a_resource())
    assert said in told.value.found
    assert told.value.found.startswith("文件是")


def test_a_table_that_begins_like_a_picture_is_a_table(inbox: Inbox) -> None:
    inbox.send(table("001,甲,1", header="BM,代码,名称,数量").replace("001", "x,001"))
    inbox.ingest()
    assert inbox.rows("code", "title") == [("001", "甲")]


BIG5 = "代碼,名稱,數量\n001,臺北縣,1\n002,恒,2\n003,裏,3\n"


@pytest.mark.parametrize("encoding", ["big5", "cp950", "utf-8", "utf-8-sig"])
def test_big5_is_read_where_it_is_declared_and_utf_8_still_is(tmp_path: Path, encoding: str) -> None:
    text = BIG5 if encoding != "big5" else BIG5.replace("003,裏,3\n", "").replace("恒", "河")
    columns = [
        {"name": name, "zh": zh, "type": "text"}
        for name, zh in (("code", "代碼"), ("title", "名稱"), ("amount", "數量"))
    ]
    path = tmp_path / "feed.csv"
    path.write_bytes(text.encode(encoding))
    decoded = decode_file(path, a_resource(columns=columns, source={"encoding": "big5"}))
    assert [row for block in decoded.blocks for row in block.rows()] == [
        line.split(",") for line in text.splitlines()[1:]
    ]
    assert decoded.encoding == encoding


@pytest.mark.parametrize("form", ["csv", "json", "xml"])
@pytest.mark.parametrize("encoding", ["utf-32", "utf-16"])
def test_wide_encodings_with_a_mark_are_read(inbox: Inbox, form: str, encoding: str) -> None:
    text = {
        "csv": table("001,甲,1", "002,㐂,2"),
        "json": json.dumps(
            [{"代码": "001", "名称": "甲"}, {"代码": "002", "名称": "㐂"}], ensure_ascii=False
        ),
        "xml": "<表><行><代码>001</代码><名称>甲</名称></行><行><代码>002</代码><名称>㐂</名称></行></表>",
    }[form]
    inbox.send(text.encode(encoding), f"feed.{form}")
    inbox.ingest()
    assert inbox.rows("code", "title") == [("001", "甲"), ("002", "㐂")]
    assert inbox.delivery()["encoding"] == encoding
