"""Files of a real SFTP server become deliveries: once each, whole, in order, whatever breaks off."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from made_inbox import ID, RAW, Inbox, at, table
from sftp_server import PASSWORD, SftpPlace, sftp_server

from ingestion.fetching import source_states
from ingestion.spool import Spool

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SftpPlace]:
    monkeypatch.setenv("EXCHANGE_PASSWORD", PASSWORD)
    (tmp_path / "far").mkdir()
    with sftp_server(tmp_path / "far") as place:
        yield place


def _aged(path: Path, day: int) -> None:
    os.utime(path, (at(day).timestamp(), at(day).timestamp()))


def test_a_file_of_the_server_becomes_a_delivery_once(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source(issued=r"_(\d{8})\.csv$"))
    server.put("out/feed_20260302.csv", table("a,甲,1"))
    server.put("out/other.txt", "no feed")
    inbox.ingest()
    assert inbox.rows("code", "title") == [("a", "甲")]
    one = inbox.delivery()
    assert one["file_name"] == "sftp://127.0.0.1/out/feed_20260302.csv"
    assert str(one["issued_on"]) == "2026-03-02"
    before = inbox.versions()
    assert inbox.ingest().new == ()
    assert inbox.versions() == before
    assert [name for name, _ in server.served] == ["feed_20260302.csv"] * len(server.served)
    assert not list((Spool.of(inbox.deployment, inbox.resource.id).folder / "files").iterdir())


def test_files_are_ordered_by_when_the_agency_laid_them_out_whenever_they_are_fetched(
    inbox: Inbox, server: SftpPlace
) -> None:
    inbox.declare(source=server.source())
    _aged(server.put("out/b.csv", table("old,旧,1")), 3)
    _aged(server.put("out/a.csv", table("new,新,1")), 5)
    inbox.ingest_all()
    assert inbox.rows("code") == [("new",)]
    assert [one["file_name"][-5:] for one in inbox.deliveries()] == ["b.csv", "a.csv"]


def test_a_changed_file_under_the_same_name_is_another_delivery(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source())
    _aged(server.put("out/a.csv", table("a,甲,1")), 3)
    inbox.ingest()
    _aged(server.put("out/a.csv", table("a,甲,1", "b,乙,2")), 4)
    inbox.ingest()
    assert inbox.rows("code") == [("a",), ("b",)]


def test_a_broken_connection_goes_on_where_it_broke_off(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source())
    rows = [f"{number:06},名称{number},1" for number in range(400_000)]
    server.put("out/large.csv", table(*rows))
    server.cut_after = 5_000_000
    inbox.ingest()
    assert len(inbox.rows("_row_number", table=RAW)) == 400_000
    offsets = [offset for _, offset in server.served]
    assert offsets.count(0) == 1
    assert inbox.delivery()["state"] == "loaded"


def test_a_file_that_is_still_being_written_is_left_for_the_next_run(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source())
    server.put("out/whole.csv", table("a,甲,1"))
    server.growing = server.put("out/growing.csv", table("b,乙,1"))
    inbox.ingest()
    assert [one["file_name"][-9:] for one in inbox.deliveries()] == ["whole.csv"]
    server.growing = None
    inbox.ingest()
    assert len(inbox.deliveries()) == 2


def test_a_key_admits_as_a_password_does(
    inbox: Inbox, server: SftpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_KEY", server.user_key)
    source = server.source(key="env:EXCHANGE_KEY")
    del source["password"]
    inbox.declare(source=source)
    server.put("out/a.csv", table("a,甲,1"))
    inbox.ingest()
    assert inbox.rows("code") == [("a",)]


def test_a_server_with_another_key_is_not_trusted_and_gets_no_password(
    inbox: Inbox, server: SftpPlace
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    inbox.declare(source=server.source(known_host=other))
    server.put("out/a.csv", table("a,甲,1"))
    done = inbox.ingest()
    assert "not the declared one" in done.source_fault
    assert inbox.waiting() == []


@pytest.mark.parametrize(
    ("changed", "said"), [("wrong", "does not admit"), ("", "EXCHANGE_PASSWORD: 没有或为空")]
)
def test_a_failing_source_is_told_and_stops_nothing_that_was_fetched_before(
    inbox: Inbox, server: SftpPlace, monkeypatch: pytest.MonkeyPatch, changed: str, said: str
) -> None:
    inbox.declare(source=server.source())
    _aged(server.put("out/a.csv", table("a,甲,1")), 3)
    _aged(server.put("out/b.csv", table("b,乙,1")), 4)
    assert inbox.ingest().source_fault == ""
    monkeypatch.setenv("EXCHANGE_PASSWORD", changed)
    done = inbox.ingest(27)
    assert said in done.source_fault
    assert inbox.rows("code") == [("b",)]
    (state,) = source_states(inbox.deployment, [inbox.resource])
    assert (state.resource_id, state.files, said in state.fault) == (ID, 2, True)
    assert (state.tried_at, state.succeeded_at) == ("2026-03-27T01:00:00+00:00", "2026-03-28T01:00:00+00:00")
    assert PASSWORD not in state.fault


def test_a_file_that_may_not_be_read_keeps_no_other_back(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source())
    server.put("out/a.csv", table("a,甲,1"))
    server.put("out/shut.csv", table("b,乙,1"))
    server.denied = "shut.csv"
    assert "does not admit" in inbox.ingest().source_fault
    assert inbox.rows("code") == [("a",)]


def test_a_folder_that_is_not_there_yet_has_no_files(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source())
    assert inbox.ingest().source_fault == ""
    assert inbox.waiting() == []


def _listed(server: SftpPlace, *names: str) -> str:
    found = {name: hashlib.sha256((server.folder / "out" / name).read_bytes()).hexdigest() for name in names}
    return "".join(f"{digest}  {name}\n" for name, digest in found.items())


def test_files_of_a_checksum_file_wait_until_all_are_there_and_whole(inbox: Inbox, server: SftpPlace) -> None:
    inbox.declare(source=server.source(manifest="out/*.sha256", slice=r"(?P<part>[ab])\.csv$"))
    server.put("out/a.csv", table("a,甲,1"))
    whole = server.put("out/b.csv", table("b,乙,1")).read_bytes()
    assert inbox.ingest().new == ()
    listed = _listed(server, "a.csv", "b.csv")
    server.put("out/b.csv", whole[:-3])
    server.put("out/day.sha256", listed)
    assert "differs from the one stated" in inbox.ingest().source_fault
    (server.folder / "out/b.csv").unlink()
    assert "out/b.csv" in inbox.ingest().source_fault
    assert inbox.waiting() == []
    server.put("out/b.csv", whole)
    assert inbox.ingest().source_fault == ""
    assert sorted(inbox.rows("code")) == [("a",), ("b",)]


def test_a_manifest_with_sizes_and_rows_holds_back_what_is_cut_and_holds_what_lacks_rows(
    inbox: Inbox, server: SftpPlace
) -> None:
    inbox.declare(source=server.source(manifest="out/*.json"))
    whole = server.put("out/a.csv", table("a,甲,1", "b,乙,2")).read_bytes()
    stated = {"文件名": "a.csv", "字节数": str(len(whole)), "记录数": "3"}
    server.put("out/list.json", json.dumps([stated], ensure_ascii=False))
    server.put("out/a.csv", whole[:-3])
    assert f"{len(whole) - 3} 字节，与清单不符" in inbox.ingest().source_fault
    assert inbox.waiting() == []
    server.put("out/a.csv", whole)
    assert inbox.ingest().source_fault == ""
    inbox.ingest_all()
    assert (inbox.delivery()["state"], inbox.delivery()["reason"]) == (
        "held",
        "2 rows received, 3 stated in the manifest",
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '[{"name": "../a.csv", "size": 1}]'])
def test_nothing_is_fetched_on_the_word_of_a_broken_manifest(
    inbox: Inbox, server: SftpPlace, text: str
) -> None:
    inbox.declare(source=server.source(manifest="out/*.json"))
    server.put("out/a.csv", table("a,甲,1"))
    server.put("out/list.json", text)
    assert "清单" in inbox.ingest().source_fault
    assert inbox.waiting() == []
