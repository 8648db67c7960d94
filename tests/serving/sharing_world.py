"""A small world to test the sharing server in: tables of deltalake, doors, a record, a clock that can be moved."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import polars as pl
from deltalake import DeltaTable, write_deltalake
from starlette.applications import Starlette

from lake.shared import SharedLake
from resource_catalogue.access_words import Access, Grant, Recipient
from resource_catalogue.model import Label
from resource_catalogue.settings import ServingSettings
from resource_catalogue.words import TableName
from serving.sharing.app import sharing_app
from serving.sharing.ports import Holder

START = dt.datetime(2026, 3, 1, 1, 0, tzinfo=dt.UTC)
KEY = b"k" * 32
CONFIGURATION: Mapping[str, str | None] = {
    "delta.enableChangeDataFeed": "true",
    "delta.enableDeletionVectors": "false",
}
SHOPS = ("shop_id", "名称", "区划 名", "capital_cny", "opened_on", "seen_at", "is_active")


@dataclass
class Clock:
    at: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += dt.timedelta(**by)


@dataclass(frozen=True)
class HeldPermit:
    recipient: Recipient
    grants: tuple[Grant, ...]


@dataclass
class HeldDoors:
    """Doors of three dictionaries: they answer as the operational state would."""

    recipients: dict[str, Recipient] = field(default_factory=dict)
    tokens: dict[str, tuple[str, dt.datetime]] = field(default_factory=dict)
    clients: dict[str, tuple[str, str]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    suspended_agencies: set[str] = field(default_factory=set)
    is_broken: bool = False

    async def bearer(self, token: str, now: dt.datetime) -> Holder | None:
        self._fail_if_broken()
        held = self.tokens.get(token)
        return Holder(held[0], await self.permit(held[0], now)) if held and now < held[1] else None

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        held = self.clients.get(client_id)
        return self.recipients[held[0]] if held and held[1] == secret else None

    async def client_holder(self, client_id: str, recipient_id: str, now: dt.datetime) -> Holder | None:
        known = client_id in self.clients
        return Holder(recipient_id, await self.permit(recipient_id, now)) if known else None

    async def permit(self, recipient_id: str, now: dt.datetime) -> HeldPermit | None:
        self._fail_if_broken()
        recipient = self.recipients.get(recipient_id)
        if recipient is None or recipient.state != "active" or recipient.agency_id in self.suspended_agencies:
            return None
        day = now.date()
        grants = (g for g in self.grants.values() if g.recipient_id == recipient_id and g.is_in_force(day))
        return HeldPermit(recipient, tuple(grants))

    def change(self, recipient_id: str, **to: Any) -> None:
        self.recipients[recipient_id] = replace(self.recipients[recipient_id], **to)

    def change_grant(self, grant_id: str, **to: Any) -> None:
        self.grants[grant_id] = replace(self.grants[grant_id], **to)

    def _fail_if_broken(self) -> None:
        if self.is_broken:
            raise ConnectionError("the operational state is away")


@dataclass
class HeldRecord:
    """A record of access in memory; it can be told to fail."""

    written: list[Access] = field(default_factory=list)
    is_broken: bool = False

    async def write(self, access: Access) -> None:
        if self.is_broken:
            raise OSError("no space left")
        self.written.append(access)


def recipient(name: str, **to: Any) -> Recipient:
    return Recipient(name, Label(zh=name, en=name), "tax", "system", "active", **to)


def grant(number: int, who: str, entry: str, columns: tuple[str, ...], **to: Any) -> Grant:
    values: dict[str, Any] = {
        "divisions": (),
        "mode": "table",
        "purpose": "核税 / taxation",
        "scenario": "demo",
        "basis": "demo",
        "valid_from": dt.date(2026, 1, 1),
        "valid_to": dt.date(2026, 12, 31),
        "state": "in_force",
        "history_from_version": 0,
    } | to
    return Grant(id=f"G-2026-{number:04d}", recipient_id=who, entry=entry, columns=columns, **values)


@dataclass
class World:
    root: Path
    doors: HeldDoors
    record: HeldRecord
    clock: Clock
    settings: ServingSettings = field(default_factory=ServingSettings)
    base_url: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def app(self) -> Starlette:
        lake = SharedLake(self.root)
        return sharing_app(
            lake, self.doors, self.record, self.clock, KEY, self.settings, self.base_url, **self.options
        )

    def client(self, token: str | None = "tax-token", host: str = "10.1.2.3") -> "Asker":
        return Asker(self.app(), token, host)

    def folder(self, grant_id: str) -> Path:
        table = self.doors.grants[grant_id].table
        return self.root / table.schema / table.name


class Asker:
    """A client of HTTP that runs the server in the same thread, without a socket."""

    def __init__(self, app: Starlette, token: str | None, host: str) -> None:
        self._app, self._host = app, host
        self.headers = {"authorization": f"Bearer {token}"} if token is not None else {}

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {**self.headers, **given.pop("headers", {})}

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._host, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://lake.test") as client:
                return await client.request(method, path, headers=headers, **given)

        return anyio.run(send)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.ask("GET", path, **given)

    def post(self, path: str, body: Any = None, **given: Any) -> httpx.Response:
        return self.ask("POST", path, json={} if body is None else body, **given)


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.content.splitlines()]


def files(response: httpx.Response) -> list[dict[str, Any]]:
    return [line["file"] for line in lines(response) if "file" in line]


def path_of(url: str) -> str:
    parsed = httpx.URL(url)
    return parsed.raw_path.decode()


def shops(rows: list[tuple[int, str, str, float | None, bool | None]]) -> pl.DataFrame:
    """Return rows of shops: number, name, division, capital, whether active."""
    return pl.DataFrame(
        {
            "shop_id": [f"S{n:04d}" for n, *_ in rows],
            "名称": [name for _, name, *_ in rows],
            "区划 名": [division for _, _, division, *_ in rows],
            "capital_cny": [capital for *_, capital, _ in rows],
            "opened_on": [dt.date(2020, 1, 1) + dt.timedelta(days=n) for n, *_ in rows],
            "seen_at": [dt.datetime(2026, 2, 1, n % 24, tzinfo=dt.UTC) for n, *_ in rows],
            "is_active": [active for *_, active in rows],
        },
        schema_overrides={"capital_cny": pl.Float64, "is_active": pl.Boolean},
    )


def write(folder: Path, frame: pl.DataFrame, partition: list[str] | None = None, **given: Any) -> None:
    write_deltalake(
        str(folder),
        frame.to_arrow(),
        configuration=CONFIGURATION,
        partition_by=partition,
        mode="append",
        **given,
    )


def merge(folder: Path, frame: pl.DataFrame, key: str) -> None:
    merger = DeltaTable(str(folder)).merge(
        frame.to_arrow(), predicate=f't."{key}" = s."{key}"', source_alias="s", target_alias="t"
    )
    merger.when_matched_update_all().when_not_matched_insert_all().execute()


def build_world(root: Path) -> World:
    """Write the tables: shops of four versions with Chinese names, divisions, and those of other recipients."""
    world = world_at(root)
    _write_shops(world.folder("G-2026-0001"))
    write(world.folder("G-2026-0002"), pl.DataFrame({"code": ["460100", "460105"], "name": ["海口", "秀英"]}))
    write(world.folder("G-2026-0003"), shops([(9, "旁人", "秀英", 1.0, True)]).select("shop_id", "名称"))
    write(world.folder("G-2026-0004"), pl.DataFrame({"id": ["x"]}))
    write(root / "base" / "person", pl.DataFrame({"id": ["secret"]}))
    return world


def world_at(root: Path) -> World:
    """Return fresh doors, record and clock over tables that are there already."""
    doors = HeldDoors()
    for name in ("demo_tax", "demo_county"):
        doors.recipients[name] = recipient(name)
    end = START + dt.timedelta(days=90)
    doors.tokens = {"tax-token": ("demo_tax", end), "county-token": ("demo_county", end)}
    doors.clients = {"tax-client": ("demo_tax", "tax-secret")}
    for held in (
        grant(1, "demo_tax", "market.shops", SHOPS),
        grant(2, "demo_tax", "base.division", ("code", "name"), history_from_version=None),
        grant(3, "demo_county", "market.shops", ("shop_id", "名称"), divisions=("460105",), mode="file"),
        grant(4, "demo_tax", "police.person", ("id",), mode="service"),
    ):
        doors.grants[held.id] = held
    return World(root, doors, HeldRecord(), Clock())


def _write_shops(folder: Path) -> None:
    first = [
        (1, "一号店", "海 口%市", 1.5, True),
        (2, "二号店", "龙华区", None, False),
        (3, "三号店", "a=b/c?d", 30.0, None),
        (4, "四号店", "龙华区", 4.0, True),
    ]
    write(folder, shops(first), ["区划 名"])
    merge(
        folder,
        shops([(2, "二号店改", "龙华区", 22.0, True), (5, "五号店", "海 口%市", 5.0, True)]),
        "shop_id",
    )
    write(folder, shops([(6, "六号店", "琼山", 6.0, False)]))
    DeltaTable(str(folder)).delete("\"shop_id\" = 'S0003'")


def table_name(text: str) -> TableName:
    return TableName.parse(text)


def write_arrow(folder: Path, table: Any) -> None:
    write_deltalake(str(folder), table, configuration=CONFIGURATION, mode="overwrite")
