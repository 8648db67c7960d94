"""Addresses of files in a bucket: real storages answer them, tampered and ended ones they refuse, and readers read."""

import datetime as dt
import importlib.util
import io
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import delta_sharing
import duckdb
import numpy as np
import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st
from sharing_server import running
from sharing_world import KEY, Clock, World, files, lines, path_of, shops, world_at, write
from storages import Storage

from audit.access_lines import fields_of
from lake import Lake
from lake.bucket import Bucket
from lake.bucket_copy import BucketCopy
from lake.bucket_marks import BucketMark, BucketMarks, commit_mark
from lake.bucket_place import BucketPlace, Presigner, table_key
from lake.shared import DataFile
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError, SettingError
from resource_catalogue.words import TableName
from serving.sharing.addresses import AddressScope, OwnAddresses
from serving.sharing.bucket_addresses import BucketAddresses, bucket_addresses
from serving.sharing.signing import Signer
from serving.sharing_process import sharing_side

ROOT = "/delta-sharing"
SHOPS_PATH = f"{ROOT}/shares/demo_tax/schemas/market/tables/shops"
TABLE = TableName("share", "market__shops__copy__0a1b2c3d0a1b2c3d")
HARD = "区划 名%=海 口%25市/part a+b&c=d~(1)'!*.parquet"
MINUTES = 60
PLACE = BucketPlace("s3://b/p/", "https://s3.example.cn:9000", False, "cn-north-1", "AKEXAMPLE", "secret/+=")
SIGNED = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")


