"""The official client against a real server: what it loads equals the table."""

import datetime as dt
import importlib.util
import io
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import delta_sharing
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from delta_sharing.protocol import DeltaSharingProfile
from delta_sharing.rest_client import DataSharingRestClient
from deltalake import DeltaTable
from sharing_server import running
from sharing_world import SHOPS, World, build_world, files, grant, merge, write

pytestmark = pytest.mark.enable_socket
FORMS = [pytest.param(False, id="parquet"), pytest.param(True, id="delta")]
SHOPS_PATH = "/delta-sharing/shares/demo_tax/schemas/market/tables/shops"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = build_world(tmp_path_factory.mktemp("sharing") / "lake")
    big = grant(5, "demo_tax", "market.visits", ("visit_id", "note"))
    made.doors.grants[big.id] = big
    write(made.folder(big.id), large_table())
    return made


@pytest.fixture(scope="module")
def server(world: World) -> Iterator[str]:
    with running(world.app()) as address:
        yield address


@pytest.fixture(params=["bearer", "oauth"])
def profile(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> str:
    content: dict[str, Any] = {"shareCredentialsVersion": 1, "endpoint": f"{server}/delta-sharing/"}
    if request.param == "bearer":
        content |= {"bearerToken": "tax-token", "expirationTime": "2026-05-30T00:00:00Z"}
    else:
        content |= {
            "shareCredentialsVersion": 2,
            "type": "oauth_client_credentials",
            "tokenEndpoint": f"{server}/delta-sharing/oauth/token",
            "clientId": "tax-client",
            "clientSecret": "tax-secret",
        }
    path = tmp_path / "tax.share"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def large_table() -> pl.DataFrame:
    """Return rows that do not compress, so that their one file is larger than 5 MB."""
    notes = np.random.default_rng(7).bytes(9_000_000).hex()
    rows = 100_000
    return pl.DataFrame(
        {"visit_id": range(rows), "note": [notes[n * 180 : n * 180 + 180] for n in range(rows)]}
    )


def written(world: World, grant_id: str, version: int | None = None) -> pl.DataFrame:
    """Read a table as deltalake does."""
    read = pl.from_arrow(DeltaTable(str(world.folder(grant_id)), version=version).to_pyarrow_table())
    assert isinstance(read, pl.DataFrame)
    return read


def same(loaded: pd.DataFrame, table: pl.DataFrame, order: str) -> None:
    """Compare cell by cell, whatever library made the types."""
    assert list(loaded.columns) == table.columns
    rows = sorted(map(plain_row, loaded.to_dict("records")), key=lambda row: str(row[order]))
    expected = sorted(map(plain_row, table.to_dicts()), key=lambda row: str(row[order]))
    assert rows == expected


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in row.items()}


def plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp | dt.datetime):
        return pd.Timestamp(value).tz_convert("UTC").isoformat()
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("use_delta", FORMS)
def test_the_official_client_loads_a_table_with_chinese_names_and_partitions(
    world: World, profile: str, use_delta: bool
) -> None:
    loaded = delta_sharing.load_as_pandas(f"{profile}#demo_tax.market.shops", use_delta_format=use_delta)
    assert len(loaded) == 5
    same(loaded, written(world, "G-2026-0001"), "shop_id")


def test_the_official_client_chooses_the_form_by_itself(world: World, profile: str) -> None:
    loaded = delta_sharing.load_as_pandas(f"{profile}#demo_tax.base.division")
    same(loaded, written(world, "G-2026-0002"), "code")


@pytest.mark.parametrize("use_delta", FORMS)
@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_time_travel_gives_every_version_as_it_was(
    world: World, server: str, tmp_path: Path, version: int, use_delta: bool
) -> None:
    loaded = delta_sharing.load_as_pandas(
        f"{bearer_profile(server, tmp_path)}#demo_tax.market.shops",
        version=version,
        use_delta_format=use_delta,
    )
    same(loaded, written(world, "G-2026-0001", version), "shop_id")


def test_time_travel_by_timestamp_gives_the_version_of_that_instant(
    world: World, server: str, tmp_path: Path
) -> None:
    at = {entry["version"]: entry["timestamp"] for entry in history(world)}[1]
    text = dt.datetime.fromtimestamp(at / 1000, dt.UTC).isoformat(timespec="milliseconds")
    loaded = delta_sharing.load_as_pandas(
        f"{bearer_profile(server, tmp_path)}#demo_tax.market.shops", timestamp=text.replace("+00:00", "Z")
    )
    same(loaded, written(world, "G-2026-0001", 1), "shop_id")


