"""An archive is one delivery of the tables in it; what is dangerous in it is refused before it is unpacked."""

import bz2
import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from made_inbox import MARKER, RAW, Inbox, a_resource, table
from test_workbooks import HEADER, xlsx

from ingestion import unpacking, zip_limits
from ingestion.decode import decode_file
from ingestion.zip_limits import archive_bounds
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.settings import IngestionSettings


def packed(members: dict[str, bytes | str], **options: int) -> bytes:
    """Return a ZIP with members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    """Return a TAR with members."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def refusal(folder: Path, content: bytes) -> str:
    """Return why an archive is refused."""
    path = folder / "archive"
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as told:
        for _ in decode_file(path, a_resource()).blocks:
            pass
    return told.value.found


TWO = {"b/二月.csv": table("003,丙,3"), "一月.csv": table("001,甲,1", "002,乙,2")}


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar"])
def test_tables_of_one_shape_are_one_delivery_in_order_of_their_names(inbox: Inbox, kind: str) -> None:
    as_bytes = {name: content.encode() for name, content in TWO.items()}
    content = packed({**TWO}) if kind == "zip" else tarred(as_bytes, "w:gz" if kind == "tar.gz" else "w")
    inbox.send(content, f"feed.{kind}")
    inbox.ingest()
    assert inbox.delivery()["format"] == ("zip/csv" if kind == "zip" else "tar/csv")
    assert inbox.rows("_row_number", "_line", "_sheet", "code") == [
        (1, 2, "b/二月.csv", "003"),
        (2, 2, "一月.csv", "001"),
        (3, 3, "一月.csv", "002"),
    ]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_single_compressed_file_is_read(inbox: Inbox, compress: object) -> None:
    inbox.send(compress(table("001,甲,1").encode()), "feed.csv.gz")  # type: ignore[operator]
    inbox.ingest()
    assert inbox.rows("_sheet", "code") == [("feed.csv", "001")]


def test_columns_in_another_order_are_laid_side_by_side_and_other_columns_are_refused(inbox: Inbox) -> None:
    other_order = table("2,002,乙", header="数量,代码,名称")
    inbox.send(packed({"a.csv": table("001,甲,1"), "b.csv": other_order}), "a.zip", day=1)
    inbox.ingest()
    assert inbox.rows("code", "title", "amount") == [("001", "甲", 1), ("002", "乙", 2)]
    other = table("002,x", header="代码,名称")
    inbox.send(packed({"a.csv": table("001,甲,1"), "b.csv": other}), "a.zip", day=2)
    inbox.ingest()
    refused = inbox.deliveries()[1]
    assert refused["state"] == "unreadable"
    assert "b.csv is another table than the first: it lacks amount" in refused["reason"]
    assert len(inbox.rows("code", table=RAW)) == 2


def test_rejected_rows_say_their_member_and_numbers_go_on(inbox: Inbox) -> None:
    inbox.send(packed({"a.csv": table("001,甲,1", "2,2"), "b.csv": table("3,3,3,3", "004,丁,4")}), "a.zip")
    inbox.ingest()
    assert [(row["row_number"], row["sheet"], row["line"]) for row in inbox.rejected()] == [
        (2, "a.csv", 3),
        (3, "b.csv", 2),
    ]
    assert inbox.rows("_row_number", "code") == [(1, "001"), (4, "004")]


def test_workbooks_in_an_archive_name_their_sheet_too(inbox: Inbox, tmp_path: Path) -> None:
    book = xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1]]).read_bytes()
    inbox.send(packed({"a.xlsx": book}), "a.zip")
    inbox.ingest()
    assert inbox.rows("_sheet", "code") == [("a.xlsx/表", "1")]
    assert inbox.delivery()["format"] == "zip/xlsx"


def test_names_written_under_a_gb_system_are_read(inbox: Inbox) -> None:
    content = packed({"AAAA.csv": table("001,甲,1")}).replace(b"AAAA", "一月".encode("gbk"))
    inbox.send(content, "a.zip")
    inbox.ingest()
    assert [sheet for (sheet,) in inbox.rows("_sheet")] == ["一月.csv"]


