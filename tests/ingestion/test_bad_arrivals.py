"""One bad file or folder is told about; everything else goes on."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from made_inbox import AGENCY, Inbox, table

from ingestion import text_blocks, text_pieces
from ingestion.connectors.folder import arrivals, undated_folders
from ingestion.decoders import delimited

GOOD = table("1,甲,1")


def told(inbox: Inbox, name: str) -> dict[str, Any]:
    """Return the delivery of a file of that name."""
    (one,) = [one for one in inbox.deliveries() if one["file_name"].endswith(name)]
    return one


def settled(inbox: Inbox) -> bool:
    """Tell whether nothing waits and a further run changes nothing."""
    before = inbox.versions()
    inbox.ingest()
    return inbox.waiting() == [] and inbox.versions() == before


@pytest.mark.parametrize("folder", ["march", "2026-02-30", "0001-01-01", "2026-W10-1"])
def test_a_folder_that_is_no_day_is_told_and_the_others_go_on(inbox: Inbox, folder: str) -> None:
    inbox.send(GOOD, day=2)
    path = inbox.deployment.inbox / folder / AGENCY / "late.csv"
    path.parent.mkdir(parents=True)
    path.write_text(table("2,乙,2"), encoding="utf-8")
    inbox.ingest_all()
    assert inbox.rows("code") == [("1",)]
    one = told(inbox, "late.csv")
    assert one["state"] == "unreadable"
    for part in (folder, "not a date", "YYYY-MM-DD", "rename the folder"):
        assert part in one["reason"]
    assert undated_folders(inbox.deployment) == [
        f"inbox/{folder}: the arrival folder's name {folder} is not a date; "
        "YYYY-MM-DD, the day of arrival; rename the folder"
    ]
    assert settled(inbox)


def test_files_of_a_folder_are_taken_in_when_it_is_renamed(inbox: Inbox) -> None:
    path = inbox.deployment.inbox / "march" / AGENCY / "feed.csv"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD, encoding="utf-8")
    inbox.ingest_all()
    path.parents[1].rename(inbox.deployment.inbox / "2026-03-05")
    inbox.ingest_all()
    assert inbox.rows("code") == [("1",)]
    assert sorted(one["state"] for one in inbox.deliveries()) == ["loaded", "unreadable"]
    assert settled(inbox)


@pytest.mark.parametrize("method", ["open", "is_file"])
def test_a_file_that_may_not_be_read_is_recorded_and_the_others_go_on(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    inbox.send(GOOD, "good.csv", 1)
    inbox.send(table("2,乙,2"), "closed.csv", 2)
    real = getattr(Path, method)

    def refuse(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == "closed.csv":
            raise PermissionError
        return real(self, *args, **kwargs)

    with monkeypatch.context() as closed:
        closed.setattr(Path, method, refuse)
        assert len(inbox.waiting()) == 2
        inbox.ingest_all()
        assert inbox.rows("code") == [("1",)]
        one = told(inbox, "closed.csv")
        assert (one["state"], one["rows_received"]) == ("unreadable", 0)
        assert "PermissionError" in one["reason"]
        assert settled(inbox)
    inbox.ingest_all()
    assert inbox.rows("code") == [("2",)]


def test_a_file_that_goes_while_the_inbox_is_read_has_not_arrived(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.send(GOOD, "good.csv", 1)
    gone = inbox.send(table("2,乙,2"), "gone.csv", 2)
    found = arrivals(inbox.resource, inbox.deployment, inbox.release.published_at.replace(month=4))
    gone.unlink()
    monkeypatch.setattr("ingestion.whole_files.folder.arrivals", lambda *_: found)
    inbox.ingest_all()
    assert inbox.rows("code") == [("1",)]
    assert len(inbox.deliveries()) == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [("名单.csv".encode("gb18030"), "名单.csv"), (b"\xff\xff\x80.csv", "\\xff\\xff\\x80.csv")],
)
def test_a_name_that_is_no_text_is_kept_readable(inbox: Inbox, written: bytes, shown: str) -> None:
    path = inbox.send(GOOD)
    path.rename(Path(os.fsdecode(os.fsencode(path.parent) + b"/" + written)))
    inbox.ingest_all()
    assert inbox.delivery()["file_name"] == f"2026-03-01/{AGENCY}/{shown}"
    assert inbox.rows("code") == [("1",)]
    assert settled(inbox)


@pytest.mark.parametrize("name", ["a...b.csv", "a\nb.csv", "a\tb.csv"])
def test_a_slice_gets_a_name_that_the_orchestrator_takes(inbox: Inbox, name: str) -> None:
    inbox.declare(source={"slice": r"(?s)bureau/(?P<x>.*)\.csv"})
    inbox.send(GOOD, name)
    inbox.ingest_all()
    assert inbox.rows("_slice", "code") == [("a_b", "1")]
    assert settled(inbox)


def test_a_slice_or_issue_date_that_names_nothing_stops_nobody(inbox: Inbox) -> None:
    inbox.declare(source={"slice": r"(?P<x>z*)", "issued": r"feed(\d{8})?"})
    inbox.send(GOOD)
    inbox.ingest_all()
    assert inbox.rows("_slice", "code") == [("all", "1")]


class PanicException(BaseException):
    """Stands for what a library in Rust raises; the name is theirs."""


class Stopped(BaseException):
    """Stands for the orchestrator's word that a run is to end."""