@pytest.mark.parametrize("use_delta", FORMS)
@pytest.mark.parametrize(("start", "end"), [(0, 3), (1, 1), (1, 3), (2, None)])
def test_the_change_feed_equals_that_of_the_table(
    world: World, server: str, tmp_path: Path, start: int, end: int | None, use_delta: bool
) -> None:
    # The delta form's reader takes the instants from file times, which it sets in whole seconds.
    grain = 1000 if use_delta else 1
    loaded = delta_sharing.load_table_changes_as_pandas(
        f"{bearer_profile(server, tmp_path)}#demo_tax.market.shops",
        starting_version=start,
        ending_version=end,
        use_delta_format=use_delta,
    )
    columns = [*SHOPS, "_change_type", "_commit_version"]
    assert changes(loaded[columns].to_dict("records")) == changes(expected_changes(world, start, end or 3))
    assert set(loaded.columns) == {*columns, "_commit_timestamp"}
    times = {entry["version"]: entry["timestamp"] for entry in history(world)}
    for version, at in zip(loaded["_commit_version"], loaded["_commit_timestamp"], strict=True):
        assert commit_ms(at) == times[version] // grain * grain


def history(world: World) -> list[dict[str, Any]]:
    return DeltaTable(str(world.folder("G-2026-0001"))).history()


def commit_ms(at: Any) -> int:
    return int(at) if isinstance(at, int | np.integer) else pd.Timestamp(at).value // 1_000_000


def expected_changes(world: World, start: int, end: int) -> list[dict[str, Any]]:
    """Return the changes between the versions as deltalake reads each, row by row of the key."""
    found = []
    for version in range(start, end + 1):
        before = rows_by_key(world, version - 1) if version else {}
        after = rows_by_key(world, version)
        for key in sorted({*before, *after}):
            old, new = before.get(key), after.get(key)
            kinds = {(True, False): ["insert"], (False, True): ["delete"]}.get((old is None, new is None))
            if old == new:
                continue
            for kind in kinds or ["update_preimage", "update_postimage"]:
                row = old if kind in ("delete", "update_preimage") else new
                assert row is not None
                found.append({**row, "_change_type": kind, "_commit_version": version})
    return found


def rows_by_key(world: World, version: int) -> dict[str, dict[str, Any]]:
    return {row["shop_id"]: row for row in written(world, "G-2026-0001", version).to_dicts()}