def test_documents_beside_the_tables_and_what_systems_leave_are_passed_over(inbox: Inbox) -> None:
    members: dict[str, bytes | str] = {
        "a.csv": table("001,甲,1"), "说明.pdf": b"%PDF-1.4 x", "__MACOSX/._a.csv": b"\0\5\x16\7", ".DS_Store": b"\0\0",
        "空.txt": b"",
    }  # fmt: skip
    inbox.send(packed(members), "a.zip")
    inbox.ingest()
    assert [code for (code,) in inbox.rows("code")] == ["001"]
    assert "passed over in the archive: 空.txt, 说明.pdf" in inbox.delivery()["reason"]


def test_what_is_wrong_with_a_member_is_told_under_its_name(inbox: Inbox) -> None:
    inbox.send(packed({"a.csv": table("001,甲,1"), "b.csv": f"{MARKER}\n{MARKER}\n"}), "a.zip")
    inbox.ingest()
    assert inbox.delivery()["reason"].startswith("b.csv: ")
    assert MARKER not in inbox.delivery()["reason"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.csv", "a/../../b.csv", "..\\a.csv", "C:\\a.csv"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_paths_that_lead_out_of_the_archive_are_refused(tmp_path: Path, name: str, kind: str) -> None:
    content = table("001,甲,1")
    assert "absolute" in refusal(
        tmp_path, packed({name: content}) if kind == "zip" else tarred({name: content.encode()})
    )


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    assert "link" in refusal(tmp_path, file.getvalue())


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo("a.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    assert "link" in refusal(tmp_path, file.getvalue())


@pytest.mark.parametrize("inner", ["zip", "gz", "7z"])
def test_an_archive_within_an_archive_is_refused(tmp_path: Path, inner: str) -> None:
    content = {
        "zip": packed({"a.csv": table("1,a,1")}),
        "gz": gzip.compress(table("1,a,1").encode()),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(50),
    }[inner]
    assert "archive within the archive" in refusal(tmp_path, packed({"a": content}))


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": table("001,甲,1")}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    assert "encrypted" in refusal(tmp_path, bytes(content))


def test_an_archive_that_unfolds_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_copied", None)
    assert "zip bomb" in refusal(tmp_path, packed({"a.csv": bytes(70 << 20)}))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_what_does_not_say_its_size_is_stopped_while_it_is_unpacked(tmp_path: Path, compress: object) -> None:
    assert "zip bomb" in refusal(tmp_path, compress(bytes(80 << 20)))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("bounds", "found"),
    [
        ({"archive_members": 2}, "3 members"),
        ({"archive_bytes": 50}, "unfolds to"),
    ],
)
def test_an_archive_beyond_the_bounds_of_the_deployment_is_refused(
    tmp_path: Path, bounds: dict[str, int], found: str
) -> None:
    archive = packed({f"{n}.csv": table("1,a,1") for n in range(3)})
    with archive_bounds(IngestionSettings(**bounds)):
        assert found in refusal(tmp_path, archive)


def test_a_workbook_beyond_the_bounds_of_the_deployment_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["代码", "名称", "数量"])
    book.save(tmp_path / "feed.xlsx")
    with archive_bounds(IngestionSettings(archive_members=2)), pytest.raises(DeliveryError, match="members"):
        decode_file(tmp_path / "feed.xlsx", a_resource())


def test_a_steep_archive_is_taken_where_the_deployment_admits_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_limits, "_SMALL", 1000)
    archive = packed({"a.csv": bytes(1 << 20)})
    assert "zip bomb" in refusal(tmp_path, archive)
    with archive_bounds(IngestionSettings(archive_ratio=100_000)):
        assert "zip bomb" not in refusal(tmp_path, archive)


def test_a_run_holds_archives_to_the_bounds_of_its_deployment(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIVICLAKE_INGESTION_ARCHIVE_MEMBERS", "1")
    inbox.deployment = Deployment.open(inbox.deployment.home)
    inbox.send(packed({"a.csv": table("1,a,1"), "b.csv": table("2,b,2")}), "feed.zip")
    inbox.ingest_all()
    assert inbox.delivery()["state"] == "unreadable"
    assert "ingestion.archive_members" in inbox.delivery()["reason"]


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path, kind: str, kept: float) -> None:
    rows = table(*(f"{n:05},名称{n * 7919 % 1000},{n}" for n in range(3000))).encode()
    whole = packed({"a.csv": rows}) if kind == "zip" else tarred({"a.csv": rows})
    assert "archive" in refusal(tmp_path, whole[: int(len(whole) * kept)]) or kind == "zip"


def test_an_archive_without_a_table_is_refused(tmp_path: Path) -> None:
    assert "no table" in refusal(tmp_path, packed({"a.pdf": b"%PDF-1.7"}))
