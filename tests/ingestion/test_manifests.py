"""Files of the inbox are held against the manifests beside them; what does not fit waits, and is told."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_inbox import Inbox, at, table

from ingestion.connectors.folder import unclaimed_files
from ingestion.manifests import NoManifestError, StatedFile, is_manifest, stated_files
from ingestion.whole_files import files_held_back

ONE, TWO = table("1,甲,1", "2,乙,2"), table("3,丙,3")
NAMES = ("SHA256SUMS", "feed.csv.sha256", "feed.csv.md5", "MANIFEST.json", "manifest.csv", "MD5SUMS")


def digest(content: str, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, content.encode()).hexdigest()


def statement(name: str, files: Mapping[str, str], rows: int | None = None) -> str:
    """Write a manifest of files in the form that its name asks for."""
    algorithm = "md5" if "md5" in name.lower() else "sha256"
    if name.lower().endswith(".json"):
        return json.dumps({"files": [
            {"name": file, "size": len(content.encode()), "sha256": digest(content), "rows": rows}
            for file, content in files.items()
        ]})  # fmt: skip
    if name.lower().endswith(".csv"):
        lines = [f"{file},{len(text.encode())},{digest(text)},{rows or ''}" for file, text in files.items()]
        return "\n".join(("文件名,字节数,校验值,行数", *lines))
    return "".join(f"{digest(content, algorithm)}  {file}\n" for file, content in files.items())


def told(inbox: Inbox) -> list[str]:
    return files_held_back(inbox.deployment, inbox.lake, [inbox.resource], at(28))


@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_is_no_feed_and_is_not_reported_as_unclaimed(inbox: Inbox, name: str) -> None:
    inbox.send(ONE)
    inbox.send(statement(name, {"feed.csv": ONE}), name)
    inbox.ingest_all()
    assert (inbox.delivery()["file_name"], inbox.delivery()["state"]) == (
        "2026-03-01/bureau/feed.csv", "loaded"
    )  # fmt: skip
    assert unclaimed_files(inbox.deployment, [], at(28)) == ["2026-03-01/bureau/feed.csv"]
    assert told(inbox) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_does_not_fit_waits_until_it_does(inbox: Inbox, name: str) -> None:
    inbox.send(ONE[:-5])
    inbox.send(statement(name, {"feed.csv": ONE}), name)
    inbox.ingest_all()
    assert (inbox.deliveries() if inbox.lake.tables("ingestion") else []) == []
    assert inbox.waiting() == []
    (said,) = told(inbox)
    assert "2026-03-01/bureau/feed.csv" in said
    inbox.send(ONE)
    inbox.ingest_all()
    assert (inbox.delivery()["rows_loaded"], told(inbox)) == (2, [])


def test_several_files_of_a_manifest_count_once_all_are_there(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    inbox.send(ONE, "a.csv")
    inbox.send(statement("SHA256SUMS", {"a.csv": ONE, "b.csv": TWO}), "SHA256SUMS")
    inbox.send(table("9,壬,9"), "other.csv")
    inbox.ingest_all()
    assert [one["file_name"][-9:] for one in inbox.deliveries()] == ["other.csv"]
    (said,) = told(inbox)
    assert "b.csv" in said
    assert "1 个文件等待" in said
    inbox.send(TWO, "b.csv")
    inbox.ingest_all()
    assert sorted(code for (code,) in inbox.rows("code")) == ["1", "2", "3", "9"]


def test_a_listed_file_that_never_came_is_told_though_nothing_waits(inbox: Inbox) -> None:
    inbox.send(statement("SHA256SUMS", {"feed.csv": ONE}), "SHA256SUMS")
    (said,) = told(inbox)
    assert "未到" in said


def test_a_listed_file_that_left_the_inbox_after_it_was_taken_is_not_missed(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    paths = [inbox.send(text, name) for name, text in (("a.csv", ONE), ("b.csv", TWO))]
    inbox.send(statement("SHA256SUMS", {"a.csv": ONE, "b.csv": TWO}), "SHA256SUMS")
    inbox.ingest_all()
    paths[0].unlink()
    assert told(inbox) == []


def test_files_of_another_resource_keep_none_of_this_one_waiting(inbox: Inbox) -> None:
    inbox.declare(source={"path": "bureau/*.csv"})
    inbox.send(ONE)
    inbox.send(statement("SHA256SUMS", {"feed.csv": ONE, "missing.xlsx": TWO}), "SHA256SUMS")
    inbox.ingest_all()
    assert inbox.delivery()["state"] == "loaded"


def test_a_manifest_above_the_files_names_them_by_their_paths(inbox: Inbox) -> None:
    path = inbox.send(ONE)
    above = path.parent.parent / "SHA256SUMS"
    above.write_text(statement("SHA256SUMS", {"bureau/feed.csv": TWO}), encoding="utf-8")
    assert inbox.waiting() == []
    above.write_text(statement("SHA256SUMS", {"bureau/feed.csv": ONE}), encoding="utf-8")
    assert len(inbox.waiting()) == 1


@pytest.mark.parametrize("name", ["MANIFEST.json", "manifest.csv"])
def test_another_number_of_rows_than_stated_is_held(inbox: Inbox, name: str) -> None:
    inbox.send(ONE)
    inbox.send(statement(name, {"feed.csv": ONE}, rows=3), name)
    inbox.ingest_all()
    held = inbox.delivery()
    assert (held["state"], held["reason"]) == ("held", "2 rows received, 3 stated in the manifest")


def test_a_held_delivery_stays_held_when_it_is_looked_at_again_without_its_manifest(inbox: Inbox) -> None:
    inbox.send(ONE)
    manifest = inbox.send(statement("MANIFEST.json", {"feed.csv": ONE}, rows=3), "MANIFEST.json")
    inbox.ingest_all()
    manifest.unlink()
    inbox.declare(number=2)
    inbox.ingest_all()
    assert (inbox.delivery()["state"], inbox.delivery()["release"]) == ("held", 2)


def test_the_stated_number_of_rows_is_met(inbox: Inbox) -> None:
    inbox.send(ONE)
    inbox.send(statement("MANIFEST.json", {"feed.csv": ONE}, rows=2), "MANIFEST.json")
    inbox.ingest_all()
    assert inbox.delivery()["state"] == "loaded"


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "hello", "[" * 100_000, '{"files": [{"name": "../x", "size": 1}]}',
        f'[{{"name": "{"x" * 300}.csv", "size": 1}}]', '[{"name": "a\\u0000b", "size": 1}]',
    ],
    ids=range(8),
)  # fmt: skip
def test_files_beside_a_broken_manifest_wait(inbox: Inbox, text: str) -> None:
    inbox.send(ONE)
    inbox.send(text, "MANIFEST.json")
    assert inbox.waiting() == []
    (said,) = told(inbox)
    assert "1 个文件等待" in said


def test_a_broken_checksum_file_keeps_only_its_own_file_waiting(inbox: Inbox) -> None:
    inbox.send(ONE, "a.csv")
    inbox.send(TWO, "b.csv")
    inbox.send("x", "a.csv.md5")
    assert len(inbox.waiting()) == 1


def test_a_bare_checksum_is_of_the_file_that_it_is_named_after(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv.sha256"
    path.write_text(f"{digest(ONE).upper()}\r\n", encoding="utf-8")
    assert stated_files(path) == [StatedFile("feed.csv", digest=("sha256", digest(ONE)))]


@pytest.mark.parametrize("row", ['"rows": "viele"', '"size": -1', '"sha256": "abc"', '"md5": "é"'])
def test_a_statement_that_cannot_be_followed_is_refused(tmp_path: Path, row: str) -> None:
    path = tmp_path / "MANIFEST.json"
    path.write_text(f'[{{"name": "a", {row}}}]', encoding="utf-8")
    with pytest.raises(NoManifestError):
        stated_files(path)


@settings(max_examples=150)
@given(
    name=st.sampled_from(NAMES),
    text=st.binary(max_size=60)
    | st.text('{}[]":,name\nsize12 文件名行数\r\x00', max_size=60).map(lambda text: text.encode()),
)
def test_whatever_a_manifest_holds_it_is_followed_or_refused(name: str, text: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text)
        if is_manifest(path):
            with suppress(NoManifestError):
                named = [(path.parent / one.name).resolve() for one in stated_files(path)]
                assert named
                assert all(one.is_relative_to(path.parent.resolve()) for one in named)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.csv", "提单号,货名,件数\n1,茶叶,5\n"),
        ("manifest.json", '[{"bill": 1, "goods": "tea"}]'),
        ("manifest.json", '{"name": "an app", "version": 3}'),
    ],
)
def test_a_table_that_is_only_called_manifest_is_none(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert not is_manifest(path)


def test_a_manifest_written_under_a_gb_system_is_read(tmp_path: Path) -> None:
    path = tmp_path / "MANIFEST.csv"
    path.write_text("文件名,行数\n名录.csv,12\n", encoding="gb18030")
    assert stated_files(path) == [StatedFile("名录.csv", rows=12)]