def fetched(url: str, **headers: str) -> tuple[int, bytes]:
    """Fetch an address; return status and body, of a refusal too."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


# Signatures


@pytest.fixture
def in_swift(swift_storage: Storage) -> BucketPlace:
    """Return a place in Swift that holds one file, put there by another client."""
    place = swift_storage.place()
    body = bytes(range(256)) * 40
    swift_storage.client().put_object(
        Bucket=place.name, Key=f"{place.prefix}/{table_key(TABLE, HARD)}", Body=body
    )
    return place


def presigned(place: BucketPlace, seconds: int = 600) -> str:
    return Presigner(place).address(TABLE, HARD, seconds)


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
@pytest.mark.enable_socket
def test_a_storage_that_checks_signatures_answers_the_address_of_a_hard_name(in_swift: BucketPlace) -> None:
    url = presigned(in_swift)
    assert fetched(url) == (200, bytes(range(256)) * 40)
    assert fetched(url, Range="bytes=10-19") == (206, bytes(range(10, 20)))
    assert fetched(url, Range="bytes=-2") == (206, b"\xfe\xff")


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
@pytest.mark.enable_socket
def test_an_address_that_ended_is_refused_by_the_storage(in_swift: BucketPlace) -> None:
    url = presigned(in_swift, 3)
    assert fetched(url)[0] == 200
    time.sleep(3.5)
    assert fetched(url)[0] == 403


def another_letter(url: str) -> str:
    return url[:-1] + ("0" if url[-1] != "0" else "1")


def _of_other(url: str) -> str:
    return url.replace(quote("+b&c"), quote("+b&x"), 1)


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "bend",
    [
        another_letter,
        _of_other,
        lambda url: url.replace("X-Amz-Expires=600", "X-Amz-Expires=60000"),
        lambda url: url.partition("&X-Amz-Signature")[0],
        lambda url: url.replace("/share/", "/base/", 1),
        lambda url: url.replace(quote(HARD, safe="/"), "", 1),
    ],
    ids=["signature", "file", "end", "no_signature", "schema", "folder"],
)
def test_a_bent_address_is_refused_by_the_storage(in_swift: BucketPlace, bend: Any) -> None:
    url = presigned(in_swift)
    assert bend(url) != url
    assert fetched(bend(url))[0] == 403


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
@pytest.mark.enable_socket
def test_an_address_made_with_another_key_is_refused_by_the_storage(in_swift: BucketPlace) -> None:
    assert fetched(presigned(replace(in_swift, secret_access_key="guessed")))[0] == 403


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
@pytest.mark.enable_socket
def test_a_refused_signature_is_told_without_key_and_file(in_swift: BucketPlace) -> None:
    bucket = Bucket(replace(in_swift, secret_access_key="guessed"))
    with pytest.raises(LakeError, match="HTTP 403 SignatureDoesNotMatch") as refused:
        bucket.get(table_key(TABLE, HARD))
    told = f"{refused.value!r} {refused.value.message()}"
    assert not [secret for secret in ("guessed", in_swift.access_key_id, "海", "part a") if secret in told]


@pytest.mark.needs_swift
@pytest.mark.timeout(60)
@pytest.mark.enable_socket
def test_signed_requests_are_believed_by_a_storage_that_checks_them(
    in_swift: BucketPlace, tmp_path: Path
) -> None:
    bucket, key = Bucket(in_swift), table_key(TABLE, HARD + "2")
    path = tmp_path / "file"
    path.write_bytes(bytes(range(250)) * 80_000)
    bucket.put(key, path)
    assert bucket.size(key) == 20_000_000, "it went in parts"
    assert bucket.get(key) == path.read_bytes()
    assert bucket.objects(table_key(TABLE)) == {HARD: 10_240, HARD + "2": 20_000_000}
    assert bucket.folders("share/") == [TABLE.name]
    bucket.remove([key])
    bucket.remove([key, key + "3"])
    assert bucket.get(key) is None
    assert bucket.size(key) is None


# What is given an address


@pytest.mark.parametrize("schema", ["base", "standard", "raw", "open", "Share", "share/..", ""])
def test_no_address_is_made_for_another_schema(schema: str) -> None:
    with pytest.raises(LakeError, match="not a shared table"):
        Presigner(PLACE).address(TableName(schema, "x"), "y", 60)


def test_no_address_is_made_for_a_table_that_leaves_its_schema() -> None:
    for name in ("..", ".", "", "../base/person", "a/../../base"):
        with pytest.raises(LakeError, match="not a shared table"):
            Presigner(PLACE).address(TableName("share", name), "x", 60)


@pytest.mark.parametrize("name", ["../other/x", "a/../../x", "..", "a/.."])
def test_no_address_is_made_for_a_name_that_leaves_its_table(name: str) -> None:
    with pytest.raises(LakeError, match="not a shared table"):
        Presigner(PLACE).address(TABLE, name, 60)


def test_variables_of_the_process_lead_to_no_other_storage_and_credential(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = {
        "AWS_ENDPOINT_URL": "https://elsewhere.example",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
        "AWS_ACCESS_KEY_ID": "OTHERID",
        "AWS_SECRET_ACCESS_KEY": "other-secret",
        "AWS_SESSION_TOKEN": "OTHERTOKEN",
        "AWS_REGION": "elsewhere-1",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
    }
    for name, value in others.items():
        monkeypatch.setenv(name, value)
    address = urlsplit(Presigner(PLACE).address(TABLE, "x", 60))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{PLACE.text}/share/{TABLE.name}/x"
    query = parse_qs(address.query)
    assert query.keys() == {f"X-Amz-{name}" for name in SIGNED}
    assert query["X-Amz-Credential"][0].split("/")[::2] == ["AKEXAMPLE", "cn-north-1", "aws4_request"]


class BucketWorld:
    """A sharing server whose tables are copied to a storage."""

    def __init__(self, root: Path, storage: Storage) -> None:
        self.world: World = world_at(root / "lake")
        self.storage, self.place, self.root = storage, storage.place(), root
        own = OwnAddresses(Signer(KEY), MINUTES)
        self.world.options["addresses"] = self.addresses = BucketAddresses(
            own, Presigner(self.place), self.marks, self.world.clock
        )

    @property
    def marks(self) -> BucketMarks:
        return BucketMarks(self.root / "bucket", self.world.root, self.place.text)

    def copy(self) -> None:
        BucketCopy(Lake(self.world.root), Bucket(self.place), self.marks, "us").bring()

    def put_without_condition(self) -> None:
        """Put all shared tables as they are, for a storage that cannot take the copy."""
        lake, bucket = Lake(self.world.root), Bucket(self.place)
        for table in lake.tables("share"):
            folder = lake.path(table)
            for path in folder.rglob("*"):
                if path.is_file():
                    bucket.put(table_key(table, str(path.relative_to(folder))), path)
            version = lake.version(table) or 0
            commit = commit_mark(folder, version) or (0, 0)
            self.marks.write(table, BucketMark(self.place.text, "id", 0, version, -1, commit))

    def urls(self, **asked: Any) -> list[str]:
        return [f["url"] for f in files(self.world.client().post(f"{SHOPS_PATH}/query", asked or None))]

    def is_there(self, url: str) -> bool:
        return url.startswith(self.storage.endpoint)


@pytest.fixture
def copied(tmp_path: Path, moto_storage: Storage) -> BucketWorld:
    return BucketWorld(tmp_path, moto_storage)


@pytest.fixture
def folder(copied: BucketWorld) -> Path:
    return copied.world.folder("G-2026-0001")


@pytest.mark.enable_socket
def test_versions_in_the_bucket_are_fetched_there_and_newer_ones_here(
    copied: BucketWorld, folder: Path
) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    assert not any(map(copied.is_there, copied.urls())), "nothing is copied yet"
    copied.copy()
    assert all(map(copied.is_there, copied.urls()))
    write(folder, pl.DataFrame({"n": [2]}))
    assert len(copied.urls()) == 2
    assert not any(map(copied.is_there, copied.urls())), "the newest version is not copied yet"
    assert all(map(copied.is_there, copied.urls(version=0))), "the former one is"
    copied.copy()
    urls = copied.urls()
    assert all(map(copied.is_there, urls))
    assert sorted(pl.concat([pl.read_parquet(io.BytesIO(fetched(url)[1])) for url in urls])["n"]) == [1, 2]


@pytest.mark.enable_socket
def test_a_table_made_anew_has_own_addresses_until_it_is_copied(copied: BucketWorld, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    copied.copy()
    assert all(map(copied.is_there, copied.urls()))
    Lake(copied.world.root).drop(copied.world.doors.grants["G-2026-0001"].table)
    write(folder, pl.DataFrame({"n": [2]}))
    assert not any(map(copied.is_there, copied.urls()))
    copied.copy()
    (url,) = copied.urls()
    assert copied.is_there(url)
    assert pl.read_parquet(io.BytesIO(fetched(url)[1]))["n"].to_list() == [2]


@pytest.mark.enable_socket
def test_the_change_feed_gives_each_version_the_addresses_it_can_have(
    copied: BucketWorld, folder: Path
) -> None:
    write(folder, pl.DataFrame({"n": [1, 2]}))
    DeltaTable(str(folder)).delete("n = 1")
    copied.copy()
    write(folder, pl.DataFrame({"n": [3]}))
    answer = lines(copied.world.client().get(f"{SHOPS_PATH}/changes?startingVersion=0"))[2:]
    found = [
        (kind, part["version"], copied.is_there(part["url"])) for x in answer for kind, part in x.items()
    ]
    assert found == [("add", 0, True), ("cdf", 1, True), ("add", 2, False)]
    assert all(fetched(part["url"])[0] == 200 for x in answer[:2] for part in x.values())


@pytest.mark.enable_socket
def test_a_listing_is_used_again_for_a_quarter_of_its_life(copied: BucketWorld, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    copied.copy()
    client = copied.world.client()

    def listed() -> list[str]:
        return [file["url"] for file in files(client.post(f"{SHOPS_PATH}/query"))]

    first = listed()
    copied.world.clock.move(minutes=14)
    assert listed() == first
    copied.world.clock.move(minutes=2)
    assert listed() != first


class Marked(BucketMarks):
    """Marks by which everything is in the bucket."""

    def __init__(self) -> None:
        pass

    def has(self, table: TableName, version: int) -> bool:
        return True


@given(st.integers(1, 1440), st.floats(0, 86_400, allow_nan=False))
def test_no_address_ends_before_the_stated_instant_nor_two_seconds_after_it(
    minutes: int, passed: float
) -> None:
    clock = Clock()
    clock.move(seconds=passed)
    own = OwnAddresses(Signer(KEY), minutes)
    addresses = BucketAddresses(own, Presigner(PLACE), Marked(), clock)
    until = addresses.good_until(clock())
    scope = AddressScope("", "r", "g", TABLE, 0, until, is_here=False)
    before = dt.datetime.now(dt.UTC).timestamp()  # noqa: TID251 - the storage has its own clock
    url = addresses.address(scope, DataFile("i", "x.parquet", 1, {}))
    after = dt.datetime.now(dt.UTC).timestamp()  # noqa: TID251 - the storage has its own clock
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    begun = dt.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC).timestamp()
    ends, left = begun + int(query["X-Amz-Expires"]), until - clock().timestamp()
    assert before + left <= ends + 1e-3
    assert ends <= after + left + 2
    assert begun <= after, "a storage may refuse an address of the future"


def test_an_address_that_has_nothing_left_to_live_lives_a_second() -> None:
    addresses = BucketAddresses(OwnAddresses(Signer(KEY), 1), Presigner(PLACE), Marked(), Clock())
    scope = AddressScope("", "r", "g", TABLE, 0, 1, is_here=False)
    assert "&X-Amz-Expires=1&" in addresses.address(scope, DataFile("i", "x.parquet", 1, {}))


@pytest.mark.enable_socket
@pytest.mark.parametrize("bound", [{"networks": ("10.1.0.0/16",)}, {"bytes_per_day": 10_000_000}])
def test_a_recipient_bound_to_networks_or_bytes_fetches_from_this_server(
    copied: BucketWorld, folder: Path, bound: dict[str, Any]
) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    copied.copy()
    # One server, so that the listing for the unbound recipient is at hand when it is bound.
    client = copied.world.client()

    def listed() -> list[bool]:
        answers = [
            client.post(f"{SHOPS_PATH}/query"),
            client.post(f"{SHOPS_PATH}/query", {"limitHint": 1}),
            client.get(f"{SHOPS_PATH}/changes?startingVersion=0"),
        ]
        given = [part["url"] for x in answers for one in lines(x) for part in one.values() if "url" in part]
        return [copied.is_there(url) for url in given]

    assert listed() == [True] * 3
    copied.world.doors.change("demo_tax", **bound)
    assert listed() == [False] * 3
    (url,) = [file["url"] for file in files(client.post(f"{SHOPS_PATH}/query"))]
    assert client.get(path_of(url)).status_code == 200
    copied.world.doors.change("demo_tax", networks=(), bytes_per_day=None)
    assert listed() == [True] * 3


# On record


@pytest.mark.enable_socket
def test_a_listing_that_leads_to_the_bucket_is_recorded_as_handing_the_rows_out(
    copied: BucketWorld, folder: Path
) -> None:
    write(folder, pl.DataFrame({"n": [1, 2, 3]}))
    write(folder, pl.DataFrame({"n": [4]}))
    size = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    copied.copy()
    client = copied.world.client()
    for _ in range(2):
        response = client.post(f"{SHOPS_PATH}/query")
        access = copied.world.record.written[-1]
        assert (access.action, access.rows, access.bytes) == ("query", 4, len(response.content))
        assert access.detail["addresses"] == "bucket"
        assert int(access.detail["file_bytes"].replace(",", "")) == size
        until = dt.datetime.fromisoformat(access.detail["until"])
        assert until.timestamp() * 1000 == files(response)[0]["expirationTimestamp"]
        assert access.detail["files"] == "2"
    assert len(files(client.post(f"{SHOPS_PATH}/query", {"maxFiles": 1}))) == 1
    assert copied.world.record.written[-1].rows in (1, 3), "what the page lists, and no more"


@pytest.mark.enable_socket
def test_changes_count_the_files_that_lead_to_the_bucket_and_no_others(
    copied: BucketWorld, folder: Path
) -> None:
    write(folder, pl.DataFrame({"n": [1, 2, 3]}))
    copied.copy()
    write(folder, pl.DataFrame({"n": [4]}))
    client = copied.world.client()
    sizes = [
        client.get(f"{SHOPS_PATH}/changes?startingVersion=0"),
        client.post(f"{SHOPS_PATH}/query", {"startingVersion": 0}),
    ]
    for response, access in zip(sizes, copied.world.record.written, strict=True):
        (there, here) = [part for one in lines(response) for part in one.values() if "url" in part]
        assert (copied.is_there(there["url"]), copied.is_there(here["url"])) == (True, False)
        assert (access.rows, access.bytes) == (3, len(response.content))
        assert (access.detail["addresses"], access.detail["files"]) == ("bucket", "2")
        assert access.detail["file_bytes"] == f"{there['size']:,}"


@pytest.mark.enable_socket
def test_a_listing_of_own_addresses_leaves_the_rows_to_the_fetch(copied: BucketWorld, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    copied.world.client().post(f"{SHOPS_PATH}/query")
    access = copied.world.record.written[-1]
    assert access.rows == 0
    assert not {"addresses", "until", "file_bytes"} & access.detail.keys()


@pytest.mark.enable_socket
def test_the_size_of_what_was_listed_is_not_taken_for_a_telephone_number(
    copied: BucketWorld, folder: Path
) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    entry = folder / "_delta_log" / f"{0:020d}.json"
    entry.write_text(re.sub(r'"size":[0-9]+', '"size":13800138000', entry.read_text("utf-8")), "utf-8")
    copied.copy()
    copied.world.client().post(f"{SHOPS_PATH}/query")
    kept = fields_of(copied.world.record.written[-1])["detail"]
    assert kept["file_bytes"] == "13,800,138,000"
    assert "withheld" not in kept


# Readers


def large_shops() -> pl.DataFrame:
    """Return rows that do not compress, so that one division's file is larger than 5 MB, and hard divisions."""
    notes = np.random.default_rng(5).bytes(4_000_000).hex()
    count = 20_000
    named = [(n, notes[n * 400 : n * 400 + 400], "海 口%市", float(n), True) for n in range(count)]
    return shops(
        [*named, (count + 1, "二号店", "a=b&c+d/e", None, False), (count + 2, "三", "琼%20山", 1.0, None)]
    )


