"""Documents, pictures and certificates are kept as they came; what is known of each is a row."""

import hashlib
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_inbox import ID, RAW, Inbox, a_resource
from test_archives import packed, tarred
from test_killed_runs import Killed, killing
from test_workbooks import xlsx

from ingestion.decode import decode_file
from resource_catalogue.errors import DeliveryError

OBJECT_COLUMNS: list[dict[str, Any]] = [
    {"name": "object_sha256", "zh": "文件摘要", "type": "text", "required": True},
    {"name": "object_name", "zh": "文件名称", "type": "text", "required": True},
    {"name": "object_member", "zh": "包内路径", "type": "text"},
    {"name": "object_media_type", "zh": "媒体类型", "type": "text", "required": True},
    {"name": "object_size_bytes", "zh": "字节数", "type": "integer", "required": True},
    {"name": "object_pages", "zh": "页数", "type": "integer"},
    {"name": "object_width_px", "zh": "宽度", "type": "integer"},
    {"name": "object_height_px", "zh": "高度", "type": "integer"},
]
NUMBER = {"name": "number", "zh": "证照编号", "type": "text", "required": True}
HOLDER = {"name": "holder", "zh": "持有人", "type": "text"}
PDF = b"%PDF-1.7\n"
PERSON = "秘密值"


def png(width: int = 3, height: int = 2, more: bytes = b"") -> bytes:
    """Return a small picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" * (width + 1) for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + more


def declared(*columns: Mapping[str, Any], **objects: Any) -> dict[str, Any]:
    """Declare an entry of certificates."""
    changes = {"form": "certificate", "key": ("object_sha256",), "columns": [*OBJECT_COLUMNS, *columns]}
    return {**changes, "source": {"rows": "objects", "objects": objects}}


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Return a deployment whose entry is of objects."""
    return Inbox(tmp_path / "city", **declared())


@pytest.mark.requirement("S-03", "K-11")
def test_a_single_file_is_one_object_with_its_hash_and_measures(inbox: Inbox) -> None:
    inbox.send(png(30, 20), "扫描件.dat")
    inbox.ingest()
    content = hashlib.sha256(png(30, 20)).hexdigest()
    names = [column["name"] for column in OBJECT_COLUMNS]
    assert inbox.rows(*names) == [(content, "扫描件.dat", None, "image/png", len(png(30, 20)), None, 30, 20)]
    assert (inbox.delivery()["format"], inbox.delivery()["state"]) == ("objects", "loaded")


@pytest.mark.requirement("S-03", "K-11")
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_each_member_of_an_archive_is_an_object_with_its_path(inbox: Inbox, kind: str) -> None:
    members: dict[str, Any] = {"b/二.pdf": PDF + b"2", "一.png": png()}
    inbox.send(packed(members) if kind == "zip" else tarred(members), f"all.{kind}")
    inbox.ingest()
    assert inbox.rows("_row_number", "object_member", "object_name", "object_media_type") == [
        (1, "b/二.pdf", "二.pdf", "application/pdf"),
        (2, "一.png", "一.png", "image/png"),
    ]
    assert [line for (line,) in inbox.rows("_line", table=RAW)] == [1, 2]
    assert inbox.delivery()["format"] == ("zip/objects" if kind == "zip" else "tar/objects")


def test_columns_are_read_from_the_names_and_stay_empty_where_a_name_does_not_fit(inbox: Inbox) -> None:
    inbox.declare(**declared(NUMBER, HOLDER, name=r"(?P<number>[A-Z]\d+)_(?P<holder>[^./]+)\.pdf$"))
    inbox.send(packed({"A001_甲.pdf": PDF + b"1", "B02_乙.pdf": PDF + b"2", "说明.pdf": PDF + b"3"}), "a.zip")
    inbox.ingest()
    assert inbox.rows("number", "holder") == [("A001", "甲"), ("B02", "乙"), (None, None)]


LIST = "证照编号,持有人,文件名\nA1,甲,one.pdf\nA2,乙,b/two.PDF\nA3,丙,three\n"
LISTED = declared(NUMBER, HOLDER, index="清单.*", file="文件名")


@pytest.mark.requirement("K-11")
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_list_beside_the_objects_fills_their_columns(inbox: Inbox, encoding: str) -> None:
    inbox.declare(**LISTED)
    files = {"x/one.pdf": PDF + b"1", "x/B/two.pdf": PDF + b"2", "x/three.pdf": PDF + b"3"}
    inbox.send(packed({**files, "x/清单.csv": LIST.encode(encoding)}), "a.zip")
    inbox.ingest()
    assert inbox.rows("number", "holder", "object_name") == [
        ("A2", "乙", "two.pdf"), ("A1", "甲", "one.pdf"), ("A3", "丙", "three.pdf"),
    ]  # fmt: skip
    delivery = inbox.delivery()
    assert (delivery["rows_received"], delivery["rows_loaded"], delivery["state"]) == (3, 3, "loaded")