@pytest.mark.parametrize("error", [TypeError("秘密值"), RecursionError(), MemoryError(), PanicException()])
def test_a_decoder_that_breaks_down_makes_its_file_unreadable(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(delimited, "decode", fail)
    inbox.send(GOOD)
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert type(error).__name__ in inbox.delivery()["reason"]
    assert "秘密值" not in str(inbox.delivery())


@pytest.mark.parametrize("error", [Stopped(), KeyboardInterrupt(), OSError("disk")])
def test_a_run_that_is_stopped_or_loses_its_disk_blames_no_file(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(delimited, "decode", fail)
    inbox.send(GOOD)
    with pytest.raises(type(error)):
        inbox.ingest()
    monkeypatch.undo()
    inbox.ingest()
    assert inbox.delivery()["state"] == "loaded"


def test_a_decoder_that_breaks_down_among_the_rows_leaves_no_row(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_pieces, "BLOCK_BYTES", 200)
    plain, asked = text_blocks._is_plain, []

    def fail(*args: Any) -> bool:
        asked.append(args)
        if len(asked) == 3:
            raise ValueError("秘密值")
        return plain(*args)

    monkeypatch.setattr(text_blocks, "_is_plain", fail)
    inbox.send(table(*[f"{n},名称,{n}" for n in range(60)]))
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "ValueError" in inbox.delivery()["reason"]
    assert "秘密值" not in str(inbox.delivery())


def test_half_a_pair_of_escapes_is_a_destroyed_character(inbox: Inbox) -> None:
    inbox.send('[{"代码": "1", "名称": "甲\\ud83d"}, {"代码": "2", "名称": "\\ud83d\\ude00"}]')
    inbox.ingest()
    assert inbox.rows("code", "title", "title__fault") == [
        ("1", None, "destroyed_characters"),
        ("2", "\U0001f600", None),
    ]


def test_a_feature_whose_properties_are_no_object_is_rejected(inbox: Inbox) -> None:
    features = [
        {"type": "Feature", "properties": {"代码": "1"}, "geometry": None},
        {"type": "Feature", "properties": [1], "geometry": None},
    ]
    inbox.send(json.dumps({"type": "FeatureCollection", "features": features}))
    inbox.ingest()
    assert inbox.rows("code") == [("1",)]
    assert [row["reason"] for row in inbox.rejected()] == ["not_an_object"]


def test_a_spoilt_memory_of_seen_files_stops_nobody(inbox: Inbox) -> None:
    seen = inbox.deployment.landing / "seen" / "bureau.feed.json"
    seen.parent.mkdir(parents=True)
    seen.write_bytes(b"\xff\xfe")
    inbox.send(GOOD)
    inbox.ingest()
    assert inbox.rows("code") == [("1",)]
