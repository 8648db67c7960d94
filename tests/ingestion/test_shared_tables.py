"""A table that another node shares becomes deliveries, whole or what changed: read from the project's own server."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from made_inbox import RAW, Inbox

from lake.tables import DELETIONS

sys.path.append(str(Path(__file__).parents[1] / "serving"))
from sharing_server import running
from sharing_world import World, build_world, merge, shops, write

pytestmark = pytest.mark.enable_socket
COLUMNS = (
    {"name": "code", "zh": "编号", "from": "shop_id", "type": "text", "required": True},
    {"name": "title", "zh": "名称", "type": "text"},
    {"name": "place", "zh": "区划 名", "type": "text"},
    {"name": "capital", "zh": "注册资本", "from": "capital_cny", "type": "decimal"},
    {"name": "opened", "zh": "开业日期", "from": "opened_on", "type": "date"},
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return build_world(tmp_path / "far")


@pytest.fixture
def server(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with running(world.app()) as address:
        _profile(address, monkeypatch, bearerToken="tax-token")
        yield address


def _profile(address: str, monkeypatch: pytest.MonkeyPatch, **said: Any) -> None:
    content = {"shareCredentialsVersion": 1, "endpoint": f"{address}/delta-sharing/", **said}
    monkeypatch.setenv("COUNTY_PROFILE", json.dumps(content))


def _declare(inbox: Inbox, mode: str = "snapshot", **changes: Any) -> None:
    source = {
        "connector": "delta_sharing", "profile": "env:COUNTY_PROFILE", "share": "demo_tax", "schema": "market",
        "table": "shops", "submitted_by": "county", "retry": {"attempts": 2, "first_wait_seconds": 0}, **changes,
    }  # fmt: skip
    inbox.declare(source=source, columns=COLUMNS, mode=mode)


def _expected(world: World) -> list[tuple[Any, ...]]:
    frame = pl.from_arrow(DeltaTable(str(world.folder("G-2026-0001"))).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    return sorted(frame.select("shop_id", "名称", "区划 名", "opened_on").rows())


def _rows(inbox: Inbox) -> list[tuple[Any, ...]]:
    return sorted(inbox.rows("code", "title", "place", "opened"))


@pytest.mark.parametrize("kind", ["bearer", "oauth"])
def test_a_shared_table_is_read_whole_when_its_version_is_new(
    inbox: Inbox, world: World, server: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    if kind == "oauth":
        place = f"{server}/delta-sharing/oauth/token"
        secret = {"tokenEndpoint": place, "clientId": "tax-client", "clientSecret": "tax-secret"}
        _profile(server, monkeypatch, type="oauth_client_credentials", **secret)
    _declare(inbox)
    assert inbox.ingest().source_fault == ""
    assert _rows(inbox) == _expected(world)
    one = inbox.delivery()
    assert one["submitted_by"] == "county"
    assert one["agency_id"] == "bureau"
    assert one["file_name"].endswith("/delta-sharing/shares/demo_tax/schemas/market/tables/shops")
    asked = len(world.record.written)
    assert inbox.ingest().new == ()
    assert len(world.record.written) - asked <= 2
    write(world.folder("G-2026-0001"), shops([(7, "七号店", "琼山", 7.0, True)]))
    inbox.ingest()
    assert _rows(inbox) == _expected(world)
    assert len(inbox.deliveries()) == 2


def test_what_changed_comes_in_the_order_of_the_commits_with_its_kind(
    inbox: Inbox, world: World, server: str
) -> None:
    _declare(inbox, "changes", changes=True)
    inbox.ingest()
    assert _rows(inbox) == _expected(world)
    folder = world.folder("G-2026-0001")
    merge(
        folder, shops([(1, "一号店改", "海 口%市", 9.0, True), (8, "八号店", "琼山", 8.0, True)]), "shop_id"
    )
    merge(folder, shops([(8, "八号店改", "琼山", 8.5, True)]), "shop_id")
    assert inbox.ingest().source_fault == ""
    assert _rows(inbox) == _expected(world)
    newest = inbox.deliveries()[-1]["delivery_id"]
    found = inbox.rows("_delivery_id", "code", "_change_type", "_commit_version", table=RAW)
    changed = [row[1:] for row in found if row[0] == newest]
    assert sorted(changed[:2]) == [("S0001", "update_postimage", "4"), ("S0008", "insert", "4")]
    assert changed[2:] == [("S0008", "update_postimage", "5")]


def test_a_deletion_takes_the_row_away(inbox: Inbox, world: World, server: str) -> None:
    _declare(inbox, "changes", changes=True)
    inbox.ingest()
    folder = world.folder("G-2026-0001")
    DeltaTable(str(folder)).delete("\"shop_id\" = 'S0004'")
    inbox.ingest()
    newest = inbox.deliveries()[-1]
    found = inbox.rows("_delivery_id", "code", "_change_type", table=RAW)
    assert [row[1:] for row in found if row[0] == newest["delivery_id"]] == [("S0004", "delete")]
    assert "S0004" not in {row[0] for row in _rows(inbox)}
    assert _rows(inbox) == _expected(world)
    told = inbox.lake.read(DELETIONS).select("delivery_id", "rows_marked", "rows_deleted").rows()
    assert told == [(newest["delivery_id"], 1, 1)]
    merge(folder, shops([(4, "四号店回", "琼山", 4.0, True)]), "shop_id")
    inbox.ingest()
    assert _rows(inbox) == _expected(world)


def test_a_row_that_gets_another_key_leaves_none_under_the_old_one(
    inbox: Inbox, world: World, server: str
) -> None:
    _declare(inbox, "changes", changes=True)
    inbox.ingest()
    folder = world.folder("G-2026-0001")
    DeltaTable(str(folder)).update({"shop_id": "'S0400'"}, predicate="\"shop_id\" = 'S0004'")
    inbox.ingest()
    assert {"S0004", "S0400"} & {row[0] for row in _rows(inbox)} == {"S0400"}
    assert _rows(inbox) == _expected(world)


def test_a_table_that_was_made_anew_takes_the_place_of_all_that_came(
    inbox: Inbox, world: World, server: str
) -> None:
    _declare(inbox, "changes", changes=True)
    inbox.ingest()
    folder = world.folder("G-2026-0001")
    shutil.rmtree(folder)
    write(folder, shops([(2, "二号店改", "琼山", 2.0, True), (9, "九号店", "琼山", 9.0, True)]))
    assert inbox.ingest().source_fault == ""
    assert _rows(inbox) == _expected(world)
    assert len(_rows(inbox)) == 2


@pytest.mark.parametrize(
    ("change", "said"), [({"table": "elsewhere"}, "HTTP 404"), ({"schema": "police"}, "HTTP 404")]
)
def test_a_table_that_is_not_granted_is_told(
    inbox: Inbox, server: str, change: dict[str, str], said: str
) -> None:
    _declare(inbox, **change)
    assert said in inbox.ingest().source_fault


def test_a_grant_that_ended_and_a_profile_that_is_none_are_told_without_the_token(
    inbox: Inbox, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _declare(inbox)
    _profile(server, monkeypatch, bearerToken="other-token")
    fault = inbox.ingest().source_fault
    assert "HTTP 401" in fault
    assert "other-token" not in fault
    monkeypatch.setenv("COUNTY_PROFILE", "tax-token")
    fault = inbox.ingest().source_fault
    assert "no profile file" in fault
    assert "tax-token" not in fault
