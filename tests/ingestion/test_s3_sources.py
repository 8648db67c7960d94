"""Objects of a real S3 server become deliveries, known again by their tags."""

import datetime as dt
from typing import Any

import obstore
import pytest
from made_inbox import Inbox, table
from storages import Storage

from ingestion.spool import Spool

pytestmark = pytest.mark.enable_socket
LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def bucket(moto_storage: Storage, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("BUCKET_ID", moto_storage.access_key_id)
    monkeypatch.setenv("BUCKET_SECRET", moto_storage.secret_access_key)
    return moto_storage.place().name


def _source(storage: Storage, bucket: str, **changes: Any) -> dict[str, Any]:
    return {
        "connector": "s3", "endpoint": storage.endpoint, "bucket": bucket, "path": "out/**/*.csv",
        "access_key_id": "env:BUCKET_ID", "secret_access_key": "env:BUCKET_SECRET",
        "retry": {"attempts": 2, "first_wait_seconds": 0}, **changes,
    }  # fmt: skip


def _put(storage: Storage, bucket: str, key: str, content: str) -> None:
    storage.client().put_object(Bucket=bucket, Key=key, Body=content.encode())


def test_objects_that_match_become_deliveries_once(inbox: Inbox, moto_storage: Storage, bucket: str) -> None:
    inbox.declare(source=_source(moto_storage, bucket, slice=r"(?P<year>\d{4})\.csv$"))
    _put(moto_storage, bucket, "out/north/2025.csv", table("a,甲,1"))
    _put(moto_storage, bucket, "out/2026.csv", table("b,乙,2"))
    _put(moto_storage, bucket, "out/readme.txt", "no feed")
    _put(moto_storage, bucket, "elsewhere/2024.csv", table("c,丙,3"))
    assert inbox.ingest().source_fault == ""
    assert sorted(inbox.rows("code")) == [("a",), ("b",)]
    assert {one["file_name"] for one in inbox.deliveries()} == {
        f"s3://{bucket}/out/north/2025.csv", f"s3://{bucket}/out/2026.csv",
    }  # fmt: skip
    before = inbox.versions()
    assert inbox.ingest().new == ()
    assert inbox.versions() == before
    _put(moto_storage, bucket, "out/2026.csv", table("b,乙,9"))
    inbox.ingest()
    assert sorted(inbox.rows("code", "amount")) == [("a", 1), ("b", 9)]


def test_a_large_object_goes_on_where_an_earlier_run_was_killed(
    inbox: Inbox, moto_storage: Storage, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.declare(source=_source(moto_storage, bucket))
    content = table(*(f"{number:07},名称{number},1" for number in range(700_000)))
    _put(moto_storage, bucket, "out/large.csv", content)
    asked: list[int] = []
    get = obstore.get

    def killed(store: Any, path: str, *, options: Any) -> Any:
        asked.append(options["range"][0])
        if len(asked) == 2:
            raise KeyboardInterrupt
        return get(store, path, options=options)

    monkeypatch.setattr(obstore, "get", killed)
    with pytest.raises(KeyboardInterrupt):
        inbox.ingest()
    inbox.ingest()
    assert asked.count(0) == 1
    assert len(asked) >= 3
    assert inbox.delivery()["size_bytes"] == len(content.encode())


def test_keys_that_are_refused_or_a_bucket_that_is_not_there_are_told_without_the_keys(
    inbox: Inbox, moto_storage: Storage, bucket: str
) -> None:
    inbox.declare(source=_source(moto_storage, "not-there"))
    fault = inbox.ingest().source_fault
    assert "s3://not-there" in fault
    assert moto_storage.secret_access_key not in fault


def test_a_storage_that_is_away_is_told(inbox: Inbox, moto_storage: Storage, bucket: str) -> None:
    inbox.declare(source=_source(moto_storage, bucket, endpoint="http://127.0.0.1:9"))
    assert "the storage fails" in inbox.ingest().source_fault
    assert Spool.of(inbox.deployment, inbox.resource.id).count == 0