@pytest.mark.parametrize("form", ["json", "xlsx"])
def test_a_list_may_be_of_any_form_of_table(inbox: Inbox, tmp_path: Path, form: str) -> None:
    inbox.declare(**LISTED)
    if form == "json":
        content = '[{"证照编号": "A1", "持有人": "甲", "文件名": "one.pdf"}]'.encode()
    else:
        content = xlsx(
            tmp_path / "l.xlsx", [["证照编号", "持有人", "文件名"], ["A1", "甲", "one.pdf"]]
        ).read_bytes()
    inbox.send(packed({"one.pdf": PDF, f"清单.{form}": content}), "a.zip")
    inbox.ingest()
    assert inbox.rows("number", "object_name") == [("A1", "one.pdf")]


def test_a_list_and_objects_that_do_not_agree_are_told_row_by_row(inbox: Inbox) -> None:
    inbox.declare(**LISTED)
    rows = "证照编号,持有人,文件名\nA1,甲,one.pdf\nA9,乙,gone.pdf\nA1,丙,one.pdf\nA4,丁,same.pdf\nA5,戊\n"
    files = {
        "one.pdf": PDF + b"1",
        "extra.pdf": PDF + b"2",
        "a/same.pdf": PDF + b"3",
        "b/same.pdf": PDF + b"4",
    }
    inbox.send(packed({**files, "清单.csv": rows}), "a.zip")
    inbox.ingest()
    assert inbox.rows("number", "object_name") == [("A1", "one.pdf")]
    assert [(row["row_number"], row["sheet"], row["line"], row["reason"]) for row in inbox.rejected()] == [
        (1, "", 1, "object_not_in_list"),
        (2, "", 2, "object_not_in_list"),
        (3, "", 3, "object_not_in_list"),
        (5, "清单.*", 3, "list_row_without_object"),
        (6, "清单.*", 4, "list_names_it_again"),
        (7, "清单.*", 5, "list_names_several"),
        (8, "清单.*", 6, "too_few_fields"),
    ]
    delivery = inbox.delivery()
    assert (delivery["rows_received"], delivery["rows_loaded"], delivery["rows_rejected"]) == (8, 1, 7)


def test_an_archive_without_its_list_is_refused_and_a_column_beyond_the_entry_is_told(inbox: Inbox) -> None:
    inbox.declare(**LISTED)
    inbox.send(packed({"one.pdf": PDF}), "a.zip", day=1)
    inbox.send(PDF, "one.pdf", day=2)
    inbox.send(packed({"one.pdf": PDF, "清单.csv": "证照编号,文件名,备注\nA1,one.pdf,x\n"}), "b.zip", day=3)
    inbox.ingest_all()
    first, second, third = inbox.deliveries()
    assert first["state"] == second["state"] == "unreadable"
    assert "0 份清单 清单.*" in first["reason"]
    assert third["state"] == "loaded"
    assert "columns not in the catalogue: 备注" in third["reason"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "object_empty"), (b"PAR1\0\0", "object_of_another_form"), (b"ID3", "object_of_another_form")],
)
def test_what_the_entry_does_not_admit_is_a_rejected_row(inbox: Inbox, content: bytes, reason: str) -> None:
    inbox.send(packed({"a.pdf": PDF, "b.pdf": content}), "a.zip")
    inbox.ingest()
    assert [(row["row_number"], row["reason"]) for row in inbox.rejected()] == [(2, reason)]
    assert inbox.rows("object_name") == [("a.pdf",)]
    inbox.declare(2, **declared(media_types=("audio/*", "application/octet-stream", "application/pdf")))
    inbox.ingest()
    assert len(inbox.rows("object_name")) == (1 if reason == "object_empty" else 2)