def changes(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return sorted(tuple(str(plain(value)) for value in row.values()) for row in rows)


def test_the_change_feed_by_timestamp_begins_at_that_commit(
    world: World, server: str, tmp_path: Path
) -> None:
    at = {entry["version"]: entry["timestamp"] for entry in history(world)}[2]
    text = dt.datetime.fromtimestamp(at / 1000, dt.UTC).isoformat(timespec="milliseconds")
    loaded = delta_sharing.load_table_changes_as_pandas(
        f"{bearer_profile(server, tmp_path)}#demo_tax.market.shops",
        starting_timestamp=text.replace("+00:00", "Z"),
    )
    assert sorted(set(loaded["_commit_version"])) == [2, 3]


@pytest.mark.parametrize("use_delta", FORMS)
def test_a_file_over_five_megabytes_is_loaded_whole(
    world: World, server: str, tmp_path: Path, use_delta: bool
) -> None:
    table = written(world, "G-2026-0005")
    listed = files(world.client().post("/delta-sharing/shares/demo_tax/schemas/market/tables/visits/query"))
    assert max(file["size"] for file in listed) > 5_000_000
    loaded = delta_sharing.load_as_pandas(
        f"{bearer_profile(server, tmp_path)}#demo_tax.market.visits", use_delta_format=use_delta
    )
    assert pl.from_pandas(loaded).sort("visit_id").equals(table.sort("visit_id"))


def test_a_limit_is_kept_and_saves_files(world: World, server: str, tmp_path: Path) -> None:
    profile = bearer_profile(server, tmp_path)
    assert len(delta_sharing.load_as_pandas(f"{profile}#demo_tax.market.shops", limit=2)) == 2
    assert len(delta_sharing.load_as_pandas(f"{profile}#demo_tax.market.shops", limit=0)) == 0


def test_the_official_client_lists_what_is_granted_and_nothing_else(profile: str) -> None:
    tables = delta_sharing.SharingClient(profile).list_all_tables()
    assert [(t.share, t.schema, t.name) for t in tables] == [
        ("demo_tax", "base", "division"),
        ("demo_tax", "market", "shops"),
        ("demo_tax", "market", "visits"),
    ]


def test_an_empty_table_is_loaded_with_its_columns(world: World, server: str, tmp_path: Path) -> None:
    empty = grant(6, "demo_tax", "market.closed", ("code",))
    world.doors.grants[empty.id] = empty
    try:
        write(world.folder(empty.id), pl.DataFrame({"code": ["x"]}))
        DeltaTable(str(world.folder(empty.id))).delete()
        for use_delta in (False, True):
            loaded = delta_sharing.load_as_pandas(
                f"{bearer_profile(server, tmp_path)}#demo_tax.market.closed", use_delta_format=use_delta
            )
            assert list(loaded.columns) == ["code"]
            assert len(loaded) == 0
    finally:
        del world.doors.grants[empty.id]


def test_polars_and_plain_readers_read_the_addresses(world: World, server: str) -> None:
    urls = [file["url"] for file in ask(server, f"{SHOPS_PATH}/query") if "url" in file]
    assert len(urls) == 4
    by_bytes = pl.concat([pl.read_parquet(io.BytesIO(urllib.request.urlopen(url).read())) for url in urls])
    by_address = pl.concat([pl.scan_parquet(url, credential_provider=None).collect() for url in urls])
    assert by_bytes.sort("shop_id").equals(by_address.sort("shop_id"))
    assert by_bytes["shop_id"].sort().to_list() == ["S0001", "S0002", "S0004", "S0005", "S0006"]


def test_duckdb_reads_the_addresses_with_its_own_http_reader(world: World, server: str) -> None:
    urls = [file["url"] for file in ask(server, f"{SHOPS_PATH}/query") if "url" in file]
    spec = importlib.util.find_spec("duckdb_extension_httpfs")
    assert spec is not None
    assert spec.submodule_search_locations
    binary = next(Path(spec.submodule_search_locations[0]).rglob("httpfs.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute(f"load '{binary}'")
    counted = connection.execute(
        "select count(*), count(distinct shop_id) from read_parquet(?)", [urls]
    ).fetchone()
    assert counted == (5, 5)
    some = connection.execute(
        "select shop_id from read_parquet(?) where shop_id >= 'S0005' order by 1", [urls]
    )
    assert some.fetchall() == [("S0005",), ("S0006",)]


def ask(server: str, path: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        server + path,
        b"{}",
        {"Authorization": "Bearer tax-token", "Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request) as answer:
        found = [json.loads(line) for line in answer.read().splitlines()]
    return [line.get("file", line) for line in found]


def bearer_profile(server: str, folder: Path) -> str:
    path = folder / "bearer.share"
    path.write_text(
        json.dumps(
            {"shareCredentialsVersion": 1, "endpoint": f"{server}/delta-sharing", "bearerToken": "tax-token"}
        ),
        encoding="utf-8",
    )
    return str(path)


def test_a_merge_during_reading_does_not_disturb_the_listing_that_was_given(
    world: World, server: str
) -> None:
    moving = grant(7, "demo_tax", "market.moving", ("code", "n"))
    world.doors.grants[moving.id] = moving
    try:
        folder = world.folder(moving.id)
        write(folder, pl.DataFrame({"code": ["a", "b"], "n": [1, 2]}))
        path = "/delta-sharing/shares/demo_tax/schemas/market/tables/moving/query"
        given = [line["url"] for line in ask(server, path) if "url" in line]
        merge(folder, pl.DataFrame({"code": ["a"], "n": [10]}), "code")
        before = pl.concat([pl.read_parquet(io.BytesIO(urllib.request.urlopen(url).read())) for url in given])
        after = [line["url"] for line in ask(server, path) if "url" in line]
        assert before.sort("code")["n"].to_list() == [1, 2]
        now = pl.concat([pl.read_parquet(io.BytesIO(urllib.request.urlopen(url).read())) for url in after])
        assert now.sort("code")["n"].to_list() == [10, 2]
    finally:
        del world.doors.grants[moving.id]


def test_a_bad_request_fails_at_once_and_is_not_repeated_for_minutes(server: str) -> None:
    profile = DeltaSharingProfile(1, f"{server}/delta-sharing", "tax-token")
    client = DataSharingRestClient(profile)
    slept: list[int] = []
    client._sleeper = slept.append
    table = delta_sharing.Table("nothing", "demo_tax", "market")
    with pytest.raises(Exception, match="404"):
        client.query_table_metadata(table)
    shops = delta_sharing.Table("shops", "demo_tax", "market")
    with pytest.raises(Exception, match="400"):
        client.list_files_in_table(shops, version=99)
    assert slept == []
