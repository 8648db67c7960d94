"""Parquet is read as text that stands for its values."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_inbox import RAW, Inbox

from ingestion.decoders.parquet import texts


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_a_parquet_file_is_a_feed_like_any_other(inbox: Inbox, tmp_path: Path) -> None:
    inbox.send(write(tmp_path / "x", 代码=["001", "002"], 名称=["甲", None], 数量=[1, 2]), name="feed.csv")
    inbox.ingest()
    assert inbox.rows("code", "title", "amount") == [("001", "甲", 1), ("002", None, 2)]
    assert inbox.delivery()["format"] == "parquet"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([320100.0, 0.5]), ["320100", "0.5"]),
        (pa.array([dt.date(2017, 3, 1)]), ["2017-03-01"]),
        (pa.array([dt.datetime(2017, 3, 1)], pa.timestamp("us")), ["2017-03-01"]),
        (pa.array([dt.datetime(2017, 3, 1, 8, 5)], pa.timestamp("us")), ["2017-03-01 08:05:00"]),
        (pa.array([dt.datetime(2017, 3, 1, tzinfo=dt.UTC)], pa.timestamp("us", "UTC")), ["2017-03-01 00:00:00+0000"]),
        (pa.array([Decimal("1.20")]), ["1.20"]),
        (pa.array([True, None]), ["true", None]),
        (pa.array([[1, 2]]), ["[1,2]"]),
        (pa.array([{"甲": 1}]), ['{"甲":1}']),
        (pa.array([b"\x01\xff"]), ["01ff"]),
        (pa.array(["a", "a", None]).dictionary_encode(), ["a", "a", None]),
        (pa.array(["a"], pa.large_string()), ["a"]),
    ],
)  # fmt: skip
def test_each_type_has_a_text_that_stands_for_it(values: pa.Array, expected: list[str | None]) -> None:
    assert texts(values).to_pylist() == expected
    assert texts(values).type == pa.string()


@pytest.mark.parametrize("kept", [4, 40, -8])
def test_a_broken_parquet_file_is_refused(inbox: Inbox, tmp_path: Path, kept: int) -> None:
    whole = write(tmp_path / "x", 代码=["001"], 名称=["甲"], 数量=[1]).read_bytes()
    inbox.send(whole[:kept], name="feed.parquet")
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "Parquet" in inbox.delivery()["reason"]
    assert not inbox.lake.exists(RAW)