REFUSED: dict[str, tuple[dict[str, bytes | str], str]] = {
    "a program": ({"a.pdf": PDF, f"{PERSON}.exe": b"MZ\x90\0" + b"\0" * 100}, "是程序"),
    "a program under another name": ({f"{PERSON}.pdf": b"\x7fELF\2\1"}, "是程序"),
    "a script": ({f"{PERSON}.bat": b"echo"}, "是程序"),
    "a Java archive": ({f"{PERSON}.pdf": packed({"META-INF/MANIFEST.MF": "x"})}, "是程序"),
    "an archive within": ({f"{PERSON}.zip": packed({"a.pdf": PDF})}, "是压缩包"),
    "a compressed member": ({f"{PERSON}.tgz": tarred({"a.pdf": PDF})}, "是压缩包"),
    "a way out": ({f"../{PERSON}.pdf": PDF}, "含 .."),
    "an absolute path": ({f"/{PERSON}.pdf": PDF}, "绝对路径"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_dangerous_is_refused_whole_and_no_name_of_a_member_is_told(inbox: Inbox, kind: str) -> None:
    members, said = REFUSED[kind]
    inbox.send(packed(members), "a.zip")
    inbox.ingest()
    delivery = inbox.delivery()
    assert delivery["state"] == "unreadable"
    assert said in delivery["reason"]
    assert PERSON not in str(delivery)
    assert not inbox.lake.exists(RAW) or not inbox.rows("object_name", table=RAW)


def test_a_bomb_of_objects_is_refused(inbox: Inbox) -> None:
    inbox.send(packed({"a.pdf": PDF + b"\0" * (80 << 20)}), "a.zip")
    inbox.ingest()
    assert "压缩炸弹" in inbox.delivery()["reason"]


def test_a_resend_is_no_delivery_and_landing_keeps_the_bytes_once(inbox: Inbox) -> None:
    content = packed({"a.pdf": PDF + b"1"})
    inbox.send(content, "a.zip", day=1)
    inbox.ingest_all()
    before = inbox.hashes()
    inbox.send(content, "again.zip", day=2)
    inbox.ingest_all()
    assert inbox.hashes() == before
    folder = inbox.deployment.landing / ID / inbox.delivery()["delivery_id"]
    assert [path.read_bytes() for path in folder.iterdir()] == [content]


def test_a_run_killed_while_objects_land_is_made_whole_by_the_next(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.declare(**LISTED)
    inbox.send(packed({"one.pdf": PDF, "extra.pdf": PDF, "清单.csv": LIST}), "a.zip")
    for after in range(1, 5):
        with monkeypatch.context() as killer:
            killing(killer, after, is_done=after % 2 == 0)
            try:
                inbox.ingest()
            except Killed:
                continue
    inbox.ingest_all()
    assert inbox.rows("number", "object_name") == [("A1", "one.pdf")]
    assert len(inbox.rejected()) == 3
    assert inbox.delivery()["rows_received"] == 4


def test_the_names_of_members_stand_in_rows_only(inbox: Inbox) -> None:
    inbox.declare(**LISTED)
    rows = f"证照编号,持有人,文件名\nA1,甲,{PERSON}1.pdf\nA2,乙,{PERSON}9.pdf\n"
    inbox.send(packed({f"{PERSON}1.pdf": PDF, f"{PERSON}2.pdf": PDF, "清单.csv": rows}), "a.zip")
    inbox.ingest()
    assert PERSON not in str(inbox.delivery())
    for row in inbox.rejected():
        assert PERSON in row.pop("text")
        assert PERSON not in str(row)
    assert PERSON not in str(inbox.rows("_delivery_id", "_line", "_sheet", table=RAW))


@pytest.mark.requirement("K-11")
def test_a_delivery_for_an_entry_on_paper_is_refused_until_the_entry_says_what_the_data_are(
    inbox: Inbox,
) -> None:
    inbox.declare(**{**declared(), "form": "non_digital"})
    inbox.send(png(), "a.png")
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "汇聚前完成数字化加工" in inbox.delivery()["reason"]
    inbox.declare(2, **declared())
    inbox.ingest()
    assert inbox.delivery()["state"] == "loaded"
    assert len(inbox.rows("object_name")) == 1


def test_single_files_that_come_one_by_one_are_a_delivery_each(inbox: Inbox) -> None:
    inbox.declare(**declared(), mode="append")
    for number in range(3):
        inbox.send(png(3, 4 + number), f"{number}.png", day=1 + number)
    inbox.send(png(3, 5), "again.png", day=9)
    inbox.ingest_all()
    assert [row["rows_loaded"] for row in inbox.deliveries()] == [1, 1, 1]
    assert sorted(inbox.rows("object_name", "object_height_px")) == [("0.png", 4), ("1.png", 5), ("2.png", 6)]


def test_a_pattern_that_is_declared_later_is_laid_over_what_came_before(inbox: Inbox) -> None:
    inbox.declare(**declared(NUMBER))
    inbox.send(packed({"A1.pdf": PDF, "b/A2.pdf": PDF}), "a.zip")
    inbox.ingest()
    assert inbox.delivery()["state"] == "held"
    inbox.declare(2, **declared(NUMBER, name=r"(?P<number>A\d)\.pdf"))
    inbox.ingest()
    assert inbox.delivery()["state"] == "loaded"
    inbox.declare(3, **declared(NUMBER, name=r"(?P<number>\d)\.pdf"))
    inbox.ingest()
    assert inbox.rows("number") == [("1",), ("2",)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.binary(max_size=30), st.booleans())
def test_a_damaged_delivery_is_read_or_refused_and_never_a_crash(
    tmp_path: Path, at: int, more: bytes, is_cut: bool
) -> None:
    whole = packed({"one.pdf": PDF, "b.png": png(), "清单.csv": LIST})
    content = whole[:at] + more + (b"" if is_cut else whole[at + len(more) :])
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    try:
        decoded = decode_file(path, a_resource(**LISTED))
        rows = sum(len(block.row_numbers) for block in decoded.blocks)
    except DeliveryError:
        return
    assert rows + len(decoded.rejected) > 0