@pytest.fixture(params=["moto", "swift"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> BucketWorld:
    """Return a world whose large table is in a storage: copied, or put where the storage cannot take the copy."""
    made = BucketWorld(tmp_path, request.getfixturevalue(f"{request.param}_storage"))
    table = made.world.folder("G-2026-0001")
    write(table, large_shops(), ["区划 名"])
    assert max(path.stat().st_size for path in table.rglob("*.parquet")) > 5_000_000
    if request.param == "moto":
        made.copy()
    else:
        made.put_without_condition()
    return made


@pytest.fixture
def server(filled: BucketWorld) -> Iterator[str]:
    with running(filled.world.app()) as address:
        yield address


def ordered(frame: Any) -> pl.DataFrame:
    made = frame if isinstance(frame, pl.DataFrame) else pl.from_pandas(frame)
    return made.select("shop_id", "名称", "区划 名", "capital_cny").sort("shop_id")


@pytest.mark.needs_swift
@pytest.mark.timeout(120)
@pytest.mark.enable_socket
@pytest.mark.parametrize("use_delta", [pytest.param(False, id="parquet"), pytest.param(True, id="delta")])
def test_the_official_client_loads_the_table_from_the_bucket(
    filled: BucketWorld, server: str, tmp_path: Path, use_delta: bool
) -> None:
    profile = tmp_path / "tax.share"
    content = {"shareCredentialsVersion": 1, "endpoint": f"{server}{ROOT}", "bearerToken": "tax-token"}
    profile.write_text(json.dumps(content), encoding="utf-8")
    loaded = delta_sharing.load_as_pandas(f"{profile}#demo_tax.market.shops", use_delta_format=use_delta)
    assert ordered(loaded).equals(ordered(large_shops()))
    assert not [access for access in filled.world.record.written if access.action == "file"]


@pytest.mark.needs_swift
@pytest.mark.timeout(120)
@pytest.mark.enable_socket
def test_polars_and_duckdb_read_the_addresses_of_the_bucket(filled: BucketWorld) -> None:
    given = files(filled.world.client().post(f"{SHOPS_PATH}/query"))
    assert len(given) == 3
    assert all(filled.is_there(file["url"]) for file in given)
    spec = importlib.util.find_spec("duckdb_extension_httpfs")
    assert spec is not None
    assert spec.submodule_search_locations
    binary = next(Path(spec.submodule_search_locations[0]).rglob("httpfs.duckdb_extension"))
    connection = duckdb.connect()
    connection.execute(f"load '{binary}'")
    by_polars, by_duckdb = [], []
    for file in given:
        division = pl.lit(file["partitionValues"]["区划 名"]).alias("区划 名")
        by_polars.append(pl.scan_parquet(file["url"]).collect().with_columns(division))
        read = connection.execute(
            "select * from read_parquet(?, hive_partitioning = false)", [file["url"]]
        ).pl()
        by_duckdb.append(read.with_columns(division))
    assert ordered(pl.concat(by_polars)).equals(ordered(large_shops()))
    assert ordered(pl.concat(by_duckdb)).equals(ordered(large_shops()))


# Put together


def deployment(home: Path, *lines: str) -> Deployment:
    home.mkdir(parents=True, exist_ok=True)
    text = "\n".join(['profile = "yancheng"', *lines])
    (home / "civiclake.toml").write_text(text, encoding="utf-8")
    return Deployment.open(home)


def test_without_a_bucket_there_are_own_addresses(tmp_path: Path) -> None:
    assert bucket_addresses(deployment(tmp_path), Clock()) is None
    assert BucketCopy.of(Lake(tmp_path / "lake"), deployment(tmp_path)) is None


def test_a_bucket_of_the_settings_is_signed_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBJECT_STORE_ID", "AKEXAMPLE")
    (tmp_path / "secret.txt").write_text("hidden-secret\n", encoding="utf-8")
    named = deployment(
        tmp_path,
        "[bucket]",
        'url = "s3://shares/city"',
        'endpoint = "https://s3.example.cn"',
        'region = "cn-north-1"',
        'access_key_id = "env:OBJECT_STORE_ID"',
        'secret_access_key = "file:secret.txt"',
    )
    addresses = bucket_addresses(named, Clock())
    assert addresses is not None
    folder = named.lake_root / "share" / TABLE.name
    write(folder, pl.DataFrame({"n": [1]}))
    place = BucketPlace.of(named)
    assert place is not None
    mark = BucketMark(place.text, "id", 0, 0, -1, commit_mark(folder, 0) or (0, 0))
    BucketMarks.of(named, place).write(TABLE, mark)
    assert not addresses.is_answered_here(TABLE, 0)
    assert addresses.is_answered_here(TABLE, 1)
    scope = AddressScope("", "r", "g", TABLE, 0, addresses.good_until(Clock()()), is_here=False)
    url = addresses.address(scope, DataFile("i", "x y", 1, {}))
    assert url.startswith(f"https://s3.example.cn/shares/city/share/{TABLE.name}/x%20y?X-Amz-Algorithm=")
    assert "%2Fcn-north-1%2Fs3%2Faws4_request" in url
    assert "hidden-secret" not in f"{place!r}{addresses!r}{named!r}"


@pytest.mark.parametrize(
    ("style", "start"),
    [
        ("", "https://shares.s3.eu-west-1.amazonaws.com/share/"),
        ('endpoint = "https://oss.example.cn"\npath_style = false', "https://shares.oss.example.cn/share/"),
        ('endpoint = "https://oss.example.cn/"', "https://oss.example.cn/shares/share/"),
    ],
)
def test_the_buckets_name_stands_in_the_host_or_in_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, style: str, start: str
) -> None:
    monkeypatch.setenv("OBJECT_STORE", "x")
    keys = 'access_key_id = "env:OBJECT_STORE"\nsecret_access_key = "env:OBJECT_STORE"'
    place = BucketPlace.of(
        deployment(tmp_path, "[bucket]", 'url = "s3://shares"', 'region = "eu-west-1"', style, keys)
    )
    assert place is not None
    assert Presigner(place).address(TABLE, "x", 60).startswith(start)


def test_the_serving_process_signs_for_the_bucket_of_its_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = ["[bucket]", 'url = "s3://shares"', 'access_key_id = "env:OBJECT_STORE"']
    deployment(tmp_path, *section, 'secret_access_key = "env:OBJECT_STORE"')
    monkeypatch.setenv("CIVICLAKE_HOME", str(tmp_path))
    monkeypatch.delenv("OBJECT_STORE", raising=False)
    with pytest.raises(SettingError, match=r"bucket\.access_key_id"):
        sharing_side()
    monkeypatch.setenv("OBJECT_STORE", "x")
    assert sharing_side().routes
