"""The copy in a bucket is a step of its own after the share tables, there only where a bucket is named."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from storages import Storage, objects

from lake import Lake
from orchestration.asset_keys import SHARES, SHARES_IN_BUCKET
from orchestration.definitions import build_definitions
from orchestration.platform import Platform, open_platform
from orchestration.sharing_assets import sharing_assets
from resource_catalogue.words import TableName

TABLE = TableName("share", "market__shops__copy__0a1b2c3d0a1b2c3d")


def with_bucket(city: Path, monkeypatch: pytest.MonkeyPatch, storage: Storage, name: str) -> Platform:
    monkeypatch.setenv("OBJECT_STORE_ID", storage.access_key_id)
    monkeypatch.setenv("OBJECT_STORE_KEY", storage.secret_access_key)
    section = f"""
[bucket]
url = "s3://{name}/platform"
endpoint = "{storage.endpoint}"
allow_http = true
access_key_id = "env:OBJECT_STORE_ID"
secret_access_key = "env:OBJECT_STORE_KEY"
"""
    settings = city / "civiclake.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + section, encoding="utf-8")
    return open_platform(city)


def copying(platform: Platform) -> dg.ExecuteInProcessResult:
    assets = sharing_assets(platform, [])
    return dg.materialize(assets, selection=[SHARES_IN_BUCKET], raise_on_error=False)


def test_without_a_bucket_there_is_no_such_step(city: Path) -> None:
    graph = build_definitions(open_platform(city)).resolve_asset_graph()
    assert SHARES_IN_BUCKET not in graph.get_all_asset_keys()


def test_the_step_comes_after_the_share_tables(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = with_bucket(city, monkeypatch, Storage("http://127.0.0.1:9", "a", "b"), "shares")
    graph = build_definitions(platform).resolve_asset_graph()
    assert graph.get(SHARES_IN_BUCKET).parent_keys == {SHARES}


@pytest.mark.enable_socket
def test_the_step_copies_and_tells_counts_only(
    city: Path, monkeypatch: pytest.MonkeyPatch, moto_storage: Storage
) -> None:
    place = moto_storage.place()
    platform = with_bucket(city, monkeypatch, moto_storage, place.name)
    Lake(platform.deployment.lake_root).append(TABLE, pl.DataFrame({"n": [1, 2]}))
    result = copying(platform)
    assert result.success
    (told,) = result.asset_materializations_for_node("share__bucket")
    assert {name: value.value for name, value in told.metadata.items() if name != "bytes"} == {
        "tables": 1,
        "objects": 2,
        "removed": 0,
    }
    start = f"share/{TABLE.name}/"
    held = {name.removeprefix(start) for name in objects(moto_storage, place) if name.startswith(start)}
    folder = platform.deployment.lake_root / "share" / TABLE.name
    assert held == {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.enable_socket
def test_a_storage_that_fails_is_told_without_keys(
    city: Path, monkeypatch: pytest.MonkeyPatch, moto_storage: Storage
) -> None:
    platform = with_bucket(city, monkeypatch, moto_storage, "no-such-bucket")
    result = copying(platform)
    assert not result.success
    events = " ".join(str(event) for event in result.all_events)
    assert "NoSuchBucket" in events
    assert moto_storage.secret_access_key not in events
